/** Something that cannot be undone: explained, asked once more, then done. Erasure also wants a tick. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { ask } from '../../core/requests.ts';
import type { Participation } from '../../core/wire.ts';
import { refusalOf } from '../refusals.ts';
import { useWords } from '../words.ts';
import { FreshLogin } from './fresh-login.tsx';

export type Way = 'stop' | 'erase';

const PATHS: Readonly<Record<Way, string>> = {
  stop: '/api/patient/participation/stop',
  erase: '/api/patient/participation/erasure',
};
const POINTS = ['first', 'second', 'third', 'fourth'] as const;

interface Props {
  readonly way: Way;
  /** The person has just logged in afresh for this. */
  readonly isAskedFor: boolean;
  readonly csrf: string | null;
  readonly onDone: (participation: Participation) => void;
  readonly onSignedOut: () => void;
}

export function AskingOnceMore({ way, isAskedFor, ...props }: Props) {
  const { t } = useWords();
  const [isAsking, setAsking] = useState(false);
  const begin = useRef<HTMLButtonElement>(null);
  const hasAsked = useRef(false);
  useEffect(() => {
    if (isAskedFor) setAsking(true);
  }, [isAskedFor]);
  useEffect(() => {
    if (hasAsked.current && !isAsking) begin.current?.focus();
    hasAsked.current = isAsking;
  }, [isAsking]);
  if (isAsking) return <Asking way={way} onLeave={() => setAsking(false)} {...props} />;
  return (
    <>
      <p>{t(`${way}.text`)}</p>
      <button ref={begin} class="button second" type="button" onClick={() => setAsking(true)}>{t(`${way}.begin`)}</button>
    </>
  );
}

type Stage = 'asking' | 'unticked' | 'sending' | 'stale' | 'failed';

function Asking({ way, csrf, onLeave, onDone, onSignedOut }: Omit<Props, 'isAskedFor'> & { onLeave: () => void }) {
  const { t } = useWords();
  const [stage, setStage] = useState<Stage>('asking');
  const heading = useRef<HTMLHeadingElement>(null);
  const tick = useRef<HTMLInputElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const confirm = async (): Promise<void> => {
    if (stage === 'sending') return;
    if (tick.current !== null && !tick.current.checked) {
      setStage('unticked');
      tick.current.focus();
      return;
    }
    setStage('sending');
    const { status, body, problem } = await ask<Participation>(PATHS[way], { method: 'POST', csrf });
    if (body !== null) return onDone(body);
    const refusal = refusalOf(status, problem);
    setStage(refusal === 'stale' ? 'stale' : 'failed');
    if (refusal === 'signed-out') onSignedOut();
  };

  return (
    <div class="asking" role="group" aria-labelledby={`${way}-ask`}>
      <h3 id={`${way}-ask`} ref={heading} tabIndex={-1}>{t(`${way}.ask`)}</h3>
      <ul class="points">{POINTS.map((point) => <li key={point}>{t(`${way}.${point}`)}</li>)}</ul>
      {way === 'erase' && stage !== 'stale' && <Tick of={tick} isMissing={stage === 'unticked'} />}
      {stage === 'stale' && <FreshLogin place={way} />}
      {stage === 'failed' && <div class="notice heed" role="alert"><h4>{t('failed.title')}</h4><p>{t('failed.maybe')}</p></div>}
      <div class="actions stacked">
        {stage !== 'stale' && (
          <button class={way === 'erase' ? 'button grave' : 'button'} type="button" aria-disabled={stage === 'sending'} onClick={() => void confirm()}>
            {t(stage === 'sending' ? 'sending' : `${way}.yes`)}
          </button>
        )}
        <button class="button second" type="button" onClick={onLeave}>{t(`${way}.no`)}</button>
      </div>
    </div>
  );
}

function Tick({ of, isMissing }: { of: { current: HTMLInputElement | null }; isMissing: boolean }) {
  const { t } = useWords();
  return (
    <>
      {isMissing && <p class="fault" id="tick-fault"><span class="hidden">{t('fault')}: </span>{t('erase.unticked')}</p>}
      <label class="choice">
        <input ref={of} type="checkbox" aria-invalid={isMissing} aria-describedby={isMissing ? 'tick-fault' : undefined} />
        <span>{t('erase.tick')}</span>
      </label>
    </>
  );
}
