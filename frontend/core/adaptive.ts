// Computer-adaptive testing on a graded-response bank, as instruments/adaptive.py does it; both are held to
// the same reference traces. Works without a line: nothing here asks anybody.

export interface BankItem {
  readonly item: string;
  readonly a: number;
  readonly b: readonly number[];
}

export interface AdaptiveRule {
  readonly minItems: number;
  readonly maxItems: number;
  readonly seStop: number;
  readonly seChangeStop: number | null;
}

export interface Answer {
  readonly item: string;
  readonly answer: number;
}

export interface Estimate {
  readonly theta: number;
  readonly se: number;
}

export type Stop = 'se' | 'dse' | 'max_items' | 'no_items';

export type Next =
  | { readonly ask: string; readonly information: number; readonly theta: number }
  | { readonly stop: Stop; readonly theta: number; readonly se: number; readonly t: number };

const LOW = -4;
const HIGH = 4;
const NODES = 81;

/** The probability of each answer, from 0, at one theta (Samejima 1969, D = 1). */
function probabilities(item: BankItem, theta: number): number[] {
  const above = [1, ...item.b.map((threshold) => 1 / (1 + Math.exp(-item.a * (theta - threshold)))), 0];
  return above.slice(1).map((next, answer) => (above[answer] ?? 0) - next);
}

/** Fisher's information of an item at one theta. */
export function information(item: BankItem, theta: number): number {
  const above = item.b.map((threshold) => 1 / (1 + Math.exp(-item.a * (theta - threshold))));
  const slopes = [0, ...above.map((one) => item.a * one * (1 - one)), 0];
  return probabilities(item, theta).reduce((sum, probability, answer) => {
    const change = (slopes[answer] ?? 0) - (slopes[answer + 1] ?? 0);
    return probability > 0 ? sum + (change * change) / probability : sum;
  }, 0);
}

/** The posterior's mean and deviation under a standard normal prior (EAP, trapezoid rule). */
export function estimate(bank: readonly BankItem[], answers: readonly Answer[]): Estimate {
  const items = new Map(bank.map((item) => [item.item, item]));
  let total = 0;
  let first = 0;
  let second = 0;
  for (let node = 0; node < NODES; node += 1) {
    const theta = LOW + ((HIGH - LOW) * node) / (NODES - 1);
    let weight = Math.exp(-(theta * theta) / 2) * (node === 0 || node === NODES - 1 ? 0.5 : 1);
    for (const { item, answer } of answers) {
      const known = items.get(item);
      if (known) weight *= probabilities(known, theta)[answer] ?? 0;
    }
    total += weight;
    first += weight * theta;
    second += weight * theta * theta;
  }
  const theta = first / total;
  return { theta, se: Math.sqrt(Math.max(second / total - theta * theta, 0)) };
}

/** What to do after the answers, in their order; an item that was skipped is not asked again. */
export function nextStep(
  bank: readonly BankItem[],
  rule: AdaptiveRule,
  answers: readonly Answer[],
  skipped: ReadonlySet<string> = new Set(),
): Next {
  const { theta, se } = answers.length === 0 ? { theta: 0, se: Infinity } : estimate(bank, answers);
  const asked = new Set(answers.map((one) => one.item));
  const left = bank.filter(({ item }) => !asked.has(item) && !skipped.has(item));
  const stop = stopAfter(bank, rule, answers, se) ?? (left.length === 0 ? 'no_items' : null);
  if (stop) return { stop, theta, se, t: 50 + 10 * theta };
  let ask = '';
  let most = -Infinity;
  for (const item of left) {
    const known = information(item, theta);
    if (known > most) [ask, most] = [item.item, known];
  }
  return { ask, information: most, theta };
}

function stopAfter(
  bank: readonly BankItem[],
  rule: AdaptiveRule,
  answers: readonly Answer[],
  se: number,
): Stop | null {
  if (answers.length < rule.minItems) return null;
  if (se < rule.seStop) return 'se';
  const before = answers.length > 1 ? estimate(bank, answers.slice(0, -1)).se : null;
  if (rule.seChangeStop !== null && before !== null && Math.abs(before - se) < rule.seChangeStop) return 'dse';
  return answers.length >= rule.maxItems ? 'max_items' : null;
}
