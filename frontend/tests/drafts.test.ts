import { describe, expect, it } from 'vitest';
import type { AllAnswers } from '../patient/model/answers.ts';
import { keepDraft, PAUSE, TRY_AGAIN, type DraftKeeper, type DraftStatus, type Saved } from '../patient/model/drafts.ts';
import { saying } from './builders.ts';

/** A server that answers when it is told to, and a clock that is wound by hand. */
class Bench {
  readonly sent: { revision: number; answers: AllAnswers }[] = [];
  readonly statuses: DraftStatus[] = [];
  readonly keeper: DraftKeeper;
  #answer: ((saved: Saved) => void) | null = null;
  #timer: { act: () => void; milliseconds: number } | null = null;

  constructor(revision = 0) {
    this.keeper = keepDraft({
      revision,
      save: (at, answers) => {
        this.sent.push({ revision: at, answers });
        return new Promise((answer) => (this.#answer = answer));
      },
      onStatus: (status) => this.statuses.push(status),
      later: (act, milliseconds) => {
        const timer = { act, milliseconds };
        this.#timer = timer;
        return () => {
          if (this.#timer === timer) this.#timer = null;
        };
      },
    });
  }

  get waits(): number | undefined {
    return this.#timer?.milliseconds;
  }

  async ring(): Promise<void> {
    const timer = this.#timer!;
    this.#timer = null;
    timer.act();
    await settled();
  }

  async answer(saved: Saved): Promise<void> {
    this.#answer!(saved);
    await settled();
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
const first = saying({ a: ['yes'] });
const second = saying({ a: ['no'] });

describe('a draft', () => {
  it('is saved shortly after a change, on the revision that it builds on', async () => {
    const bench = new Bench(3);
    bench.keeper.change(first);
    expect([bench.sent, bench.waits]).toEqual([[], PAUSE]);
    await bench.ring();
    await bench.answer({ outcome: 'saved', revision: 4 });
    expect(bench.sent).toEqual([{ revision: 3, answers: first }]);
    expect([bench.statuses, bench.keeper.isUnsaved()]).toEqual([['saving', 'saved'], false]);
  });

  it('is saved once for several quick changes', async () => {
    const bench = new Bench();
    bench.keeper.change(first);
    bench.keeper.change(second);
    await bench.ring();
    expect(bench.sent.map(({ answers }) => answers)).toEqual([second]);
  });

  it('never has two saves under way; the later change builds on the earlier one’s revision', async () => {
    const bench = new Bench();
    bench.keeper.change(first);
    void bench.keeper.flush();
    bench.keeper.change(second);
    void bench.keeper.flush();
    await settled();
    expect(bench.sent.length).toBe(1);
    await bench.answer({ outcome: 'saved', revision: 1 });
    expect(bench.sent[1]).toEqual({ revision: 1, answers: second });
  });

  it('is tried again, later each time, until it is there', async () => {
    const bench = new Bench();
    bench.keeper.change(first);
    await bench.ring();
    const waited: (number | undefined)[] = [];
    for (let attempt = 0; attempt < 7; attempt += 1) {
      await bench.answer({ outcome: 'failed' });
      waited.push(bench.waits);
      await bench.ring();
    }
    expect(waited).toEqual([...TRY_AGAIN, 30_000, 30_000]);
    expect(bench.keeper.status()).toBe('saving');
    await bench.answer({ outcome: 'saved', revision: 1 });
    expect(bench.keeper.status()).toBe('saved');
  });

  it('keeps the newest answers while it waits', async () => {
    const bench = new Bench();
    bench.keeper.change(first);
    await bench.ring();
    bench.keeper.change(second);
    await bench.answer({ outcome: 'failed' });
    await bench.ring();
    expect(bench.sent[1]!.answers).toEqual(second);
  });

  it.each(['conflict', 'closed', 'signed-out'] as const)('stops at “%s”, and loses nothing', async (outcome) => {
    const bench = new Bench();
    bench.keeper.change(first);
    await bench.ring();
    await bench.answer({ outcome });
    bench.keeper.change(second);
    await bench.keeper.flush();
    expect(bench.sent.length).toBe(1);
    expect([bench.keeper.status(), bench.keeper.isUnsaved(), bench.waits]).toEqual([outcome, true, undefined]);
  });

  it('goes on from the other device’s revision with the answers that were chosen', async () => {
    const bench = new Bench();
    bench.keeper.change(first);
    await bench.ring();
    await bench.answer({ outcome: 'conflict' });
    void bench.keeper.continueFrom(7, second);
    await settled();
    expect(bench.sent[1]).toEqual({ revision: 7, answers: second });
  });

  it('sends nothing when the other device’s answers were chosen', async () => {
    const bench = new Bench();
    bench.keeper.change(first);
    await bench.ring();
    await bench.answer({ outcome: 'conflict' });
    await bench.keeper.continueFrom(7, null);
    expect([bench.sent.length, bench.keeper.status(), bench.keeper.isUnsaved()]).toEqual([1, 'saved', false]);
  });

  it('is saved after a new login', async () => {
    const bench = new Bench();
    bench.keeper.change(first);
    await bench.ring();
    await bench.answer({ outcome: 'signed-out' });
    void bench.keeper.resume();
    await settled();
    expect(bench.sent[1]).toEqual({ revision: 0, answers: first });
  });

  it('is left alone once the answers are submitted', async () => {
    const bench = new Bench();
    bench.keeper.change(first);
    bench.keeper.stop();
    await bench.keeper.flush();
    expect([bench.sent, bench.waits]).toEqual([[], undefined]);
  });
});
