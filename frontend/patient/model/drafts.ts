/** Keeps a draft on the server: saves soon after a change, one at a time, and tries again until it is there. */

import type { AllAnswers } from './answers.ts';

/** `waiting`: not saved yet, will be tried again. `conflict`: another device saved since. `too-long`: until a text is shortened. `closed`: no longer open. */
export type DraftStatus = 'untouched' | 'saving' | 'saved' | 'waiting' | 'too-long' | 'conflict' | 'signed-out' | 'closed';

export type Refusal = 'failed' | 'too-long' | 'conflict' | 'signed-out' | 'closed';

export type Saved =
  | { readonly outcome: 'saved'; readonly revision: number }
  | { readonly outcome: Refusal };

export interface DraftKeeper {
  readonly status: () => DraftStatus;
  /** Whether there is something that the server does not have. */
  readonly isUnsaved: () => boolean;
  readonly change: (answers: AllAnswers) => void;
  /** Saves now what is not saved, whatever it waits for; with a conflict it does nothing. */
  readonly flush: () => Promise<void>;
  /** Saves again after a new login. */
  readonly resume: () => Promise<void>;
  /** Goes on from the revision that a conflict has made known; without answers there is nothing left to save. */
  readonly continueFrom: (revision: number, answers: AllAnswers | null) => Promise<void>;
  readonly stop: () => void;
}

export interface Saving {
  readonly revision: number;
  readonly save: (revision: number, answers: AllAnswers) => Promise<Saved>;
  readonly onStatus: (status: DraftStatus) => void;
  /** Runs `act` after so many milliseconds; gives back what cancels it. */
  readonly later: (act: () => void, milliseconds: number) => () => void;
}

export const PAUSE = 400;
export const TRY_AGAIN = [2_000, 5_000, 10_000, 20_000, 30_000];

export function keepDraft({ revision: first, save, onStatus, later }: Saving): DraftKeeper {
  let revision = first;
  let unsaved: AllAnswers | null = null;
  let inFlight: Promise<void> | null = null;
  let status: DraftStatus = first > 0 ? 'saved' : 'untouched';
  let failures = 0;
  let stopped = false;
  let cancel = (): void => undefined;

  const say = (next: DraftStatus): void => {
    status = next;
    onStatus(next);
  };
  const schedule = (milliseconds: number): void => {
    cancel();
    cancel = later(() => void send(), milliseconds);
  };
  const isHeld = (): boolean => stopped || ['conflict', 'closed', 'signed-out'].includes(status);

  const send = async (): Promise<void> => {
    cancel();
    while (inFlight !== null) await inFlight;
    if (unsaved === null || isHeld()) return;
    inFlight = attempt(unsaved);
    await inFlight;
  };
  const attempt = async (sent: AllAnswers): Promise<void> => {
    unsaved = null;
    say('saving');
    const result = await save(revision, sent);
    inFlight = null;
    if (stopped) return;
    if (result.outcome === 'saved') settle(result.revision);
    else fail(sent, result.outcome);
  };
  const settle = (reached: number): void => {
    revision = reached;
    failures = 0;
    if (unsaved === null) say('saved');
    else schedule(0);
  };
  const fail = (sent: AllAnswers, outcome: Refusal): void => {
    unsaved ??= sent;
    say(outcome === 'failed' ? 'waiting' : outcome);
    if (outcome !== 'failed') return;
    schedule(TRY_AGAIN[Math.min(failures, TRY_AGAIN.length - 1)]!);
    failures += 1;
  };

  return {
    status: () => status,
    isUnsaved: () => unsaved !== null || inFlight !== null,
    change: (answers) => {
      unsaved = answers;
      if (!isHeld()) schedule(PAUSE);
    },
    flush: send,
    resume: async () => {
      say(unsaved === null ? 'saved' : 'saving');
      await send();
    },
    continueFrom: async (reached, answers) => {
      revision = reached;
      unsaved = answers;
      failures = 0;
      say(answers === null ? 'saved' : 'saving');
      await send();
    },
    stop: () => {
      stopped = true;
      cancel();
    },
  };
}
