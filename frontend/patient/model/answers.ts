/** A person's answers: changed by making new ones, never in place. */

import type { Item, PartAnswers, Questionnaire, Value } from '../../core/wire.ts';
import { entriesOf, shownKeys, type Entry } from './questions.ts';

export type AllAnswers = readonly PartAnswers[];

export function noAnswers(questionnaire: Questionnaire): AllAnswers {
  return questionnaire.parts.map(({ part }) => ({ part, values: {}, skipped: [] }));
}

/** A draft's answers, with an empty place for each part that it does not have yet. */
export function answersOf(questionnaire: Questionnaire): AllAnswers {
  const kept = questionnaire.draft?.answers ?? [];
  return noAnswers(questionnaire).map((empty) => ({ ...empty, ...kept.find(({ part }) => part === empty.part) }));
}

export function valuesAt(answers: AllAnswers, { part, item }: Entry): readonly Value[] {
  return answers.find((one) => one.part === part.part)?.values[item.item_id] ?? [];
}

export function isSkipped(answers: AllAnswers, { part, item }: Entry): boolean {
  return answers.find((one) => one.part === part.part)?.skipped.includes(item.item_id) ?? false;
}

export function isUnanswered(answers: AllAnswers, entry: Entry): boolean {
  return valuesAt(answers, entry).length === 0 && !isSkipped(answers, entry);
}

/** The same answers with these values for one item, which is then no longer skipped. */
export function withValues(answers: AllAnswers, entry: Entry, values: readonly Value[]): AllAnswers {
  return changed(answers, entry, (one, id) => ({
    ...one,
    values: values.length === 0 ? without(one.values, id) : { ...one.values, [id]: values },
    skipped: values.length === 0 ? one.skipped : one.skipped.filter((other) => other !== id),
  }));
}

/** The same answers with one item skipped, and so without values; or no longer skipped. */
export function withSkipped(answers: AllAnswers, entry: Entry, skipped: boolean): AllAnswers {
  return changed(answers, entry, (one, id) => {
    const others = one.skipped.filter((other) => other !== id);
    return skipped
      ? { ...one, values: without(one.values, id), skipped: [...others, id] }
      : { ...one, skipped: others };
  });
}

function changed(answers: AllAnswers, { part, item }: Entry, change: (one: PartAnswers, id: string) => PartAnswers): AllAnswers {
  return answers.map((one) => (one.part === part.part ? change(one, item.item_id) : one));
}

function without(values: PartAnswers['values'], id: string): PartAnswers['values'] {
  return Object.fromEntries(Object.entries(values).filter(([other]) => other !== id));
}

/** What is sent: answers to what is shown, and every shown question that was left open as seen and skipped. */
export function toSubmit(questionnaire: Questionnaire, answers: AllAnswers): AllAnswers {
  const shown = shownKeys(questionnaire, answers);
  const asked = entriesOf(questionnaire).filter((entry) => entry.isQuestion && shown.has(entry.key));
  return answers.map((one) => {
    const mine = asked.filter(({ part }) => part.part === one.part);
    const answered = mine.filter((entry) => valuesAt(answers, entry).length > 0);
    const open = mine.filter((entry) => valuesAt(answers, entry).length === 0);
    return {
      part: one.part,
      values: Object.fromEntries(answered.map((entry) => [entry.item.item_id, valuesAt(answers, entry)])),
      skipped: open.map((entry) => entry.item.item_id),
    };
  });
}

/** The keys of the questions that two sets of answers disagree on. */
export function differences(questionnaire: Questionnaire, here: AllAnswers, there: AllAnswers): readonly Entry[] {
  const said = (answers: AllAnswers, entry: Entry): string =>
    JSON.stringify([valuesAt(answers, entry), isSkipped(answers, entry)]);
  return entriesOf(questionnaire).filter((entry) => said(here, entry) !== said(there, entry));
}

/** What is chosen after one more option is ticked or unticked, in the options' order; an exclusive one stands alone. */
export function ticked(item: Item, values: readonly Value[], code: string, on: boolean): readonly Value[] {
  if (!on) return values.filter((value) => value !== code);
  const isExclusive = (value: Value): boolean => item.options?.find((option) => option.code === value)?.exclusive ?? false;
  const chosen = isExclusive(code) ? [code] : [...values.filter((value) => !isExclusive(value) && value !== code), code];
  const order = (value: Value): number => item.options?.findIndex((option) => option.code === value) ?? -1;
  return chosen.sort((a, b) => (order(a) + 1 || Infinity) - (order(b) + 1 || Infinity));
}
