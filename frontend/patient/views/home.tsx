/** After the login: what is open and until when, or that nothing is. */

import { dayInWords, momentInWords } from '../../core/dates.ts';
import type { AssessmentSummary } from '../../core/wire.ts';
import { useHeadingFocus, type Go } from '../place.ts';
import { useWords } from '../words.ts';

interface Props {
  readonly assessments: readonly AssessmentSummary[];
  /** Whether something was answered since the page was opened. */
  readonly begun: (assessment: string) => boolean;
  readonly go: Go;
}

export function Home({ assessments, begun, go }: Props) {
  const { t } = useWords();
  const heading = useHeadingFocus('home');
  const open = assessments.filter(({ state }) => state === 'open');
  const done = assessments.filter(({ state }) => state === 'submitted');
  return (
    <>
      <h1 ref={heading} tabIndex={-1}>{open.length > 0 ? t('home.title') : t('home.none')}</h1>
      {open.length === 0 && <p class="lead">{t('home.none_text')}</p>}
      {open.map((one) => <OpenCard key={one.assessment_id} one={one} isBegun={one.has_draft || begun(one.assessment_id)} go={go} />)}
      {open.length > 0 && <p class="hint">{t('home.promise')}</p>}
      {done.length > 0 && <Done done={done} />}
    </>
  );
}

function OpenCard({ one, isBegun, go }: { one: AssessmentSummary; isBegun: boolean; go: Go }) {
  const { t, language } = useWords();
  const start = (): void => go({ view: 'question', assessment: one.assessment_id, page: '', changing: false });
  return (
    <section class="card open">
      <h2>{t('home.card')}</h2>
      <ul class="facts">
        <li>{t('home.open_until', { day: dayInWords(one.closes_on, language) })}</li>
        <li>{t('home.minutes', { count: one.minutes })}</li>
        {isBegun && <li class="good">{t('home.begun')}</li>}
      </ul>
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
