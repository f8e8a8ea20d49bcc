/** One answer in words. */

import { dateInWords } from '../../core/dates.ts';
import type { Value } from '../../core/wire.ts';
import { useOptionText } from '../controls/choices.tsx';
import { isSkipped, valuesAt, type AllAnswers } from '../model/answers.ts';
import type { Entry } from '../model/questions.ts';
import { useWords, wordingOf } from '../words.ts';

export function AnswerText({ entry, answers }: { entry: Entry; answers: AllAnswers }) {
  const { t } = useWords();
  const inWords = useValueText(entry);
  const values = valuesAt(answers, entry);
  if (isSkipped(answers, entry)) return <em>{t('answer.skipped')}</em>;
  if (values.length === 0) return <em>{t('answer.none')}</em>;
  return (
    <>
      {values.map((value, at) => {
        const { text, lang } = inWords(value);
        return <span key={String(value)} lang={lang}>{at > 0 && ', '}{text}</span>;
      })}
    </>
  );
}

function useValueText(entry: Entry): (value: Value) => { text: string; lang?: string | undefined } {
  const { t, language } = useWords();
  const { part, item } = entry;
  const optionText = useOptionText(entry);
  return (value) => {
    if (typeof value === 'boolean') return { text: t(value ? 'answer.yes' : 'answer.no') };
    const option = item.options?.find(({ code }) => code === value);
    if (option !== undefined) return optionText(option);
    if (item.kind === 'date') return { text: dateInWords(String(value), language) };
    if (item.kind === 'date-time') return { text: String(value).replace('T', ' ') };
    if (typeof value === 'string') return { text: value };
    const unit = wordingOf(part, `${item.item_id}/unit`, language)?.text ?? item.unit ?? '';
    const number = language === 'en' ? String(value) : String(value).replace('.', ',');
    return { text: `${number} ${unit}`.trim() };
  };
}
