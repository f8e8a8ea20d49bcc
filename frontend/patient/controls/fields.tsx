/** What is typed: numbers, texts, dates and times. */

import { useEffect, useId, useState } from 'preact/hooks';
import type { Item } from '../../core/wire.ts';
import { numberIn, type Rule } from '../model/faults.ts';
import { useWords, wordingOf } from '../words.ts';
import type { ControlProps } from './answer-control.tsx';

/** A text field and not `type=number`, which turns what it cannot read into nothing and turns at a touch of the wheel. */
export function NumberField({ entry, values, isRefused, labelledBy, describedBy, isFaulty, onValues }: ControlProps) {
  const { item, part } = entry;
  const { language } = useWords();
  const [typed, setTyped] = useState(asTyped(values[0], language));
  const id = useId();
  const unit = wordingOf(part, `${item.item_id}/unit`, language)?.text ?? item.unit ?? '';
  const range = useRange(item);
  useEffect(() => {
    if (isRefused || (values.length > 0 && numberIn(typed) !== values[0])) setTyped(asTyped(values[0], language));
  }, [isRefused, values[0]]);
  const type = (text: string): void => {
    setTyped(text);
    const number = numberIn(text);
    const broken = Number.isNaN(number) ? 'number' : null;
    onValues(number === null || broken ? [] : [number], broken);
  };
  return (
    <div class="measure">
      <input
        class="field short"
        type="text"
        inputMode={item.kind === 'integer' ? 'numeric' : 'decimal'}
        autoComplete="off"
        value={typed}
        aria-labelledby={labelledBy}
        aria-describedby={[describedBy, range && `${id}-range`, unit && `${id}-unit`].filter(Boolean).join(' ') || undefined}
        aria-invalid={isFaulty || undefined}
        onInput={(event) => type(event.currentTarget.value)}
      />
      {unit && <span class="unit" id={`${id}-unit`}>{unit}</span>}
      {range && <span class="hint" id={`${id}-range`}>{range}</span>}
    </div>
  );
}

function asTyped(value: unknown, language: string): string {
  if (typeof value !== 'number') return '';
  return language === 'en' ? String(value) : String(value).replace('.', ',');
}

function useRange({ minimum, maximum }: Item): string {
  const { t } = useWords();
  if (minimum != null && maximum != null) return t('answer.between', { minimum, maximum });
  if (minimum != null) return t('answer.at_least', { minimum });
  return maximum == null ? '' : t('answer.at_most', { maximum });
}

export function TextField({ entry, values, labelledBy, describedBy, isFaulty, onValues }: ControlProps) {
  const { item, part } = entry;
  const { language } = useWords();
  const isLong = item.kind === 'text' || part.presentation.controls?.[item.item_id] === 'text-area';
  const said = (text: string): void => onValues(text.trim() === '' ? [] : [text], null);
  const common = {
    class: 'field',
    value: String(values[0] ?? ''),
    placeholder: wordingOf(part, `${item.item_id}/placeholder`, language)?.text,
    maxLength: item.max_length ?? 4000,
    'aria-labelledby': labelledBy,
    'aria-describedby': describedBy,
    'aria-invalid': isFaulty || undefined,
  };
  if (isLong) return <textarea {...common} rows={4} onInput={(event) => said(event.currentTarget.value)} />;
  const mode = item.kind === 'url' ? 'url' : 'text';
  return <input {...common} type="text" inputMode={mode} onInput={(event) => said(event.currentTarget.value)} />;
}

const INPUT_TYPES = { date: 'date', 'date-time': 'datetime-local', time: 'time' } as const;

export function MomentField({ entry, values, labelledBy, describedBy, isFaulty, onValues }: ControlProps) {
  const { item } = entry;
  const take = ({ value, validity }: HTMLInputElement): void => {
    const broken: Rule | null = validity.badInput ? 'malformed' : null;
    onValues(value === '' ? [] : [value], broken);
  };
  return (
    <input
      class="field short"
      type={INPUT_TYPES[item.kind as keyof typeof INPUT_TYPES]}
      min={item.earliest ?? undefined}
      max={item.latest ?? undefined}
      value={String(values[0] ?? '')}
      aria-labelledby={labelledBy}
      aria-describedby={describedBy}
      aria-invalid={isFaulty || undefined}
      onInput={(event) => take(event.currentTarget)}
    />
  );
}
