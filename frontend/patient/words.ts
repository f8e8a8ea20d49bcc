/** The page's language and its wording, for every view; and an instrument's wording, with the language it is in. */

import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { SHARED, type SharedKey } from '../core/frame.tsx';
import { LANGUAGES, translator, type Translate } from '../core/translate.ts';
import type { Language, Part } from '../core/wire.ts';
import en from './catalogue/en.json';
import nb from './catalogue/nb.json';
import nn from './catalogue/nn.json';

export type PatientKey = SharedKey | keyof typeof nb;
export const CATALOGUES: Readonly<Record<Language, Readonly<Record<PatientKey, string>>>> = {
  nb: { ...SHARED.nb, ...nb },
  nn: { ...SHARED.nn, ...nn },
  en: { ...SHARED.en, ...en },
};

export interface Words {
  readonly language: Language;
  readonly t: Translate<PatientKey>;
}

export function wordsIn(language: Language): Words {
  return { language, t: translator<PatientKey>(CATALOGUES[language]) };
}

export const WordsContext = createContext<Words>(wordsIn('nb'));

export function useWords(): Words {
  return useContext(WordsContext);
}

export interface Wording {
  readonly text: string;
  /** The text's language where it is not the page's, else undefined. */
  readonly lang: string | undefined;
}

/** An instrument's text in the page's language, else in another that has it; null where no language does. */
export function wordingOf(part: Part, key: string, language: Language): Wording | null {
  const order = [language, ...LANGUAGES, ...Object.keys(part.translations)];
  const found = order.find((one) => part.translations[one]?.[key]?.trim());
  if (found === undefined) return null;
  return { text: part.translations[found]![key]!, lang: found === language ? undefined : found };
}

/** The language that the answers were given in: the page's where every part has it, else what was shown instead. */
export function languageShown(parts: readonly Part[], language: Language): Language {
  const missing = parts.find((part) => part.translations[language] === undefined);
  if (missing === undefined) return language;
  return LANGUAGES.find((one) => missing.translations[one] !== undefined) ?? language;
}
