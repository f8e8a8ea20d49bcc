/** Nobody is logged in, or not any more: one way in, which leads back here. */

import { useEffect, useRef } from 'preact/hooks';
import { LOGIN } from '../logins.ts';
import { useWords } from '../words.ts';

interface Props {
  readonly wasIn: boolean;
  /** Looks whether the person has logged in again, in another tab. */
  readonly onReturn: () => Promise<boolean>;
}

export function SignedOut({ wasIn, onReturn }: Props) {
  const { t } = useWords();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!wasIn) return;
    heading.current?.focus();
    const look = (): void => {
      if (document.visibilityState === 'visible') void onReturn();
    };
    addEventListener('visibilitychange', look);
    return () => removeEventListener('visibilitychange', look);
  }, [wasIn, onReturn]);
  return (
    <section class="card">
      <h1 ref={heading} tabIndex={-1}>{t(wasIn ? 'session.over' : 'mine')}</h1>
      <p>{t(wasIn ? 'out.over' : 'out.text')}</p>
      <a class="button large" href={LOGIN}>{t(wasIn ? 'session.login' : 'out.login')}</a>
      <a class="link" href="/">{t('to_home')}</a>
    </section>
  );
}
