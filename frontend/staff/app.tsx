/** The staff page: who is here, the signals, and how the follow-up goes. */

import type { ComponentChildren } from 'preact';
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import { LanguageChoice, useLanguage } from '../core/language.tsx';
import { Mark } from '../core/mark.tsx';
import { ask, logOut } from '../core/requests.ts';
import type { Language, Notice, Overview, Signal, StaffShell } from '../core/wire.ts';
import { Figures } from './views/figures.tsx';
import { OverviewTable } from './views/overview.tsx';
import { SignalTable } from './views/signals.tsx';
import { useWords, wordsIn, WordsContext } from './words.ts';

export const NOBODY: StaffShell = { signed_in: false, name: null, csrf: null, notice: null };

export function App({ shell }: { shell: StaffShell }) {
  const [language, choose] = useLanguage('nb');
  const [isOut, setOut] = useState(!shell.signed_in);
  const signedOut = useCallback(() => setOut(true), []);
  return (
    <WordsContext.Provider value={useMemo(() => wordsIn(language), [language])}>
      <Frame shell={isOut ? NOBODY : shell} onLanguage={choose}>
        {isOut ? <Login wasIn={shell.signed_in} notice={shell.notice} /> : <Desk csrf={shell.csrf} onSignedOut={signedOut} />}
      </Frame>
    </WordsContext.Provider>
  );
}

interface FrameProps {
  readonly shell: StaffShell;
  readonly onLanguage: (language: Language) => void;
  readonly children: ComponentChildren;
}

function Frame({ shell, onLanguage, children }: FrameProps) {
  const { t, language } = useWords();
  return (
    <>
      <header class="head">
        <span class="brand"><Mark /> {t('service')}</span>
        <nav class="head-choices" aria-label={t('language')}>
          <LanguageChoice language={language} onLanguage={onLanguage} />
        </nav>
        {shell.signed_in && (
          <span class="who">
            {shell.name}
            <button class="quiet" type="button" onClick={() => void logOut(shell.csrf, '/staff')}>{t('logout')}</button>
          </span>
        )}
      </header>
      <main id="content">{children}</main>
    </>
  );
}

function Login({ wasIn, notice }: { wasIn: boolean; notice: Notice | null }) {
  const { t } = useWords();
  return (
    <section class="login">
      {notice !== null && <p class="notice heed" role="status">{t(`notice.${notice}`)}</p>}
      <h1>{t(wasIn ? 'signed_out' : 'login.title')}</h1>
      <p class="lead">{t(wasIn ? 'signed_out.text' : 'login.text')}</p>
      <a class="button" href="/login/staff">{t('login')}</a>
    </section>
  );
}

function Desk({ csrf, onSignedOut }: { csrf: string | null; onSignedOut: () => void }) {
  const { t } = useWords();
  const [signals, setSignals] = useState<readonly Signal[] | null>(null);
  const [overview, setOverview] = useState<Overview | null>(null);
  const [attempt, setAttempt] = useState(1);
  const [problem, setProblem] = useState<'failed' | 'no_access' | null>(null);
  useEffect(() => {
    setProblem(null);
    void fetchDesk().then((desk) => {
      if (desk === 'signed-out') return onSignedOut();
      setProblem(desk.isForbidden ? 'no_access' : desk.signals === null || desk.overview === null ? 'failed' : null);
      setSignals(desk.signals);
      setOverview(desk.overview);
    });
  }, [attempt]);
  const marked = (id: string): void =>
    setSignals((all) => all?.map((one) => (one.signal_id === id ? { ...one, state: 'seen' as const } : one)) ?? null);

  return (
    <>
      <h1>{t('title')}</h1>
      {problem !== null && (
        <div class="notice heed" role="alert">
          <p>{t(problem)}</p>
          <button class="button second slim" type="button" onClick={() => setAttempt(attempt + 1)}>{t('again')}</button>
        </div>
      )}
      {problem === null && signals === null && <p role="status">{t('loading')}</p>}
      {overview !== null && signals !== null && <Figures overview={overview} signals={signals} />}
      {signals !== null && <SignalTable signals={signals} csrf={csrf} onMarked={marked} onSignedOut={onSignedOut} />}
      {overview !== null && <OverviewTable overview={overview} />}
    </>
  );
}

interface DeskContent {
  readonly signals: readonly Signal[] | null;
  readonly overview: Overview | null;
  readonly isForbidden: boolean;
}

async function fetchDesk(): Promise<'signed-out' | DeskContent> {
  const [signals, overview] = await Promise.all([
    ask<{ readonly signals: readonly Signal[] }>('/api/staff/signals'),
    ask<Overview>('/api/staff/overview'),
  ]);
  if (signals.status === 401 || overview.status === 401) return 'signed-out';
  const isForbidden = signals.status === 403 || overview.status === 403;
  return { signals: signals.body?.signals ?? null, overview: overview.body, isForbidden };
}
