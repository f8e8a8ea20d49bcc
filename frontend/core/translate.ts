/** The pages' own wording: one flat JSON catalogue a language, looked up by a key that the compiler knows. */

import type { Language } from './wire.ts';

export const LANGUAGES: readonly Language[] = ['nb', 'nn', 'en'];
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { nb: 'Bokmål', nn: 'Nynorsk', en: 'English' };

type Singular<Key extends string> = Key extends `${infer Base}_one` ? Base : Key extends `${string}_other` ? never : Key;

export type Translate<Key extends string> = (
  key: Singular<Key>,
  values?: Readonly<Record<string, string | number>>,
) => string;

/**
 * The text of a key with its `{places}` filled. Where the values hold a `count` and the catalogue has `KEY_one` and
 * `KEY_other`, the count picks between them.
 */
export function translator<Key extends string>(catalogue: Readonly<Record<Key, string>>): Translate<Key> {
  const texts: Readonly<Record<string, string>> = catalogue;
  return (key, values = {}) => {
    const plural = 'count' in values ? `${key}_${values['count'] === 1 ? 'one' : 'other'}` : key;
    const text = texts[plural] ?? texts[key] ?? key;
    return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
  };
}

/** The language that was chosen here before, else the one the server proposes; one that the address asks for wins. */
export function rememberedLanguage(proposed: Language): Language {
  if (new URLSearchParams(location.search).has('lang')) return proposed;
  const kept = LANGUAGES.find((language) => language === stored(() => localStorage.getItem(PLACE)));
  return kept ?? proposed;
}

export function rememberLanguage(language: Language): void {
  stored(() => localStorage.setItem(PLACE, language));
}

const PLACE = 'etterklang.language';

/** A browser may forbid storage; the page then forgets, and works. */
function stored<T>(act: () => T): T | null {
  try {
    return act();
  } catch {
    return null;
  }
}
