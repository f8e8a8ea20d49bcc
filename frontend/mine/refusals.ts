/** What a refused request means for the person: log in afresh, log in again, or try once more. */

export type Refusal = 'stale' | 'signed-out' | 'failed';

/** A forbidden request without a word about freshness is one whose session was changed in another tab. */
export function refusalOf(status: number, problem: string): Refusal {
  if (problem === 'fresh-login-needed') return 'stale';
  return status === 401 || status === 403 ? 'signed-out' : 'failed';
}
