/** The login is over. What was answered is safe; what is not saved yet waits in this page for the new login. */

import { useEffect } from 'preact/hooks';
import { useHeadingFocus } from '../place.ts';
import { useWords } from '../words.ts';

interface Props {
  readonly isUnsaved: boolean;
  /** Looks whether the person has logged in again. */
  readonly onReturn: () => Promise<boolean>;
}

export function SessionOver({ isUnsaved, onReturn }: Props) {
  const { t } = useWords();
  const heading = useHeadingFocus('session-over');
  useEffect(() => {
    const look = (): void => {
      if (document.visibilityState === 'visible') void onReturn();
    };
    addEventListener('visibilitychange', look);
    return () => removeEventListener('visibilitychange', look);
  }, [onReturn]);
  const elsewhere = isUnsaved ? { target: '_blank', rel: 'noopener' } : {};
  return (
    <section class="card">
      <h1 ref={heading} tabIndex={-1}>{t('session.over')}</h1>
      <p>{t(isUnsaved ? 'session.over_unsaved' : 'session.over_saved')}</p>
      <a class="button large" href="/login/patient" {...elsewhere}>{t('session.login')}</a>
      {isUnsaved && <button class="button second" type="button" onClick={() => void onReturn()}>{t('session.back')}</button>}
    </section>
  );
}
