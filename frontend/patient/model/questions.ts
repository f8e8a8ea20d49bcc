/** A questionnaire as a person meets it: which questions, on which pages, and how many are left. */

import { everyCondition, shownItems, testOf } from '../../core/branching.ts';
import type { AdaptiveTest, Item, Part, PartAnswers, Questionnaire } from '../../core/wire.ts';

/** An item that can be asked, or a text to read. `groups` are what it stands in, outermost first; `test` asks it adaptively. */
export interface Entry {
  readonly key: string;
  readonly part: Part;
  readonly item: Item;
  readonly groups: readonly Item[];
  readonly isQuestion: boolean;
  readonly test: AdaptiveTest | undefined;
}

/** What is on the screen at one time. Its key is the first question's, or the first text's where it asks nothing. */
export interface Page {
  readonly key: string;
  readonly entries: readonly Entry[];
}

/** Every question and text that could come up, in order. Hidden, read-only and calculated items ask nothing. */
export function entriesOf(questionnaire: Questionnaire): readonly Entry[] {
  return questionnaire.parts.flatMap((part) => {
    const within = (item: Item, groups: readonly Item[]): Entry[] => {
      const inner = item.kind === 'group' ? [...groups, item] : groups;
      const children = (item.items ?? []).flatMap((child) => within(child, inner));
      return isEntry(part, item) ? [entry(part, item, groups), ...children] : children;
    };
    return part.structure.items.flatMap((item) => within(item, []));
  });
}

function isEntry(part: Part, item: Item): boolean {
  if (item.kind === 'group' || item.hidden || item.read_only || item.calculated != null) return false;
  return part.presentation.controls?.[item.item_id] !== 'help';
}

function entry(part: Part, item: Item, groups: readonly Item[]): Entry {
  return { key: keyOf(part.part, item.item_id), part, item, groups, isQuestion: item.kind !== 'display', test: testOf(part.structure, item.item_id) };
}

export function keyOf(part: number, itemId: string): string {
  return `${part}/${itemId}`;
}

/** The keys of all items that these answers show, over all parts, in the order met. */
export function shownKeys(questionnaire: Questionnaire, answers: readonly PartAnswers[]): ReadonlySet<string> {
  return new Set(
    questionnaire.parts.flatMap(({ part, structure }) => {
      const { values = {}, skipped = [] } = answers.find((one) => one.part === part) ?? {};
      return [...shownItems(structure, values, skipped)].map((id) => keyOf(part, id));
    }),
  );
}

/** The entries that are shown, in the order met. */
export function shownEntries(entries: readonly Entry[], shown: ReadonlySet<string>): readonly Entry[] {
  const byKey = new Map(entries.map((one) => [one.key, one]));
  return [...shown].flatMap((key) => byKey.get(key) ?? []);
}

/** The pages of the entries: one question each with the texts before it, or a whole group where the layout is a list. What is asked adaptively waits for the answer before it. */
export function pagesOf(entries: readonly Entry[]): readonly Page[] {
  const pages: Entry[][] = [];
  for (const next of entries) {
    const last = pages.at(-1);
    if (last !== undefined && belongs(next, last)) last.push(next);
    else pages.push([next]);
  }
  return pages.map((page) => ({ key: (page.find((one) => one.isQuestion) ?? page[0]!).key, entries: page }));
}

function belongs(next: Entry, page: readonly Entry[]): boolean {
  const last = page.at(-1)!;
  if (last.part !== next.part) return false;
  if (next.test || last.test) return page.every((one) => !one.isQuestion);
  if (next.part.presentation.layout === 'list') return last.groups[0] === next.groups[0];
  return !last.isQuestion;
}

export interface Progress {
  /** 0 to 1; never falls on the way forward, whatever branches open or close. */
  readonly share: number;
  /** Questions after this page, at most. */
  readonly left: number;
  /** False while an answer still to come can open or close some of them. */
  readonly isExact: boolean;
}

/** How far along a page is, measured on all questions that could come up, so that a branch never moves it backwards. */
export function progressAt(page: Page, entries: readonly Entry[], shown: ReadonlySet<string>): Progress {
  const all = withLongestTests(entries, shown);
  const first = all.findIndex((one) => one.key === page.entries[0]!.key);
  const last = all.findIndex((one) => one.key === page.entries.at(-1)!.key);
  const later = all.slice(last + 1).filter((one) => one.isQuestion);
  const before = all.slice(0, first).filter((one) => one.isQuestion).length;
  const total = all.filter((one) => one.isQuestion).length;
  const undecided = stillOpen(later, new Set(all.slice(first).map((one) => one.key)), shown);
  const left = later.filter((one) => shown.has(one.key) || undecided.has(one.key));
  return { share: before / Math.max(1, total), left: left.length, isExact: !left.some((one) => undecided.has(one.key)) };
}

/** All entries, of an adaptive test as many as it asks at most: those that it has asked first, in its order. */
function withLongestTests(entries: readonly Entry[], shown: ReadonlySet<string>): readonly Entry[] {
  return entries.flatMap((one, at) => {
    if (one.test === undefined) return one;
    if (entries[at - 1]?.test === one.test) return [];
    const mine = entries.filter((other) => other.test === one.test);
    return [...shownEntries(mine, shown), ...mine.filter(({ key }) => !shown.has(key))].slice(0, one.test.rule.max_items);
  });
}

/** The keys of the later questions whose asking hangs on an answer that is still to come. */
function stillOpen(later: readonly Entry[], coming: ReadonlySet<string>, shown: ReadonlySet<string>): ReadonlySet<string> {
  const isOn = ({ part, test }: Entry): boolean => test !== undefined && test.bank.items.some((one) => shown.has(keyOf(part.part, one.item_id)));
  const hangs = (one: Entry): boolean => isOn(one) || hangsOnBranch(one);
  const hangsOnBranch = ({ part, item, groups }: Entry): boolean =>
    [...groups, item].some((one) => one.branch && everyCondition(one.branch).some((condition) => coming.has(keyOf(part.part, condition.item))));
  return new Set(later.filter(hangs).map((one) => one.key));
}
