/** Which items are asked, given the answers so far. The same rules as instruments/expressions.py; both run the same cases. */

import { courseOf, type Said } from './adaptive.ts';
import type { AdaptiveTest, Branch, Condition, Item, ItemKind, Structure, Value } from './wire.ts';

export type Values = Readonly<Record<string, readonly Value[]>>;

const NUMBERS: readonly ItemKind[] = ['integer', 'decimal', 'quantity'];

/** Every item in the order asked, a group before what it holds. */
export function everyItem(structure: Structure): Item[] {
  const within = (item: Item): Item[] => [item, ...(item.items ?? []).flatMap(within)];
  return structure.items.flatMap(within);
}

/**
 * The ids of the items, groups and texts that a person with these answers sees, in the order met: enabled, and nothing
 * above hidden; of an adaptive test what it has asked, in its own order, and what it asks next.
 */
export function shownItems(structure: Structure, values: Values, skipped: readonly string[] = []): ReadonlySet<string> {
  const enabled = enabledItems(structure, values);
  const shown = new Set<string>();
  const begun = new Set<AdaptiveTest>();
  const walk = (items: readonly Item[]): void => {
    for (const item of items) {
      if (!enabled.has(item.item_id) || item.hidden) continue;
      const test = testOf(structure, item.item_id);
      if (test === undefined) {
        shown.add(item.item_id);
        walk(item.items ?? []);
      } else if (!begun.has(test)) {
        begun.add(test);
        for (const id of courseOf(test, (one) => saidTo(items, one, values, skipped)).asked) shown.add(id);
      }
    }
  };
  walk(structure.items);
  return shown;
}

/** The adaptive test that asks the item, if one does. Its items stand side by side. */
export function testOf(structure: Structure, id: string): AdaptiveTest | undefined {
  return structure.adaptive?.find(({ bank }) => bank.items.some((one) => one.item_id === id));
}

function saidTo(items: readonly Item[], id: string, values: Values, skipped: readonly string[]): Said {
  const [code] = values[id] ?? [];
  if (code === undefined) return skipped.includes(id) ? null : undefined;
  return items.find((item) => item.item_id === id)?.options?.find((option) => option.code === code)?.score ?? undefined;
}

/** An item is enabled when what it stands in is enabled and its own branch holds. What a disabled item once held does not count. */
export function enabledItems(structure: Structure, values: Values): ReadonlySet<string> {
  const items = new Map<string, Item>();
  const parents = new Map<string, string>();
  for (const item of everyItem(structure)) {
    items.set(item.item_id, item);
    for (const child of item.items ?? []) parents.set(child.item_id, item.item_id);
  }
  const decided = new Map<string, boolean>();

  const isEnabled = (item: Item): boolean => {
    const before = decided.get(item.item_id);
    if (before !== undefined) return before;
    decided.set(item.item_id, false);
    const parent = items.get(parents.get(item.item_id) ?? '');
    const is = (parent === undefined || isEnabled(parent)) && holds(item.branch, met);
    decided.set(item.item_id, is);
    return is;
  };
  const met = (condition: Condition): boolean => {
    const item = items.get(condition.item);
    const answers = item !== undefined && isEnabled(item) ? current(item, values) : [];
    return compare(item?.kind ?? 'string', answers, condition);
  };

  return new Set([...items.values()].filter(isEnabled).map((item) => item.item_id));
}

function holds(branch: Branch | null | undefined, met: (condition: Condition) => boolean): boolean {
  if (branch == null) return true;
  const inner = (one: Branch): boolean => holds(one, met);
  const { conditions, branches = [] } = branch;
  return branch.needs === 'any' ? conditions.some(met) || branches.some(inner) : conditions.every(met) && branches.every(inner);
}

/** The conditions of a branch and of those within it. */
export function everyCondition({ conditions, branches = [] }: Branch): Condition[] {
  return [...conditions, ...branches.flatMap(everyCondition)];
}

/** The answers that an item begins with: one, or more where it repeats. */
export function startingAnswers(item: Item): readonly Value[] {
  return item.initial == null ? [] : [item.initial, ...(item.further_initial ?? [])];
}

/** The answers that count: the person's, or the initial value where the person has no say. */
function current(item: Item, values: Values): readonly Value[] {
  if (item.hidden || item.read_only) return startingAnswers(item);
  return values[item.item_id] ?? [];
}

/** `!=` asks whether no answer is equal, so it holds for an unanswered item. A value of another type never compares. */
export function compare(kind: ItemKind, answers: readonly Value[], { operator, value }: Condition): boolean {
  if (operator === 'exists') return answers.length > 0 === Boolean(value);
  if (operator === '=') return answers.some((answer) => isEqual(kind, answer, value));
  if (operator === '!=') return !answers.some((answer) => isEqual(kind, answer, value));
  return answers.some((answer) => {
    const order = orderOf(kind, answer, value);
    if (order === null) return false;
    return { '>': order > 0, '<': order < 0, '>=': order >= 0, '<=': order <= 0 }[operator];
  });
}

function isEqual(kind: ItemKind, answer: Value, value: Value): boolean {
  return kind === 'date-time' || kind === 'time' ? orderOf(kind, answer, value) === 0 : answer === value;
}

/** Less than, equal to or greater than zero as the answer is to the value; null where they do not compare. */
function orderOf(kind: ItemKind, answer: Value, value: Value): number | null {
  if (NUMBERS.includes(kind)) {
    return typeof answer === 'number' && typeof value === 'number' ? signOf(answer, value) : null;
  }
  if (typeof answer !== 'string' || typeof value !== 'string') return null;
  if (kind === 'date-time') return orderOfMoments(answer, value);
  return kind === 'time' ? signOf(withSeconds(answer), withSeconds(value)) : signOf(answer, value);
}

function orderOfMoments(answer: string, value: string): number | null {
  if (hasZone(answer) !== hasZone(value)) return null;
  const [left, right] = [Date.parse(answer), Date.parse(value)];
  return Number.isNaN(left) || Number.isNaN(right) ? null : signOf(left, right);
}

function hasZone(moment: string): boolean {
  return /T.*(Z|[+-]\d{2}:\d{2})$/.test(moment);
}

function withSeconds(time: string): string {
  return time.length === '13:30'.length ? `${time}:00` : time;
}

function signOf<T extends number | string>(left: T, right: T): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
