/** What a part says of itself before its first question. */

import { LANGUAGE_NAMES } from '../../core/translate.ts';
import type { Part } from '../../core/wire.ts';
import { languageShown, useWords } from '../words.ts';
import { Wording } from './wording.tsx';

export function Introduction({ part }: { part: Part }) {
  const { t, language } = useWords();
  const shownIn = languageShown([part], language);
  return (
    <div class="opening">
      <Wording class="opening-title" part={part} of="title" optional />
      <Wording class="opening-text" part={part} of="intro" optional />
      {shownIn !== language && <p class="hint">{t('question.only_in', { language: LANGUAGE_NAMES[shownIn] })}</p>}
    </div>
  );
}
