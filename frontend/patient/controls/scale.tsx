/** Scales: up to eleven steps side by side, or a line with a number field. Neither has a value before one is chosen. */

import { useId } from 'preact/hooks';
import type { Entry } from '../model/questions.ts';
import { useWords, wordingOf } from '../words.ts';
import type { ControlProps } from './answer-control.tsx';
import { useOptionText } from './choices.tsx';
import { NumberField } from './fields.tsx';

interface Notch {
  readonly value: number | string;
  readonly text: string;
  readonly lang: string | undefined;
}

export function Notches({ entry, values, describedBy, onValues }: ControlProps) {
  const name = useId();
  const notches = useNotches(entry);
  const ends = useEnds(entry);
  const isWordy = notches.some(({ text }) => text.length > 3);
  return (
    <div class={isWordy ? 'choices' : 'scale'}>
      <div class={isWordy ? 'choices' : 'notches'}>
        {notches.map(({ value, text, lang }, at) => (
          <label class={isWordy ? 'choice' : 'notch'} key={value}>
            <input type="radio" name={name} checked={values[0] === value} aria-describedby={describedBy} onChange={() => onValues([value], null)} />
            <span lang={lang}>
              {text}
              {at === 0 && ends[0] && <span class="hidden">, {ends[0].text}</span>}
              {at === notches.length - 1 && ends[1] && <span class="hidden">, {ends[1].text}</span>}
            </span>
          </label>
        ))}
      </div>
      {!isWordy && <Ends ends={ends} first={notches[0]?.text} last={notches.at(-1)?.text} />}
    </div>
  );
}

function useNotches(entry: Entry): readonly Notch[] {
  const { item } = entry;
  const textOf = useOptionText(entry);
  if (item.options) return item.options.map((option) => ({ value: option.code, ...textOf(option) }));
  const step = item.step ?? 1;
  const count = Math.floor((item.maximum! - item.minimum!) / step) + 1;
  return [...Array(count).keys()].map((at) => {
    const value = item.minimum! + at * step;
    return { value, text: String(value), lang: undefined };
  });
}

type End = { text: string; lang: string | undefined } | null;

function useEnds({ part, item }: Entry): readonly [End, End] {
  const { language } = useWords();
  const { item_id: id, minimum, maximum } = item;
  return [
    wordingOf(part, `${id}/min`, language) ?? wordingOf(part, `${id}/${minimum}`, language),
    wordingOf(part, `${id}/max`, language) ?? wordingOf(part, `${id}/${maximum}`, language),
  ];
}

/** What the ends of a scale mean, for the eye; the controls say it themselves. */
function Ends({ ends, first, last }: { ends: readonly [End, End]; first?: string | undefined; last?: string | undefined }) {
  const marks = [first, last];
  return (
    <>
      {ends.map((end, at) =>
        end === null ? null : (
          <p key={at} class={at === 0 ? 'end low' : 'end high'} lang={end.lang} aria-hidden="true">
            <b>{marks[at]}</b> {end.text}
          </p>
        ),
      )}
    </>
  );
}

export function Line(props: ControlProps) {
  const { entry, values, labelledBy, describedBy, onValues } = props;
  const { t } = useWords();
  const { item } = entry;
  const [low, high] = [item.minimum!, item.maximum!];
  const chosen = values[0];
  const isChosen = typeof chosen === 'number';
  const choose = (value: number): void => onValues([value], null);
  const settle = (event: { currentTarget: HTMLInputElement }): void => {
    if (!isChosen) choose(event.currentTarget.valueAsNumber);
  };
  return (
    <div class="scale">
      <Ends ends={useEnds(entry)} first={String(low)} last={String(high)} />
      <input
        type="range"
        class={isChosen ? 'line' : 'line unset'}
        min={low}
        max={high}
        step={item.step ?? (item.decimals ? 10 ** -item.decimals : 1)}
        value={isChosen ? chosen : (low + high) / 2}
        aria-labelledby={labelledBy}
        aria-describedby={describedBy}
        aria-valuetext={isChosen ? undefined : t('answer.unset')}
        onInput={(event) => choose(event.currentTarget.valueAsNumber)}
        onPointerUp={settle}
        onKeyUp={(event) => {
          if (event.key === ' ' || event.key === 'Enter') settle(event);
        }}
      />
      <div class="exact">
        <span aria-hidden="true">{t('answer.exact')}</span>
        <NumberField {...props} />
      </div>
    </div>
  );
}
