/** What stands around every view: whose page it is, the language, the way out, and where to get help at once. */

import type { ComponentChildren } from 'preact';
import { clock } from '../../core/dates.ts';
import { LANGUAGE_NAMES, LANGUAGES } from '../../core/translate.ts';
import type { Language } from '../../core/wire.ts';
import { useWords } from '../words.ts';

export interface FrameProps {
  readonly onLanguage: (language: Language) => void;
  readonly onLogOut?: () => void;
  /** When the login ends, if that is soon. */
  readonly endsAt?: string | null;
  readonly isUnsaved?: boolean;
  /** What stands in the head beside the name. */
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Frame({ onLanguage, onLogOut, endsAt = null, isUnsaved = false, aside, children }: FrameProps) {
  const { t } = useWords();
  return (
    <>
      <a class="skip-link" href="#content">{t('skip_to_content')}</a>
      <header class="head">
        <span class="brand"><Mark /> {t('service')}</span>
        {aside}
      </header>
      {endsAt !== null && <SessionEnding endsAt={endsAt} isUnsaved={isUnsaved} />}
      <main id="content" tabIndex={-1}>{children}</main>
      <footer class="foot">
        <Help />
        <nav class="foot-choices" aria-label={t('language')}>
          <Languages onLanguage={onLanguage} />
          {onLogOut && <button class="quiet" type="button" onClick={onLogOut}>{t('logout')}</button>}
        </nav>
      </footer>
    </>
  );
}

/** A note that fades: four strokes, each shorter than the one before. */
function Mark() {
  return (
    <svg class="mark" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
      <path d="M4 3v18M10 7v10M15.5 9.5v5M20.5 11.5v1" />
    </svg>
  );
}

function Help() {
  const { t } = useWords();
  return (
    <p class="help">
      <strong>{t('help.unread')}</strong> {t('help.doctor')} <a href="tel:116117">116 117</a>.{' '}
      {t('help.emergency')} <a href="tel:113">113</a>.
    </p>
  );
}

function Languages({ onLanguage }: { onLanguage: (language: Language) => void }) {
  const { language } = useWords();
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

function SessionEnding({ endsAt, isUnsaved }: { endsAt: string; isUnsaved: boolean }) {
  const { t, language } = useWords();
  const time = clock(endsAt, language);
  return (
    <div class="band" role="alert">
      <p>{t(isUnsaved ? 'session.soon_unsaved' : 'session.soon', { time })}</p>
      <a class="button slim" href="/login/patient">{t('session.login')}</a>
    </div>
  );
}
