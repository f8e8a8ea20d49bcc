/** What stands around every view: whose page it is, the language, the way out, and where to get help at once. */

import type { ComponentChildren } from 'preact';
import { clock } from './dates.ts';
import { LanguageChoice } from './language.tsx';
import { Mark } from './mark.tsx';
import type { Translate } from './translate.ts';
import type { Language } from './wire.ts';
import en from './catalogue/en.json';
import nb from './catalogue/nb.json';
import nn from './catalogue/nn.json';

/** The wording that the patient's pages share. */
export type SharedKey = keyof typeof nb;
export const SHARED: Readonly<Record<Language, Readonly<Record<SharedKey, string>>>> = { nb, nn, en };

export interface FrameWords {
  readonly language: Language;
  readonly t: Translate<SharedKey>;
}

export interface FrameProps {
  readonly words: FrameWords;
  /** Where to log in again, and come back to this page. */
  readonly login?: string;
  readonly onLanguage: (language: Language) => void;
  readonly onLogOut?: () => void;
  /** When the login ends, if that is soon. */
  readonly endsAt?: string | null;
  readonly isUnsaved?: boolean;
  /** What stands in the head beside the name. */
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Frame({ words, login = '/login/patient', onLanguage, onLogOut, endsAt = null, isUnsaved = false, aside, children }: FrameProps) {
  const { t, language } = words;
  return (
    <>
      <a class="skip-link" href="#content" onClick={skipTo}>{t('skip_to_content')}</a>
      <header class="head">
        <span class="brand"><Mark /> {t('service')}</span>
        {aside}
      </header>
      {endsAt !== null && <SessionEnding words={words} login={login} endsAt={endsAt} isUnsaved={isUnsaved} />}
      <main id="content" tabIndex={-1}>{children}</main>
      <footer class="foot">
        <Help words={words} />
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

function Help({ words: { t } }: { words: FrameWords }) {
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

interface SessionEndingProps {
  readonly words: FrameWords;
  readonly login: string;
  readonly endsAt: string;
  readonly isUnsaved: boolean;
}

function SessionEnding({ words: { t, language }, login, endsAt, isUnsaved }: SessionEndingProps) {
  const time = clock(endsAt, language);
  return (
    <div class="band" role="alert">
      <p>{t(isUnsaved ? 'session.soon_unsaved' : 'session.soon', { time })}</p>
      <a class="button slim" href={login}>{t('session.login')}</a>
    </div>
  );
}
