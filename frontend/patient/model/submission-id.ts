/** One id for a submission, the same for every try until its receipt is here, a reload of the page included. */

/** The id that this assessment's submission has, made at the first try. */
export function submissionId(assessmentId: string): string {
  const place = placeOf(assessmentId);
  const id = made.get(place) ?? read(place) ?? crypto.randomUUID();
  made.set(place, id);
  write(place, id);
  return id;
}

export function forgetSubmission(assessmentId: string): void {
  made.delete(placeOf(assessmentId));
  write(placeOf(assessmentId), null);
}

const made = new Map<string, string>();

function placeOf(assessmentId: string): string {
  return `etterklang.submission.${assessmentId}`;
}

/** A browser may forbid storage; the id then lives as long as the page. */
function read(place: string): string | null {
  try {
    return sessionStorage.getItem(place);
  } catch {
    return null;
  }
}

function write(place: string, id: string | null): void {
  try {
    if (id === null) sessionStorage.removeItem(place);
    else sessionStorage.setItem(place, id);
  } catch {
    return;
  }
}
