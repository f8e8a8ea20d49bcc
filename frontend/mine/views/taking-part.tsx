/** Two ways to stop: without more questions, and with everything erased. What has been done is said in their place. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { momentInWords } from '../../core/dates.ts';
import type { MinePlace, Participation } from '../../core/wire.ts';
import type { Fetched } from '../asking.ts';
import { useWords } from '../words.ts';
import { AskingOnceMore, type Way } from './asking-once-more.tsx';

interface Props {
  readonly csrf: string | null;
  /** What the person has just logged in afresh for. */
  readonly asked: MinePlace | null;
  readonly participation: Fetched<Participation>;
  readonly onSignedOut: () => void;
}

export function TakingPart({ csrf, asked, participation: { body, hasFailed, again, put }, onSignedOut }: Props) {
  const { t, language } = useWords();
  const [justDone, setJustDone] = useState<Way | null>(null);
  if (body === null) {
    return (
      <section class="card" aria-labelledby="stop">
        <h2 id="stop">{t('stop.title')}</h2>
        {!hasFailed && <p role="status">{t('stop.loading')}</p>}
        {hasFailed && (
          <div class="notice heed" role="alert">
            <h3>{t('stop.unknown')}</h3>
            <p>{t('failed.text')}</p>
            <button class="button second slim" type="button" onClick={again}>{t('again')}</button>
          </div>
        )}
      </section>
    );
  }
  const done = (way: Way) => (now: Participation): void => {
    setJustDone(way);
    put(now);
  };
  const { stopped_at: stoppedAt, erasure } = body;
  return (
    <>
      <section class="card" aria-labelledby="stop">
        <h2 id="stop">{t('stop.title')}</h2>
        {stoppedAt === null ? (
          <AskingOnceMore way="stop" isAskedFor={asked === 'stop'} csrf={csrf} onDone={done('stop')} onSignedOut={onSignedOut} />
        ) : (
          <Done title={t('stop.done', { moment: momentInWords(stoppedAt, language) })} text={erasure === null ? `${t('stop.done_text')} ${t('stop.kept')}` : t('stop.done_text')} isNew={justDone === 'stop'} />
        )}
      </section>
      <section class="card" aria-labelledby="erase">
        <h2 id="erase">{t('erase.title')}</h2>
        {erasure === null ? (
          <AskingOnceMore way="erase" isAskedFor={asked === 'erase'} csrf={csrf} onDone={done('erase')} onSignedOut={onSignedOut} />
        ) : erasure.done_at === null ? (
          <Done title={t('erase.asked', { moment: momentInWords(erasure.asked_at, language) })} text={t('erase.asked_text')} isNew={justDone === 'erase'} />
        ) : (
          <Done title={t('erase.done', { moment: momentInWords(erasure.done_at, language) })} text={t('erase.done_text')} isNew={false} />
        )}
      </section>
    </>
  );
}

/** What has been done; the focus goes to it when the person has just done it. */
function Done({ title, text, isNew }: { title: string; text: string; isNew: boolean }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (isNew) heading.current?.focus();
  }, []);
  return (
    <div class="notice">
      <h3 ref={heading} tabIndex={-1}>{title}</h3>
      <p>{text}</p>
    </div>
  );
}
