import { describe, expect, it } from 'vitest';
import { clock, dateInWords, dayInWords, momentInWords } from '../core/dates.ts';
import { inFigures } from '../core/numbers.ts';
import { LANGUAGES, translator } from '../core/translate.ts';
import type { Language } from '../core/wire.ts';
import { CATALOGUES as MINE } from '../mine/words.ts';
import { CATALOGUES as PATIENT, languageShown, wordingOf } from '../patient/words.ts';
import { CATALOGUES as STAFF } from '../staff/words.ts';
import { questionnaire, yesOrNo } from './builders.ts';

const PAGES: readonly (readonly [string, Readonly<Record<Language, Readonly<Record<string, string>>>>])[] = [
  ['patient', PATIENT],
  ['mine', MINE],
  ['staff', STAFF],
];
const MAY_BE_EMPTY = ['draft.untouched'];

describe.each(PAGES)('the wording of the %s page', (_, catalogues) => {
  it.each(LANGUAGES)('has every key in %s, and no other', (language) => {
    expect(Object.keys(catalogues[language])).toEqual(Object.keys(catalogues.nb));
  });

  it.each(LANGUAGES)('leaves no text empty in %s', (language) => {
    const empty = Object.entries(catalogues[language]).filter(([, text]) => text.trim() === '');
    expect(empty.map(([key]) => key).filter((key) => !MAY_BE_EMPTY.includes(key))).toEqual([]);
  });

  it.each(LANGUAGES)('fills the same places in %s', (language) => {
    const places = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();
    for (const [key, text] of Object.entries(catalogues.nb)) {
      const isSingular = key.endsWith('_one');
      if (!isSingular) expect([key, places(catalogues[language][key]!)]).toEqual([key, places(text)]);
    }
  });

  it.each(['nb', 'nn'] as const)('is easy to read in %s: LIX 35 at most', (language) => {
    expect(lix(Object.values(catalogues[language]))).toBeLessThanOrEqual(35);
  });
});

/** Words a sentence plus the percentage of words longer than six letters (Björnsson 1968). A text ends a sentence. */
function lix(texts: readonly string[]): number {
  const sentences = texts.flatMap((text) => text.split(/[.:!?]+(?:\s|$)/)).filter((one) => /\p{L}/u.test(one));
  const words = texts.flatMap((text) => text.replace(/\{\w+\}/g, '').match(/\p{L}+/gu) ?? []);
  return words.length / sentences.length + (100 * words.filter((word) => word.length > 6).length) / words.length;
}

describe('t', () => {
  const t = translator({ greeting: 'Hei, {name}', left_one: 'ett igjen', left_other: '{count} igjen' });

  it('fills the places of a text', () => {
    expect(t('greeting', { name: 'Kari' })).toBe('Hei, Kari');
  });

  it('lets the count pick between one and more', () => {
    expect([t('left', { count: 1 }), t('left', { count: 3 }), t('left', { count: 0 })]).toEqual(['ett igjen', '3 igjen', '0 igjen']);
  });
});

describe('dates', () => {
  it('names the weekday in each language', () => {
    expect(dayInWords('2026-12-08', 'nb')).toBe('tirsdag 8. desember 2026');
    expect(dayInWords('2026-12-08', 'nn')).toBe('tysdag 8. desember 2026');
    expect(dayInWords('2026-12-08', 'en')).toBe('Tuesday 8 December 2026');
  });

  it('shows an instant as the clocks of Norway do, in winter and in summer', () => {
    expect(clock('2026-01-15T12:05:00Z', 'nb')).toBe('13.05');
    expect(clock('2026-07-15T12:05:00Z', 'en')).toBe('14:05');
    expect(momentInWords('2026-12-31T23:30:00Z', 'nn')).toBe('1. januar 2027 kl.\u00a000.30');
  });

  it('leaves a plain date where it is', () => {
    expect(dateInWords('2026-03-01', 'en')).toBe('1 March 2026');
  });
});

it('writes numbers as the language does', () => {
  expect([inFigures(1243.26, 'nb'), inFigures(1243.26, 'en'), inFigures(50, 'nn')]).toEqual(['1\u00a0243,3', '1,243.3', '50']);
});

describe("an instrument's wording", () => {
  const { parts } = questionnaire([yesOrNo('a')]);
  const part = { ...parts[0]!, translations: { nb: { a: 'Spørsmål' }, en: { a: ' ' } } };

  it('is marked with its language where that is not the page’s', () => {
    expect(wordingOf(part, 'a', 'nb')).toEqual({ text: 'Spørsmål', lang: undefined });
    expect(wordingOf(part, 'a', 'en')).toEqual({ text: 'Spørsmål', lang: 'nb' });
  });

  it('is nothing where no language has it', () => {
    expect(wordingOf(part, 'b', 'nb')).toBeNull();
  });

  it('decides which language the answers were given in', () => {
    expect(languageShown([part], 'en')).toBe('en');
    expect(languageShown([part], 'nn')).toBe('nb');
  });
});
