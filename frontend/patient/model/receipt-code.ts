/** A receipt's commitment as a person can read it out: twelve characters in three groups, none easily taken for another. */

const LETTERS = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';

/** The first 60 bits of the commitment (base64url), five at a time. */
export function receiptCode(commitment: string): string {
  const bytes = atob(commitment.replace(/-/g, '+').replace(/_/g, '/').slice(0, 12));
  const bits = [...bytes].map((byte) => byte.charCodeAt(0).toString(2).padStart(8, '0')).join('');
  const code = [...Array(12).keys()].map((at) => LETTERS[parseInt(bits.slice(at * 5, at * 5 + 5), 2)] ?? '').join('');
  return code.replace(/(.{4})(?=.)/g, '$1-');
}
