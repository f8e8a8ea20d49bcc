/** Numbers as they are written in the page's language. */

import type { Language } from './wire.ts';

/** "33,3" or "33.3": with at most one decimal, thousands set apart. */
export function inFigures(number: number, language: Language): string {
  const [whole, decimal] = String(Math.round(number * 10) / 10).split('.') as [string, string?];
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, language === 'en' ? ',' : '\u00a0');
  return decimal === undefined ? grouped : `${grouped}${language === 'en' ? '.' : ','}${decimal}`;
}
