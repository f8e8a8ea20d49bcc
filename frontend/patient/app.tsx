/** The whole page: who is here, in which language, and what they see. */

import type { ComponentChildren } from 'preact';
import { useCallback, useMemo, useRef, useState } from 'preact/hooks';
import { Frame, type FrameProps } from '../core/frame.tsx';
import { useLanguage } from '../core/language.tsx';
import { logOut as endSession } from '../core/requests.ts';
import { useSession } from '../core/session.ts';
import { freshState } from '../core/state.ts';
import type { AssessmentSummary, Language, Questionnaire, Receipt, Shell } from '../core/wire.ts';
import { Sitting } from './model/sitting.ts';
import { usePlace, type Go, type Place } from './place.ts';
import { Answering } from './views/answering.tsx';
import { Home } from './views/home.tsx';
import { Loading } from './views/loading.tsx';
import { ReceiptView } from './views/receipt.tsx';
import { SessionOver } from './views/session-over.tsx';
import { Welcome } from './views/welcome.tsx';
import { useWords, wordsIn, WordsContext } from './words.ts';

/** A session that is refused again so soon after it was looked up does not open the answers any more. */
const BETWEEN_REFRESHES = 20_000;

export const NOBODY: Shell = {
  signed_in: false,
  language: 'nb',
  session_ends_at: null,
  csrf: null,
  assessments: [],
  questionnaire: null,
  notice: null,
};

export function App({ shell: first }: { shell: Shell }) {
  const [shell, setShell] = useState(first);
  const [language, choose] = useLanguage(first.language);
  const words = useMemo(() => wordsIn(language), [language]);
  return (
    <WordsContext.Provider value={words}>
      {shell.signed_in ? (
        <SignedIn shell={shell} onShell={setShell} onLanguage={choose} />
      ) : (
        <Frame words={words} onLanguage={choose}>
          <Welcome notice={shell.notice} />
        </Frame>
      )}
    </WordsContext.Provider>
  );
}

interface SignedInProps {
  readonly shell: Shell;
  readonly onShell: (shell: Shell) => void;
  readonly onLanguage: (language: Language) => void;
}

function SignedIn({ shell, onShell, onLanguage }: SignedInProps) {
  const words = useWords();
  const [place, go] = usePlace();
  const csrf = useRef(shell.csrf);
  csrf.current = shell.csrf;
  const sittings = useSittings(shell.questionnaire, csrf);
  const session = useSession(shell.session_ends_at);
  const [isOut, setOut] = useState(false);

  const refresh = useCallback(async (): Promise<boolean> => {
    const fresh = await freshState('/', NOBODY);
    if (fresh === null || !fresh.signed_in) return false;
    onShell(fresh);
    csrf.current = fresh.csrf;
    setOut(false);
    await Promise.all(sittings.all().map((sitting) => sitting.resume()));
    return true;
  }, [onShell, sittings]);
  const refreshed = useRef(-Infinity);
  const signedOut = useCallback(async () => {
    const isRepeated = performance.now() - refreshed.current < BETWEEN_REFRESHES;
    refreshed.current = performance.now();
    setOut(isRepeated || !(await refresh()));
  }, [refresh]);
  const logOut = useCallback(async () => {
    await Promise.all(sittings.all().map((sitting) => sitting.flush()));
    await endSession(csrf.current, '/');
  }, [sittings]);
  const received = useCallback(
    (receipt: Receipt) => {
      onShell({ ...shell, assessments: shell.assessments.map((one) => withReceipt(one, receipt)) });
      sittings.drop(receipt.assessment_id);
      go({ view: 'receipt', receipt }, 'replace');
    },
    [shell, onShell, sittings, go],
  );

  const isUnsaved = sittings.all().some((sitting) => sitting.isUnsaved);
  if (isOut || session === 'over') {
    return (
      <Frame words={words} onLanguage={onLanguage}>
        <SessionOver isUnsaved={isUnsaved} onReturn={refresh} />
      </Frame>
    );
  }
  const endsAt = session === 'ending' ? shell.session_ends_at : null;
  const frame = { words, onLanguage, onLogOut: () => void logOut(), endsAt };
  return (
    <Present place={place} go={go} shell={shell} sittings={sittings} frame={frame} onReceipt={received} onSignedOut={() => void signedOut()} onGone={refresh} />
  );
}

function withReceipt(one: AssessmentSummary, receipt: Receipt): AssessmentSummary {
  if (one.assessment_id !== receipt.assessment_id) return one;
  return { ...one, state: 'submitted', submitted_at: receipt.received_at, has_draft: false };
}

interface Sittings {
  readonly all: () => readonly Sitting[];
  readonly get: (assessment: string) => Sitting | undefined;
  readonly add: (questionnaire: Questionnaire) => void;
  readonly drop: (assessment: string) => void;
}

/** The questionnaires that were opened since the page was, with their answers; leaving one does not lose them. */
function useSittings(first: Questionnaire | null, csrf: { readonly current: string | null }): Sittings {
  return useMemo(() => {
    const open = new Map<string, Sitting>();
    const add = (questionnaire: Questionnaire): void => {
      open.set(questionnaire.assessment_id, new Sitting(questionnaire, () => csrf.current));
    };
    if (first !== null) add(first);
    return {
      all: () => [...open.values()],
      get: (assessment) => open.get(assessment),
      add,
      drop: (assessment) => {
        open.get(assessment)?.stop();
        open.delete(assessment);
      },
    };
  }, []);
}

interface PresentProps {
  readonly place: Place;
  readonly go: Go;
  readonly shell: Shell;
  readonly sittings: Sittings;
  readonly frame: Omit<FrameProps, 'children'>;
  readonly onReceipt: (receipt: Receipt) => void;
  readonly onSignedOut: () => void;
  readonly onGone: () => Promise<boolean>;
}

function Present({ place, go, shell, sittings, frame, onReceipt, onSignedOut, onGone }: PresentProps) {
  const framed = (children: ComponentChildren) => <Frame {...frame}>{children}</Frame>;
  if (place.view === 'receipt') return framed(<ReceiptView receipt={place.receipt} go={go} />);
  const isOpen = (id: string): boolean => shell.assessments.some((one) => one.assessment_id === id && one.state === 'open');
  if (place.view === 'home' || !isOpen(place.assessment)) {
    return framed(<Home assessments={shell.assessments} sittingOf={sittings.get} go={go} />);
  }
  const sitting = sittings.get(place.assessment);
  if (sitting === undefined) {
    return framed(<Loading assessment={place.assessment} onLoaded={(one) => { sittings.add(one); go(place, 'replace'); }} onSignedOut={onSignedOut} />);
  }
  const leave = (): void => {
    sittings.drop(place.assessment);
    void onGone().then(() => go({ view: 'home' }, 'replace'));
  };
  return <Answering key={place.assessment} sitting={sitting} place={place} go={go} frame={frame} onReceipt={onReceipt} onSignedOut={onSignedOut} onLeave={leave} />;
}
