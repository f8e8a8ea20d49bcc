import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type AdaptiveRule, type Answer, type BankItem, estimate, nextStep } from '../core/adaptive.ts';

interface Step {
  readonly item: string;
  readonly answer: number;
  readonly theta: number;
  readonly se: number;
  readonly stop: string;
}

interface Cases {
  readonly bank: readonly BankItem[];
  readonly rules: Readonly<Record<string, AdaptiveRule>>;
  readonly traces: Readonly<Record<string, readonly (readonly Step[])[]>>;
}

const { bank, rules, traces } = JSON.parse(
  readFileSync(new URL('../../tests/instruments/adaptive/cases.json', import.meta.url), 'utf8'),
) as Cases;

describe('adaptive testing on the phone', () => {
  for (const [name, runs] of Object.entries(traces)) {
    it.each(runs.map((run, number) => [number, run] as const))(`${name}: reference trace %i`, (_, run) => {
      const rule = rules[name];
      if (!rule) throw new Error(`no rule ${name}`);
      const answers: Answer[] = [];
      for (const step of run) {
        const next = nextStep(bank, rule, answers);
        expect('ask' in next && next.ask).toBe(step.item);
        answers.push({ item: step.item, answer: step.answer });
        const now = estimate(bank, answers);
        expect(now.theta).toBeCloseTo(step.theta, 5);
        expect(now.se).toBeCloseTo(step.se, 5);
      }
      const end = nextStep(bank, rule, answers);
      expect('stop' in end && end.stop).toBe(run.at(-1)?.stop);
    });
  }

  it('passes over what was skipped', () => {
    const rule = rules['adult'];
    if (!rule) throw new Error('no rule');
    const first = nextStep(bank, rule, []);
    if (!('ask' in first)) throw new Error('nothing was asked');
    const second = nextStep(bank, rule, [], new Set([first.ask]));
    expect('ask' in second && second.ask).not.toBe(first.ask);
  });
});
