import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { shownItems, type Values } from '../core/branching.ts';
import type { Structure } from '../core/wire.ts';

interface Case {
  readonly name: string;
  readonly structure: Structure;
  readonly values: Values;
  readonly shown: readonly string[];
}

const CASES = JSON.parse(
  readFileSync(new URL('../../tests/instruments/branching_cases.json', import.meta.url), 'utf8'),
) as readonly Case[];

describe('branching says the same as the server', () => {
  it('has cases to share', () => {
    expect(CASES.length).toBeGreaterThan(10);
  });

  it.each(CASES.map((one) => [one.name, one] as const))('%s', (_, { structure, values, shown }) => {
    expect([...shownItems(structure, values)].sort()).toEqual([...shown].sort());
  });
});
