/** The page's language and wording, for every view. */

import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { SHARED, type SharedKey } from '../core/frame.tsx';
import { translator, type Translate } from '../core/translate.ts';
import type { Language } from '../core/wire.ts';
import en from './catalogue/en.json';
import nb from './catalogue/nb.json';
import nn from './catalogue/nn.json';

export type MineKey = SharedKey | keyof typeof nb;
export const CATALOGUES: Readonly<Record<Language, Readonly<Record<MineKey, string>>>> = {
  nb: { ...SHARED.nb, ...nb },
  nn: { ...SHARED.nn, ...nn },
  en: { ...SHARED.en, ...en },
};

export interface Words {
  readonly language: Language;
  readonly t: Translate<MineKey>;
}

export function wordsIn(language: Language): Words {
  return { language, t: translator<MineKey>(CATALOGUES[language]) };
}

export const WordsContext = createContext<Words>(wordsIn('nb'));

export function useWords(): Words {
  return useContext(WordsContext);
}
