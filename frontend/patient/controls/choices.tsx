/** Options as a list: one of them (radio), several (checkbox), or yes and no. */

import { useId, useState } from 'preact/hooks';
import type { Option, Value } from '../../core/wire.ts';
import { ticked } from '../model/answers.ts';
import type { Entry } from '../model/questions.ts';
import { useWords, wordingOf } from '../words.ts';
import type { ControlProps } from './answer-control.tsx';

export function Choices(props: ControlProps) {
  const { entry, values, onValues } = props;
  const { item, part } = entry;
  const name = useId();
  const isMany = item.repeats === true;
  const isWide = part.presentation.orientation?.[item.item_id] === 'horizontal';
  const choose = (code: string, on: boolean): void => onValues(isMany ? ticked(item, values, code, on) : [code], null);
  return (
    <div class={`choices${isWide ? ' side-by-side' : ''}`}>
      {(item.options ?? []).map((option) => (
        <label class="choice" key={option.code}>
          <input
            type={isMany ? 'checkbox' : 'radio'}
            name={name}
            value={option.code}
            checked={values.includes(option.code)}
            aria-describedby={props.describedBy}
            onChange={(event) => choose(option.code, event.currentTarget.checked)}
          />
          <OptionWording entry={entry} option={option} />
        </label>
      ))}
      {item.kind === 'open-choice' && <Other {...props} name={name} isMany={isMany} />}
    </div>
  );
}

export function OptionWording({ entry, option }: { entry: Entry; option: Option }) {
  const { text, lang, isMissing } = useOptionText(entry)(option);
  return <span lang={lang} class={isMissing ? 'missing' : undefined}>{text}</span>;
}

/** An option's text; where the wording is missing, its code, which is the text itself where the options are not codes. */
export function useOptionText({ part, item }: Entry): (option: Option) => { text: string; lang: string | undefined; isMissing: boolean } {
  const { t, language } = useWords();
  return ({ code }) => {
    const wording = wordingOf(part, `${item.item_id}/${code}`, language);
    if (wording !== null) return { ...wording, isMissing: false };
    const isText = (item.options_are ?? 'coding') !== 'coding';
    return { text: isText ? code : t('option.missing', { code }), lang: undefined, isMissing: !isText };
  };
}

/** What the person says in own words, beside the options. */
function Other({ entry, values, isRefused, onValues, name, isMany }: ControlProps & { name: string; isMany: boolean }) {
  const { t } = useWords();
  const isListed = (value: Value): boolean => (entry.item.options ?? []).some((option) => option.code === value);
  const own = values.find((value) => !isListed(value));
  const listed = values.filter(isListed);
  const [isChosen, setChosen] = useState(false);
  const isOpen = own !== undefined || (isChosen && !isRefused && (isMany || listed.length === 0));
  const say = (text: string): void => onValues([...(isMany ? listed : []), ...(text.trim() === '' ? [] : [text])], null);
  return (
    <>
      <label class="choice">
        <input
          type={isMany ? 'checkbox' : 'radio'}
          name={name}
          checked={isOpen}
          onChange={(event) => {
            setChosen(event.currentTarget.checked);
            say('');
          }}
        />
        <span>{t('answer.other')}</span>
      </label>
      {isOpen && (
        <input
          class="field"
          type="text"
          aria-label={t('answer.other_text')}
          placeholder={t('answer.other_text')}
          maxLength={entry.item.max_length ?? 4000}
          value={String(own ?? '')}
          onInput={(event) => say(event.currentTarget.value)}
        />
      )}
    </>
  );
}

export function YesOrNo({ values, describedBy, onValues }: ControlProps) {
  const { t } = useWords();
  const name = useId();
  return (
    <div class="choices">
      {[true, false].map((value) => (
        <label class="choice" key={String(value)}>
          <input
            type="radio"
            name={name}
            checked={values[0] === value}
            aria-describedby={describedBy}
            onChange={() => onValues([value], null)}
          />
          <span>{t(value ? 'answer.yes' : 'answer.no')}</span>
        </label>
      ))}
    </div>
  );
}
