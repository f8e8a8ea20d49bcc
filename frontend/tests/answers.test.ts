import { describe, expect, it } from 'vitest';
import type { Item } from '../core/wire.ts';
import { differences, ticked, toSubmit, withSkipped, withValues } from '../patient/model/answers.ts';
import { faultOf, numberIn } from '../patient/model/faults.ts';
import { entriesOf } from '../patient/model/questions.ts';
import { receiptCode } from '../patient/model/receipt-code.ts';
import { sessionState } from '../core/session.ts';
import { questionnaire, saying, when, yesOrNo } from './builders.ts';

const BRANCHED = questionnaire([yesOrNo('a'), yesOrNo('b', when('a', 'yes')), yesOrNo('c')]);
const [A, , C] = entriesOf(BRANCHED);

describe('answers', () => {
  it('are skipped or given, never both', () => {
    const skipped = withSkipped(saying({ a: ['yes'] }), A!, true);
    expect(skipped).toEqual(saying({}, ['a']));
    expect(withValues(skipped, A!, ['no'])).toEqual(saying({ a: ['no'] }));
  });

  it('stay as they were when others are made from them', () => {
    const before = saying({ a: ['yes'] });
    withValues(before, C!, ['no']);
    expect(before).toEqual(saying({ a: ['yes'] }));
  });

  it('are sent for what is shown only; what was left open goes as seen and skipped', () => {
    expect(toSubmit(BRANCHED, saying({ a: ['no'], b: ['yes'] }))).toEqual(saying({ a: ['no'] }, ['c']));
    expect(toSubmit(BRANCHED, saying({ a: ['yes'], b: ['yes'] }, ['c']))).toEqual(saying({ a: ['yes'], b: ['yes'] }, ['c']));
  });

  it('differ where the values or the skips do', () => {
    const found = differences(BRANCHED, saying({ a: ['yes'], b: ['no'] }), saying({ a: ['yes'] }, ['c']));
    expect(found.map(({ key }) => key)).toEqual(['0/b', '0/c']);
  });
});

describe('ticking', () => {
  const item: Item = { item_id: 'x', kind: 'choice', repeats: true, options: [{ code: '1' }, { code: '2' }, { code: 'none', exclusive: true }] };

  it('keeps the order of the options', () => {
    expect(ticked(item, ['2'], '1', true)).toEqual(['1', '2']);
  });

  it('lets an exclusive option stand alone, and yields to another', () => {
    expect(ticked(item, ['1', '2'], 'none', true)).toEqual(['none']);
    expect(ticked(item, ['none'], '1', true)).toEqual(['1']);
  });

  it('takes a tick away', () => {
    expect(ticked(item, ['1', '2'], '1', false)).toEqual(['2']);
  });
});

describe('faults', () => {
  const number = (more: Partial<Item>): Item => ({ item_id: 'n', kind: 'decimal', ...more });

  it('are found where an answer is demanded and none was given, but not where it was refused', () => {
    const item = yesOrNo('a', { required: true });
    expect(faultOf(item, [], false)).toBe('required');
    expect(faultOf(item, [], true)).toBeNull();
    expect(faultOf(yesOrNo('a'), [], false)).toBeNull();
  });

  it.each([
    [number({ minimum: 0, maximum: 10 }), 11, 'out-of-range'],
    [number({ kind: 'integer' }), 1.5, 'whole-number'],
    [number({ decimals: 1 }), 1.25, 'too-many-decimals'],
    [number({ decimals: 7 }), 1e-7, null],
    [number({ minimum: 1, step: 0.2 }), 1.6, null],
    [number({ minimum: 0, step: 5 }), 7, 'off-step'],
    [number({ kind: 'text', max_length: 3 }), 'four', 'too-long'],
    [number({ kind: 'string', pattern: '[0-9]{4}' }), '012', 'pattern'],
    [number({ kind: 'string', pattern: '[0-9]{4}' }), '0123', null],
    [number({ kind: 'date', latest: '2026-11-23' }), '2026-11-24', 'out-of-range'],
    [number({ kind: 'time', latest: '12:00:00' }), '12:00', null],
    [number({ kind: 'url' }), 'ftp://example.org', 'malformed'],
  ] as const)('%# are told apart by rule', (item, value, rule) => {
    expect(faultOf(item, [value], false)).toBe(rule);
  });

  it.each([
    [number({ kind: 'integer', repeats: true }), [1, 2], null],
    [number({ kind: 'integer', repeats: true }), [1, 2.5], 'whole-number'],
    [number({ kind: 'integer', repeats: true }), Array(101).fill(1), 'other'],
    [number({ kind: 'string', repeats: true, min_answers: 2 }), ['x'], 'other'],
    [number({ kind: 'string', repeats: true, min_answers: 2 }), [], null],
    [number({ kind: 'choice', repeats: true, max_answers: 1, options: [{ code: 'x' }, { code: 'y' }] }), ['x', 'y'], 'other'],
    [number({ kind: 'choice', repeats: true, options: [{ code: 'x' }, { code: 'y' }] }), ['x', 'y'], null],
  ] as const)('%# are found where there are more or fewer answers than are asked for', (item, values, rule) => {
    expect(faultOf(item, values, false)).toBe(rule);
  });

  it('read a number with comma or point, and nothing else as one', () => {
    expect([numberIn(' 7,5 '), numberIn('7.5'), numberIn('−3'), numberIn('1 200'), numberIn('')]).toEqual([7.5, 7.5, -3, 1200, null]);
    expect(['7a', '1e3', '--1', '.', '7,5,1'].map(numberIn)).toEqual([NaN, NaN, NaN, NaN, NaN]);
  });
});

it('a receipt code is three groups of letters that are not taken for one another, and hangs on the commitment', () => {
  const code = receiptCode('n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg');
  expect(code).toMatch(/^[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}$/);
  expect(receiptCode('n4bQgYhNfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg')).not.toBe(code);
});

it('a session warns two minutes before its end', () => {
  const now = Date.parse('2026-11-23T12:00:00Z');
  expect(sessionState('2026-11-23T12:02:01Z', now)).toBe('running');
  expect(sessionState('2026-11-23T12:02:00Z', now)).toBe('ending');
  expect(sessionState('2026-11-23T12:00:00Z', now)).toBe('over');
  expect(sessionState(null, now)).toBe('running');
});
