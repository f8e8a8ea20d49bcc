/** Two devices saved different answers: shows where they differ, and lets the person choose. */

import { useState } from 'preact/hooks';
import { answersOf, differences } from '../model/answers.ts';
import type { Sight, Sitting } from '../model/sitting.ts';
import { useHeadingFocus } from '../place.ts';
import { useWords, wordingOf } from '../words.ts';
import { AnswerText } from './answer-text.tsx';

export function Conflict({ sitting, sight }: { sitting: Sitting; sight: Sight }) {
  const { t, language } = useWords();
  const [isChosen, setChosen] = useState(false);
  const heading = useHeadingFocus(`conflict ${sight.elsewhere === null}`);
  if (sight.elsewhere === null) {
    return <section class="card"><h1 ref={heading} tabIndex={-1}>{t('conflict.title')}</h1><p>{t('conflict.waiting')}</p></section>;
  }
  const there = answersOf(sight.elsewhere);
  const choose = (keep: 'here' | 'elsewhere') => (): void => {
    if (isChosen) return;
    setChosen(true);
    void sitting.choose(keep);
  };
  return (
    <section class="card">
      <h1 ref={heading} tabIndex={-1}>{t('conflict.title')}</h1>
      <p>{t('conflict.lead')}</p>
      <ul class="differences">
        {differences(sitting.questionnaire, sight.answers, there).map((entry) => {
          const wording = wordingOf(entry.part, entry.item.item_id, language);
          return (
            <li key={entry.key}>
              <h2 lang={wording?.lang}>{wording?.text ?? t('question.missing')}</h2>
              <dl>
                <div><dt>{t('conflict.here')}</dt><dd><AnswerText entry={entry} answers={sight.answers} /></dd></div>
                <div><dt>{t('conflict.elsewhere')}</dt><dd><AnswerText entry={entry} answers={there} /></dd></div>
              </dl>
            </li>
          );
        })}
      </ul>
      <div class="actions stacked">
        <button class="button" type="button" onClick={choose('here')}>{t('conflict.keep_here')}</button>
        <button class="button second" type="button" onClick={choose('elsewhere')}>{t('conflict.keep_elsewhere')}</button>
      </div>
    </section>
  );
}
