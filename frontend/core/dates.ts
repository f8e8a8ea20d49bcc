/** Dates and times in words. Own tables: Chromium has no Nynorsk. */

import type { Language } from './wire.ts';

const MONTHS_NORWEGIAN = [
  'januar', 'februar', 'mars', 'april', 'mai', 'juni',
  'juli', 'august', 'september', 'oktober', 'november', 'desember',
];
const MONTHS: Readonly<Record<Language, readonly string[]>> = {
  nb: MONTHS_NORWEGIAN,
  nn: MONTHS_NORWEGIAN,
  en: [
    'January', 'February', 'March', 'April', 'May', 'June',
    'July', 'August', 'September', 'October', 'November', 'December',
  ],
};
const WEEKDAYS: Readonly<Record<Language, readonly string[]>> = {
  nb: ['søndag', 'mandag', 'tirsdag', 'onsdag', 'torsdag', 'fredag', 'lørdag'],
  nn: ['søndag', 'måndag', 'tysdag', 'onsdag', 'torsdag', 'fredag', 'laurdag'],
  en: ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'],
};
const TIME_ZONE = 'Europe/Oslo';

/** "mandag 7. desember 2026", from `2026-12-07`. Anything else comes back as it was. */
export function dayInWords(day: string, language: Language): string {
  const found = /^(\d{4})-(\d{2})-(\d{2})/.exec(day);
  if (found === null) return day;
  const [year, month, date] = found.slice(1).map(Number) as [number, number, number];
  const weekday = WEEKDAYS[language][new Date(Date.UTC(year, month - 1, date)).getUTCDay()];
  return `${weekday} ${date}${language === 'en' ? '' : '.'} ${MONTHS[language][month - 1]} ${year}`;
}

/** "7. desember 2026", from `2026-12-07` or an instant as Norway's clocks show it. */
export function dateInWords(moment: string, language: Language): string {
  const { year, month, date } = moment.length > 10 ? inNorway(moment) : inNorway(`${moment}T12:00:00Z`);
  return `${date}${language === 'en' ? '' : '.'} ${MONTHS[language][month - 1]} ${year}`;
}

/** "7. desember 2026 kl. 14.05", from an instant, as Norway's clocks show it. */
export function momentInWords(instant: string, language: Language): string {
  const day = dateInWords(instant, language);
  return language === 'en' ? `${day} at ${clock(instant, language)}` : `${day} kl.\u00a0${clock(instant, language)}`;
}

/** "14.05", or "14:05" in English. */
export function clock(instant: string, language: Language): string {
  const { hour, minute } = inNorway(instant);
  return [hour, minute].map((n) => String(n).padStart(2, '0')).join(language === 'en' ? ':' : '.');
}

function inNorway(instant: string): { year: number; month: number; date: number; hour: number; minute: number } {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: TIME_ZONE, year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', hourCycle: 'h23',
  }).formatToParts(new Date(instant));
  const number = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  return { year: number('year'), month: number('month'), date: number('day'), hour: number('hour'), minute: number('minute') };
}
