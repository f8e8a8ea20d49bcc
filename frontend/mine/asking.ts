/** What a part of the page shows, fetched when it opens and again when something has changed. */

import { useCallback, useEffect, useState } from 'preact/hooks';
import { ask } from '../core/requests.ts';
import { refusalOf } from './refusals.ts';

export interface Fetched<T> {
  /** What was fetched last; null until something was. */
  readonly body: T | null;
  readonly hasFailed: boolean;
  readonly again: () => void;
  readonly put: (body: T) => void;
}

export function useFetched<T>(path: string, onSignedOut: () => void): Fetched<T> {
  const [attempt, setAttempt] = useState(1);
  const [body, put] = useState<T | null>(null);
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    setFailed(false);
    void ask<T>(path).then((answered) => {
      if (answered.body !== null) return put(answered.body);
      if (refusalOf(answered.status, answered.problem) === 'signed-out') onSignedOut();
      setFailed(true);
    });
  }, [attempt]);
  const again = useCallback(() => setAttempt((before) => before + 1), []);
  return { body, hasFailed, again, put };
}
