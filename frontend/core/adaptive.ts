/**
 * Computer-adaptive testing on a graded-response bank, as instruments/adaptive does it; both are held to the same
 * cases. Works without a line: nothing here asks anybody.
 */

import type { AdaptiveTest, BankItem } from './api.ts';

/** What was said to an item: its category, null where it was declined, undefined where it is open. */
export type Said = number | null | undefined;

export interface Course {
  /** In the order asked; the last is open where `isOver` is false. */
  readonly asked: readonly string[];
  readonly isOver: boolean;
  readonly theta: number;
  readonly se: number;
}

/** The test that these answers lead through, as far as they go. */
export function courseOf({ rule, bank }: AdaptiveTest, said: (item: string) => Said): Course {
  const { low = -4.5, high = 4.5, nodes = 91 } = rule.grid ?? {};
  const { start_theta: start = 0, prior_mean: mean = 0, prior_sd: sd = 1 } = rule;
  const grid = Array.from({ length: nodes }, (_, node) => low + ((high - low) * node) / (nodes - 1));
  let log = grid.map((at, node) => (node % (nodes - 1) ? 0 : Math.log(0.5)) - ((at - mean) / sd) ** 2 / 2);
  let [theta, se, change, answered] = [start, Infinity, Infinity, 0];
  const asked: string[] = [];
  const isOver = (): boolean =>
    asked.length >= Math.min(rule.max_items, bank.items.length) ||
    (answered >= rule.min_items && (se < rule.se_stop || change < (rule.se_change_stop ?? 0)));

  while (!isOver()) {
    const left = bank.items.filter((item) => !asked.includes(item.item_id));
    const next = left.find((item) => asked.length === 0 && item.item_id === rule.first) ?? tellingMost(left, theta);
    asked.push(next.item_id);
    const answer = said(next.item_id);
    if (answer === undefined) return { asked, isOver: false, theta, se };
    if (answer === null) continue;
    const told = tableOf(next, grid);
    log = log.map((sum, node) => sum + (told[node]![answer] ?? 0));
    const before = se;
    [theta, se] = momentsOf(grid, log);
    change = answered ? Math.abs(before - se) : Infinity;
    answered += 1;
  }
  return { asked, isOver: true, theta, se };
}

/** The probability of that answer or a higher one, for each answer and beyond the last (Samejima 1969, D = 1). */
function reaching({ a, b }: BankItem, theta: number): number[] {
  return [1, ...b.map((threshold) => 1 / (1 + Math.exp(-a * (theta - threshold)))), 0];
}

const TABLES = new WeakMap<BankItem, readonly (readonly number[])[]>();

/** The logarithm of each answer's probability at each node: reckoned once, since each answer is looked at again at every step. */
function tableOf(item: BankItem, grid: readonly number[]): readonly (readonly number[])[] {
  const known = TABLES.get(item) ?? grid.map((theta) => reaching(item, theta).map((one, at, all) => Math.log(Math.max(one - (all[at + 1] ?? 0), 1e-300))));
  TABLES.set(item, known);
  return known;
}

/** Fisher's information of an item at one theta. */
function information(item: BankItem, theta: number): number {
  return reaching(item, theta).reduce((sum, one, at, all) => {
    const next = all[at + 1] ?? 0;
    const change = item.a * (one * (1 - one) - next * (1 - next));
    return one > next ? sum + change ** 2 / (one - next) : sum;
  }, 0);
}

/** The item with the most information, the first among equals. */
function tellingMost(items: readonly BankItem[], theta: number): BankItem {
  const known = items.map((item) => information(item, theta));
  return items[known.indexOf(Math.max(...known))]!;
}

/** Mean and deviation of a distribution known by its logarithm (EAP). */
function momentsOf(grid: readonly number[], log: readonly number[]): [number, number] {
  const highest = Math.max(...log);
  const weights = log.map((one) => Math.exp(one - highest));
  const total = weights.reduce((sum, one) => sum + one);
  const expected = (of: (theta: number) => number): number => grid.reduce((sum, at, node) => sum + weights[node]! * of(at), 0) / total;
  const mean = expected((at) => at);
  return [mean, Math.sqrt(expected((at) => (at - mean) ** 2))];
}
