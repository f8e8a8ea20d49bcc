/** The whole page: who is here, in which language, and what they see. */

import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import { Frame } from '../core/frame.tsx';
import { useLanguage } from '../core/language.tsx';
import { logOut } from '../core/requests.ts';
import { useSession } from '../core/session.ts';
import { freshState } from '../core/state.ts';
import type { MineShell } from '../core/wire.ts';
import { LOGIN } from './logins.ts';
import { Contents } from './views/contents.tsx';
import { SignedOut } from './views/signed-out.tsx';
import { wordsIn, WordsContext } from './words.ts';

export const NOBODY: MineShell = { signed_in: false, language: 'nb', session_ends_at: null, csrf: null, at: null };

export function App({ shell: first }: { shell: MineShell }) {
  const [shell, setShell] = useState(first);
  const [language, choose] = useLanguage(first.language);
  const words = useMemo(() => wordsIn(language), [language]);
  const [isOut, setOut] = useState(false);
  const session = useSession(shell.session_ends_at);
  useEffect(() => {
    document.title = `${words.t('mine')} – ${words.t('service')}`;
  }, [words]);
  const refresh = useCallback(async (): Promise<boolean> => {
    const fresh = await freshState('/mine', NOBODY);
    if (fresh === null || !fresh.signed_in) return false;
    setShell(fresh);
    setOut(false);
    return true;
  }, []);
  const signedOut = useCallback(() => void refresh().then((isIn) => setOut(!isIn)), [refresh]);

  const isIn = shell.signed_in && !isOut && session !== 'over';
  const endsAt = isIn && session === 'ending' ? shell.session_ends_at : null;
  const leaving = isIn ? { onLogOut: () => void logOut(shell.csrf, '/') } : {};
  return (
    <WordsContext.Provider value={words}>
      <Frame words={words} login={LOGIN} onLanguage={choose} endsAt={endsAt} {...leaving}>
        {isIn ? <Contents csrf={shell.csrf} at={first.at} onSignedOut={signedOut} /> : <SignedOut wasIn={shell.signed_in} onReturn={refresh} />}
      </Frame>
    </WordsContext.Provider>
  );
}
