/** The staff page's language and wording, for every view. */

import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { translator, type Translate } from '../core/translate.ts';
import type { Language } from '../core/wire.ts';
import en from './catalogue/en.json';
import nb from './catalogue/nb.json';
import nn from './catalogue/nn.json';

export type StaffKey = keyof typeof nb;
export const CATALOGUES: Readonly<Record<Language, Readonly<Record<StaffKey, string>>>> = { nb, nn, en };

export interface Words {
  readonly language: Language;
  readonly t: Translate<StaffKey>;
}

export function wordsIn(language: Language): Words {
  return { language, t: translator<StaffKey>(CATALOGUES[language]) };
}

export const WordsContext = createContext<Words>(wordsIn('nb'));

export function useWords(): Words {
  return useContext(WordsContext);
}
