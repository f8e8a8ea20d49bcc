/** After the login: what is open and until when, or that nothing is. */

import { dayInWords, momentInWords } from '../../core/dates.ts';
import type { AssessmentSummary } from '../../core/wire.ts';
import type { Sitting } from '../model/sitting.ts';
import { useHeadingFocus, type Go } from '../place.ts';
import { useWords } from '../words.ts';
import { Introduction } from './introduction.tsx';

interface Props {
  readonly assessments: readonly AssessmentSummary[];
  /** The answering of an assessment, where its questions are here already. */
  readonly sittingOf: (assessment: string) => Sitting | undefined;
  readonly go: Go;
}

export function Home({ assessments, sittingOf, go }: Props) {
  const { t } = useWords();
  const heading = useHeadingFocus('home');
  const open = assessments.filter(({ state }) => state === 'open');
  const done = assessments.filter(({ state }) => state === 'submitted');
  return (
    <>
      <h1 ref={heading} tabIndex={-1}>{open.length > 0 ? t('home.title') : t('home.none')}</h1>
      {open.length === 0 && <p class="lead">{t('home.none_text')}</p>}
      {open.map((one) => <OpenCard key={one.assessment_id} one={one} sitting={sittingOf(one.assessment_id)} go={go} />)}
      {open.length > 0 && <p class="hint">{t('home.promise')}</p>}
      {done.length > 0 && <Done done={done} />}
      <a class="link" href="/mine">{t('mine')}</a>
    </>
  );
}

function OpenCard({ one, sitting, go }: { one: AssessmentSummary; sitting: Sitting | undefined; go: Go }) {
  const { t, language } = useWords();
  const isBegun = one.has_draft || (sitting?.hasBegun ?? false);
  const first = isBegun ? undefined : sitting?.questionnaire.parts[0];
  const start = (): void => {
    if (sitting && first) sitting.introduced = first;
    go({ view: 'question', assessment: one.assessment_id, page: '', changing: false });
  };
  return (
    <section class="card open">
      <h2>{t('home.card')}</h2>
      <ul class="facts">
        <li>{t('home.open_until', { day: dayInWords(one.closes_on, language) })}</li>
        <li>{t('home.minutes', { count: one.minutes })}</li>
        {isBegun && <li class="good">{t('home.begun')}</li>}
      </ul>
      {first && <Introduction part={first} />}
      <button class="button large" type="button" onClick={start}>{t(isBegun ? 'home.continue' : 'home.start')}</button>
    </section>
  );
}

function Done({ done }: { done: readonly AssessmentSummary[] }) {
  const { t, language } = useWords();
  return (
    <section class="done">
      <h2>{t('home.done')}</h2>
      <ul>
        {done.map((one) => (
          <li key={one.assessment_id}>
            {t('home.submitted', { moment: one.submitted_at === null ? '' : momentInWords(one.submitted_at, language) })}
          </li>
        ))}
      </ul>
    </section>
  );
}
