/** What stands around every view: whose page it is, the language, the way out, and where to get help at once. */

import type { ComponentChildren } from 'preact';
import { clock } from '../../core/dates.ts';
import { LanguageChoice } from '../../core/language.tsx';
import { Mark } from '../../core/mark.tsx';
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
  const { t, language } = useWords();
  return (
    <>
      <a class="skip-link" href="#content" onClick={skipTo}>{t('skip_to_content')}</a>
      <header class="head">
        <span class="brand"><Mark /> {t('service')}</span>
        {aside}
      </header>
      {endsAt !== null && <SessionEnding endsAt={endsAt} isUnsaved={isUnsaved} />}
      <main id="content" tabIndex={-1}>{children}</main>
      <footer class="foot">
        <Help />
        <nav class="foot-choices" aria-label={t('language')}>
          <LanguageChoice language={language} onLanguage={onLanguage} />
          {onLogOut && <button class="quiet" type="button" onClick={onLogOut}>{t('logout')}</button>}
        </nav>
      </footer>
    </>
  );
}

/** Without a step in the history, whose entries are the questions. */
function skipTo(event: Event): void {
  event.preventDefault();
  document.getElementById('content')?.focus();
}

function Help() {
  const { t } = useWords();
  return (
    <div class="help">
      <p><strong>{t('help.unread')}</strong> {t('help.doctor')}</p>
      <p class="calls">
        <a href="tel:116117">{t('help.clinic')} <b>116 117</b></a>
        <a href="tel:113">{t('help.emergency')} <b>113</b></a>
      </p>
    </div>
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
