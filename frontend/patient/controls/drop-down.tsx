/** One of many options, in a list that unfolds. */

import { useWords } from '../words.ts';
import type { ControlProps } from './answer-control.tsx';
import { useOptionText } from './choices.tsx';

export function DropDown({ entry, values, labelledBy, describedBy, isFaulty, onValues }: ControlProps) {
  const { t } = useWords();
  const textOf = useOptionText(entry);
  const choose = (code: string): void => onValues(code === '' ? [] : [code], null);
  return (
    <select
      class="field"
      value={String(values[0] ?? '')}
      aria-labelledby={labelledBy}
      aria-describedby={describedBy}
      aria-invalid={isFaulty || undefined}
      onChange={(event) => choose(event.currentTarget.value)}
    >
      <option value="">{t('answer.pick')}</option>
      {(entry.item.options ?? []).map((option) => {
        const { text, lang } = textOf(option);
        return <option key={option.code} value={option.code} lang={lang}>{text}</option>;
      })}
    </select>
  );
}
