/** What is wrong with one answer, checked on the spot. The server checks everything again (instruments/answers.py). */

import type { Item, Value } from '../../core/wire.ts';

export type Rule =
  | 'required' | 'number' | 'whole-number' | 'out-of-range' | 'off-step' | 'too-many-decimals' | 'too-short' | 'too-long' | 'pattern' | 'malformed'
  | 'other';

const LONGEST_TEXT = 4000;
/** Of an item that repeats and says no number. */
export const MOST_ANSWERS = 100;

/** The first rule that the answer breaks, if any. A skipped item is fine, required or not. */
export function faultOf(item: Item, values: readonly Value[], skipped: boolean): Rule | null {
  if (skipped) return null;
  if (values.length === 0) return item.required ? 'required' : null;
  if (values.length < (item.min_answers ?? 1) || values.length > (item.max_answers ?? MOST_ANSWERS)) return 'other';
  return values.map((value) => faultOfValue(item, value)).find((rule) => rule !== null) ?? null;
}

function faultOfValue(item: Item, value: Value): Rule | null {
  switch (item.kind) {
    case 'integer':
    case 'decimal':
    case 'quantity':
      return faultOfNumber(item, value);
    case 'string':
    case 'text':
    case 'url':
      return faultOfText(item, String(value));
    case 'open-choice':
      return item.options?.some(({ code }) => code === value) ? null : faultOfText(item, String(value));
    case 'date':
    case 'time':
      return faultOfMoment(item, String(value));
    default:
      return null;
  }
}

function faultOfNumber(item: Item, value: Value): Rule | null {
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'number';
  if (item.kind === 'integer' && !Number.isSafeInteger(value)) return 'whole-number';
  if (item.minimum != null && value < item.minimum) return 'out-of-range';
  if (item.maximum != null && value > item.maximum) return 'out-of-range';
  if (item.decimals != null && decimalsOf(value) > item.decimals) return 'too-many-decimals';
  return item.step != null && !isOnStep(value, item.minimum ?? 0, item.step) ? 'off-step' : null;
}

function decimalsOf(value: number): number {
  const [digits, exponent = '0'] = String(value).split('e') as [string, string?];
  return Math.max(0, (digits.split('.')[1]?.length ?? 0) - Number(exponent));
}

function isOnStep(value: number, origin: number, step: number): boolean {
  const steps = (value - origin) / step;
  return Math.abs(steps - Math.round(steps)) < 1e-9;
}

function faultOfText(item: Item, text: string): Rule | null {
  const length = [...text].length;
  if (length > (item.max_length ?? LONGEST_TEXT)) return 'too-long';
  if (item.min_length != null && length < item.min_length) return 'too-short';
  if (item.pattern != null && !matches(item.pattern, text)) return 'pattern';
  return item.kind === 'url' && !/^https?:\/\//.test(text) ? 'malformed' : null;
}

/** A pattern that this browser cannot read is left to the server. */
function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`, 'u').test(text);
  } catch {
    return true;
  }
}

function faultOfMoment(item: Item, moment: string): Rule | null {
  const whole = item.kind === 'time' && moment.length === 5 ? `${moment}:00` : moment;
  if (item.earliest != null && whole < item.earliest) return 'out-of-range';
  return item.latest != null && whole > item.latest ? 'out-of-range' : null;
}

/** The number that was typed, with comma or point; null for an empty field, NaN for what is no number. */
export function numberIn(typed: string): number | null {
  const text = typed.replace(/[\s\u00a0]/g, '').replace(',', '.').replace('−', '-');
  if (text === '') return null;
  return /^-?(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : NaN;
}
