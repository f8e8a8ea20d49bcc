/** When the login ends, and what the person should know about it. */

import { useEffect, useState } from 'preact/hooks';

export type SessionState = 'running' | 'ending' | 'over';

export const WARNING = 2 * 60_000;
const LONGEST_TIMER = 2 ** 31 - 1;

export function sessionState(endsAt: string | null, now: number): SessionState {
  if (endsAt === null) return 'running';
  const left = Date.parse(endsAt) - now;
  if (left <= 0) return 'over';
  return left <= WARNING ? 'ending' : 'running';
}

/** The state as time goes on. Looks again when the page comes back into view, since timers sleep on a phone. */
export function useSession(endsAt: string | null): SessionState {
  const [state, setState] = useState(() => sessionState(endsAt, Date.now()));
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = (): void => {
      clearTimeout(timer);
      const next = sessionState(endsAt, Date.now());
      setState(next);
      if (endsAt === null || next === 'over') return;
      const wait = Date.parse(endsAt) - Date.now() - (next === 'running' ? WARNING : 0);
      timer = setTimeout(look, Math.min(wait + 50, LONGEST_TIMER));
    };
    look();
    addEventListener('visibilitychange', look);
    return () => {
      clearTimeout(timer);
      removeEventListener('visibilitychange', look);
    };
  }, [endsAt]);
  return state;
}
