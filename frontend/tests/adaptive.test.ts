import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { courseOf, type Said } from '../core/adaptive.ts';
import type { AdaptiveTest } from '../core/wire.ts';

interface Step {
  readonly item: string;
  readonly answer: number;
  readonly theta: number;
  readonly se: number;
  readonly stop: string;
}

interface Case {
  readonly name: string;
  readonly test: string;
  readonly said: Readonly<Record<string, Said>>;
  readonly asked: readonly string[];
  readonly over: boolean;
  readonly theta: number;
  readonly se?: number;
}

interface Cases {
  readonly tests: Readonly<Record<string, AdaptiveTest>>;
  readonly traces: Readonly<Record<string, readonly (readonly Step[])[]>>;
  readonly cases: readonly Case[];
}

const { tests, traces, cases } = JSON.parse(
  readFileSync(new URL('../../tests/instruments/adaptive/cases.json', import.meta.url), 'utf8'),
) as Cases;

describe('adaptive testing on the phone', () => {
  for (const [name, runs] of Object.entries(traces)) {
    it.each(runs.map((run, number) => [number, run] as const))(`${name}: reference trace %i`, (_, run) => {
      const answers = new Map<string, number>();
      for (const step of run) {
        expect(courseOf(tests[name]!, (item) => answers.get(item)).asked.at(-1)).toBe(step.item);
        answers.set(step.item, step.answer);
        const now = courseOf(tests[name]!, (item) => answers.get(item));
        expect(now.theta).toBeCloseTo(step.theta, 5);
        expect(now.se).toBeCloseTo(step.se, 5);
        expect(now.isOver).toBe(step.stop !== '');
      }
    });
  }

  it('has further cases to share', () => {
    expect(cases.length).toBeGreaterThan(30);
  });

  it.each(cases.map((one) => [one.name, one] as const))('%s', (_, { test, said, asked, over, theta, se }) => {
    const course = courseOf(tests[test]!, (item) => said[item]);
    expect(course.asked).toEqual(asked);
    expect(course.isOver).toBe(over);
    expect(course.theta).toBeCloseTo(theta, 12);
    if (se !== undefined) expect(course.se).toBeCloseTo(se, 12);
  });
});
