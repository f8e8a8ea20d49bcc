/** One question: its wording, its help, its control, and the right to say no to it. */

import { useId } from 'preact/hooks';
import type { Value } from '../../core/wire.ts';
import { AnswerControl } from '../controls/answer-control.tsx';
import type { Rule } from '../model/faults.ts';
import type { Entry } from '../model/questions.ts';
import { useWords, wordingOf } from '../words.ts';

interface Props {
  readonly entry: Entry;
  readonly values: readonly Value[];
  readonly isSkipped: boolean;
  readonly fault: Rule | null;
  /** Where it is the page's only question, and so its title: what gets the focus. */
  readonly heading: { current: HTMLHeadingElement | null } | null;
  /** The rule is what makes the typed text unreadable, if anything does. */
  readonly onValues: (values: readonly Value[], broken: Rule | null) => void;
  readonly onSkip: (skipped: boolean) => void;
}

export function Question({ entry, values, isSkipped, fault, heading, onValues, onSkip }: Props) {
  const { t } = useWords();
  const id = useId();
  const helps = useHelps(entry);
  const described = [helps.length > 0 && `${id}-help`, fault !== null && `${id}-fault`].filter(Boolean).join(' ');
  return (
    <fieldset class={`question${fault === null ? '' : ' faulty'}`} data-key={entry.key} aria-describedby={described || undefined}>
      <Legend entry={entry} id={id} heading={heading} />
      {helps.length > 0 && (
        <div class="hint" id={`${id}-help`}>
          {helps.map(({ text, lang }, at) => <p key={at} lang={lang}>{text}</p>)}
        </div>
      )}
      {fault !== null && <FaultNote entry={entry} rule={fault} id={`${id}-fault`} />}
      <AnswerControl
        entry={entry}
        values={values}
        isRefused={isSkipped}
        labelledBy={`${id}-legend`}
        describedBy={described || undefined}
        isFaulty={fault !== null}
        onValues={onValues}
      />
      <label class="choice skip">
        <input type="checkbox" checked={isSkipped} onChange={(event) => onSkip(event.currentTarget.checked)} />
        <span>{t('question.skip')}</span>
      </label>
    </fieldset>
  );
}

function Legend({ entry, id, heading }: { entry: Entry; id: string; heading: Props['heading'] }) {
  const { t, language } = useWords();
  const wording = wordingOf(entry.part, entry.item.item_id, language);
  const prefix = wordingOf(entry.part, `${entry.item.item_id}/prefix`, language);
  const Title = heading === null ? 'h2' : 'h1';
  return (
    <legend>
      <Title ref={heading} tabIndex={-1} id={`${id}-legend`} class={wording === null ? 'missing' : undefined} lang={wording?.lang}>
        {prefix !== null && <span class="number">{prefix.text} </span>}
        {wording?.text ?? t('question.missing')}
      </Title>
    </legend>
  );
}

function useHelps({ part, item }: Entry): readonly { text: string; lang: string | undefined }[] {
  const { t, language } = useWords();
  const inner = (item.items ?? []).filter((one) => part.presentation.controls?.[one.item_id] === 'help');
  const worded = [`${item.item_id}/help`, ...inner.map((one) => one.item_id)]
    .map((key) => wordingOf(part, key, language))
    .filter((wording) => wording !== null);
  const { min_answers: least, max_answers: most } = item;
  const count = least ?? most ? ` (${least ?? 1}${most ? `–${most}` : '+'})` : '';
  const ours = count || (item.repeats && worded.length === 0) ? [{ text: t('answer.many') + count, lang: undefined }] : [];
  const demand = item.required ? [{ text: t('question.required'), lang: undefined }] : [];
  return [...worded, ...ours, ...demand];
}

function FaultNote({ entry, rule, id }: { entry: Entry; rule: Rule; id: string }) {
  const { t, language } = useWords();
  const own = rule === 'required' ? null : wordingOf(entry.part, `${entry.item.item_id}/error`, language);
  return (
    <p class="fault" id={id} lang={own?.lang}>
      <strong>{t('fault')}:</strong> {own?.text ?? t(`fault.${rule}`)}
    </p>
  );
}
