/** Fetches a questionnaire that the document did not bring. */

import { useEffect, useState } from 'preact/hooks';
import { ask } from '../../core/requests.ts';
import type { Questionnaire } from '../../core/wire.ts';
import { useHeadingFocus } from '../place.ts';
import { useWords } from '../words.ts';

interface Props {
  readonly assessment: string;
  readonly onLoaded: (questionnaire: Questionnaire) => void;
  readonly onSignedOut: () => void;
}

export function Loading({ assessment, onLoaded, onSignedOut }: Props) {
  const { t } = useWords();
  const [attempt, setAttempt] = useState(1);
  const [failed, setFailed] = useState(false);
  const heading = useHeadingFocus(`loading ${failed}`);
  useEffect(() => {
    setFailed(false);
    void ask<Questionnaire>(`/api/patient/assessments/${assessment}`).then(({ status, body }) => {
      if (body !== null) onLoaded(body);
      else if (status === 401) onSignedOut();
      else setFailed(true);
    });
  }, [attempt]);

  return (
    <section class="card">
      <h1 ref={heading} tabIndex={-1}>{t(failed ? 'loading.failed' : 'loading')}</h1>
      {failed && <p>{t('loading.failed_text')}</p>}
      {failed && <button class="button" type="button" onClick={() => setAttempt(attempt + 1)}>{t('again')}</button>}
    </section>
  );
}
