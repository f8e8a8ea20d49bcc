/** Before the login: who asks, what it is, who reads the answers, and one way in. */

import type { Notice } from '../../core/wire.ts';
import { useWords } from '../words.ts';

const POINTS = ['time', 'free', 'sealed'] as const;

export function Welcome({ notice }: { notice: Notice | null }) {
  const { t } = useWords();
  return (
    <div class="welcome">
      <Ripples />
      {notice !== null && (
        <div class={`notice ${notice === 'signed-out' ? 'calm' : 'heed'}`} role="status">
          <h2>{t(`notice.${notice}`)}</h2>
          <p>{t(`notice.${notice}_text`)}</p>
        </div>
      )}
      <h1>{t('welcome.title')}</h1>
      <p class="lead">{t('welcome.lead')}</p>
      <a class="button large" href="/login/patient">{t('welcome.login')}</a>
      <p class="hint">{t('welcome.login_how')}</p>
      <ul class="points">
        {POINTS.map((point) => (
          <li key={point}>
            <Sign of={point} />
            <div>
              <h2>{t(`welcome.${point}`)}</h2>
              <p>{t(`welcome.${point}_text`)}</p>
            </div>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Ripples() {
  return (
    <svg class="ripples" viewBox="0 0 400 200" aria-hidden="true">
      {[24, 56, 92, 132, 176].map((radius) => <circle key={radius} cx="330" cy="40" r={radius} />)}
    </svg>
  );
}

const SIGNS = {
  time: 'M12 7v5l3.5 2M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18',
  free: 'M5 12.5l4.5 4.5L19 7.5',
  sealed: 'M7 11V8a5 5 0 0 1 10 0v3M5.5 11h13v9.5h-13zM12 15v2',
} as const;

function Sign({ of }: { of: keyof typeof SIGNS }) {
  return (
    <svg class="sign" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
      <path d={SIGNS[of]} />
    </svg>
  );
}
