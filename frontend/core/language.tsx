/** The page's language: chosen by the person, remembered, and told to the document. */

import { useCallback, useEffect, useState } from 'preact/hooks';
import { LANGUAGE_NAMES, LANGUAGES, rememberedLanguage, rememberLanguage } from './translate.ts';
import type { Language } from './wire.ts';

export function useLanguage(proposed: Language): readonly [Language, (language: Language) => void] {
  const [language, setLanguage] = useState(() => rememberedLanguage(proposed));
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const choose = useCallback((next: Language) => {
    rememberLanguage(next);
    setLanguage(next);
  }, []);
  return [language, choose];
}

export function LanguageChoice({ language, onLanguage }: { language: Language; onLanguage: (language: Language) => void }) {
  return (
    <>
      {LANGUAGES.map((one) => (
        <button key={one} class="quiet" type="button" lang={one} aria-pressed={one === language} onClick={() => onLanguage(one)}>
          {LANGUAGE_NAMES[one]}
        </button>
      ))}
    </>
  );
}
