/** Late-effect signals: what fell, how far, for which kind of case, and whether somebody has seen it. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { dateInWords } from '../../core/dates.ts';
import { inFigures } from '../../core/numbers.ts';
import { ask } from '../../core/requests.ts';
import type { Signal } from '../../core/wire.ts';
import { useWords } from '../words.ts';

interface Props {
  readonly signals: readonly Signal[];
  readonly csrf: string | null;
  readonly onMarked: (signalId: string) => void;
  readonly onSignedOut: () => void;
}

const COLUMNS = ['rule', 'wave', 'change', 'drop', 'case', 'months', 'raised', 'state'] as const;

/** Each cell names its own column: on a phone the rows become cards. The roles keep it a table all the same. */
export function SignalTable({ signals, csrf, onMarked, onSignedOut }: Props) {
  const { t } = useWords();
  return (
    <section class="panel" aria-labelledby="signals">
      <h2 id="signals">{t('signals')}</h2>
      {signals.length === 0 ? (
        <p class="hint"><b>{t('signals.none')}.</b> {t('signals.none_text')}</p>
      ) : (
        <table class="stacking" role="table" aria-labelledby="signals">
          <thead role="rowgroup">
            <tr role="row">
              {COLUMNS.map((column) => <th key={column} scope="col" role="columnheader">{t(`signals.${column}`)}</th>)}
            </tr>
          </thead>
          <tbody role="rowgroup">
            {signals.map((signal) => (
              <Row key={signal.signal_id} signal={signal} csrf={csrf} onMarked={onMarked} onSignedOut={onSignedOut} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Row({ signal, csrf, onMarked, onSignedOut }: { signal: Signal } & Omit<Props, 'signals'>) {
  const { t, language } = useWords();
  const figure = (number: number): string => inFigures(number, language);
  return (
    <tr role="row" class={signal.state === 'new' ? 'new' : ''}>
      <th role="rowheader" scope="row" data-column={t('signals.rule')}>
        {signal.rule_name}
        <small>{signal.scale_name}</small>
      </th>
      <td role="cell" data-column={t('signals.wave')} class="whole">{signal.wave_name}</td>
      <td role="cell" data-column={t('signals.change')}>
        <span class="change"><Fall from={signal.baseline} to={signal.score} />{figure(signal.baseline)} → {figure(signal.score)}</span>
      </td>
      <td role="cell" data-column={t('signals.drop')}><b>{figure(signal.drop)}</b></td>
      <td role="cell" data-column={t('signals.case')}>
        {signal.site}
        <small>{t(`treatment.${signal.treatment}`)}</small>
      </td>
      <td role="cell" data-column={t('signals.months')}>{figure(signal.months_since_diagnosis)}</td>
      <td role="cell" data-column={t('signals.raised')}><span class="whole">{dateInWords(signal.raised_at, language)}</span></td>
      <td role="cell" data-column={t('signals.state')}>
        <Marking signal={signal} csrf={csrf} onMarked={onMarked} onSignedOut={onSignedOut} />
      </td>
    </tr>
  );
}

/** A line from 0 to 100 with where the score was (a ring) and where it is (a dot). The figures beside it say the same. */
function Fall({ from, to }: { from: number; to: number }) {
  const at = (score: number): number => 6 + Math.min(100, Math.max(0, score));
  return (
    <svg class="fall" viewBox="0 0 112 14" width="112" height="14" aria-hidden="true">
      <path class="axis" d="M6 7h100" />
      <path class="way" d={`M${at(from)} 7H${at(to)}`} />
      <circle class="was" cx={at(from)} cy="7" r="4" />
      <circle class="is" cx={at(to)} cy="7" r="5" />
    </svg>
  );
}

function Marking({ signal, csrf, onMarked, onSignedOut }: { signal: Signal } & Omit<Props, 'signals'>) {
  const { t } = useWords();
  const [stage, setStage] = useState<'waiting' | 'marking' | 'failed' | 'marked'>('waiting');
  const done = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (stage === 'marked') done.current?.focus();
  }, [stage]);
  const mark = async (): Promise<void> => {
    if (stage === 'marking') return;
    setStage('marking');
    const { status } = await ask(`/api/staff/signals/${signal.person_id}/${signal.signal_id}/seen`, { method: 'POST', csrf });
    if (status === 401) return onSignedOut();
    const isDone = status >= 200 && status < 300;
    setStage(isDone ? 'marked' : 'failed');
    if (isDone) onMarked(signal.signal_id);
  };
  if (signal.state !== 'new') {
    return <span class="seen" ref={done} tabIndex={-1}>{t(stage === 'marked' ? 'signals.marked' : 'signals.state.seen')}</span>;
  }
  return (
    <span class="marking">
      <button class="button second slim" type="button" aria-disabled={stage === 'marking'} onClick={() => void mark()}>
        {t(stage === 'marking' ? 'signals.marking' : 'signals.mark')}
      </button>
      {stage === 'failed' && <span class="fault" role="alert">{t('signals.mark_failed')}</span>}
    </span>
  );
}
