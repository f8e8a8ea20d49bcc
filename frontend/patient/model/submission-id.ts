/** One id for a submission, the same for every try until its receipt is here, a reload of the page included. */

/** The id that this assessment's submission has, made at the first try. */
export function submissionId(assessmentId: string): string {
  const place = placeOf(assessmentId);
  const kept = made.get(place) ?? read(place);
  const id = kept ?? newId();
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

function newId(): string {
  if ('randomUUID' in crypto) return crypto.randomUUID();
  const bytes = (crypto as Crypto).getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
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
