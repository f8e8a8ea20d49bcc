import { describe, expect, it } from 'vitest';
import type { Item, Questionnaire } from '../core/wire.ts';
import { toSubmit } from '../patient/model/answers.ts';
import { entriesOf, pagesOf, progressAt, shownEntries, shownKeys, type Page, type Progress } from '../patient/model/questions.ts';
import { questionnaire, saying, when, yesOrNo } from './builders.ts';

const BRANCHING: readonly Item[] = [
  yesOrNo('pain'),
  yesOrNo('where', when('pain', 'yes')),
  yesOrNo('often', when('pain', 'yes')),
  yesOrNo('sleep'),
  yesOrNo('tired'),
];

function pagesWith(items: readonly Item[], values = {}, layout: 'page' | 'list' = 'page'): readonly Page[] {
  const one = questionnaire(items, { layout });
  const shown = shownKeys(one, saying(values));
  return pagesOf(shownEntries(entriesOf(one), shown));
}

function progressOn(key: string, items: readonly Item[], values = {}): Progress {
  const one = questionnaire(items);
  const page = pagesWith(items, values).find((other) => other.key === key)!;
  return progressAt(page, entriesOf(one), shownKeys(one, saying(values)));
}

const keys = (pages: readonly Page[]): string[] => pages.map(({ key }) => key);

describe('pages', () => {
  it('hold one question each', () => {
    expect(keys(pagesWith([yesOrNo('a'), yesOrNo('b')]))).toEqual(['0/a', '0/b']);
  });

  it('carry the texts that stand before a question', () => {
    const [page] = pagesWith([{ item_id: 'text', kind: 'display' }, yesOrNo('a')]);
    expect(page!.key).toBe('0/a');
    expect(page!.entries.map((entry) => entry.item.item_id)).toEqual(['text', 'a']);
  });

  it('keep a text after the last question', () => {
    expect(keys(pagesWith([yesOrNo('a'), { item_id: 'thanks', kind: 'display' }]))).toEqual(['0/a', '0/thanks']);
  });

  it('hold a whole group where the layout is a list', () => {
    const items: readonly Item[] = [
      { item_id: 'first', kind: 'group', items: [yesOrNo('a'), yesOrNo('b')] },
      { item_id: 'second', kind: 'group', items: [yesOrNo('c')] },
    ];
    expect(keys(pagesWith(items, {}, 'list'))).toEqual(['0/a', '0/c']);
  });

  it('ask nothing that is hidden, read-only or calculated', () => {
    const items = [yesOrNo('a', { hidden: true }), yesOrNo('b', { read_only: true }), yesOrNo('c', { calculated: '1' }), yesOrNo('d')];
    expect(keys(pagesWith(items))).toEqual(['0/d']);
  });

  it('come and go with the answers', () => {
    expect(keys(pagesWith(BRANCHING))).toEqual(['0/pain', '0/sleep', '0/tired']);
    expect(keys(pagesWith(BRANCHING, { pain: ['yes'] }))).toEqual(['0/pain', '0/where', '0/often', '0/sleep', '0/tired']);
  });
});

describe('progress', () => {
  it('says “at most” while an answer can still open questions', () => {
    expect(progressOn('0/pain', BRANCHING)).toMatchObject({ left: 4, isExact: false });
  });

  it('is exact once nothing more can open', () => {
    expect(progressOn('0/sleep', BRANCHING)).toMatchObject({ left: 1, isExact: true });
    expect(progressOn('0/where', BRANCHING, { pain: ['yes'] })).toMatchObject({ left: 3, isExact: true });
  });

  it('never falls on the way forward, whichever branches open', () => {
    for (const values of [{}, { pain: ['yes'] }, { pain: ['no'] }]) {
      const shares = keys(pagesWith(BRANCHING, values)).map((key) => progressOn(key, BRANCHING, values).share);
      expect(shares).toEqual([...shares].sort((a, b) => a - b));
      expect(new Set(shares).size).toBe(shares.length);
    }
  });

  it('does not move when an answer on the page opens a branch', () => {
    expect(progressOn('0/pain', BRANCHING).share).toBe(progressOn('0/pain', BRANCHING, { pain: ['yes'] }).share);
  });
});

/** Two questions around a test of up to three of five equal statements, of which the first of the bank is asked first. */
function withTest(before: readonly Item[] = [], after: readonly Item[] = []): Questionnaire {
  const names = ['e0', 'e1', 'e2', 'e3', 'e4'];
  const statements = names.map((item_id): Item => ({ item_id, kind: 'choice', options: [{ code: 'no', score: 0 }, { code: 'yes', score: 1 }] }));
  const bank = { items: names.map((item_id, at) => ({ item_id, a: 1.5, b: [at === 3 ? 0 : 1 + at] })) };
  const one = questionnaire([...before, ...statements, ...after]);
  const [part] = one.parts;
  const adaptive = [{ scale: 's', rule: { min_items: 1, max_items: 3, se_stop: 0.1 }, bank }];
  return { ...one, parts: [{ ...part!, structure: { ...part!.structure, adaptive } }] };
}

describe('an adaptive test', () => {
  const asked = (answers: Parameters<typeof saying>): readonly Page[] => {
    const one = withTest([yesOrNo('a')], [yesOrNo('z')]);
    return pagesOf(shownEntries(entriesOf(one), shownKeys(one, saying(...answers))));
  };
  const progress = (key: string, answers: Parameters<typeof saying>): Progress => {
    const one = withTest([yesOrNo('a')], [yesOrNo('z')]);
    const page = asked(answers).find((other) => other.key === key)!;
    return progressAt(page, entriesOf(one), shownKeys(one, saying(...answers)));
  };

  it('asks what tells most, in its own order and where its items stand', () => {
    expect(keys(asked([{}]))).toEqual(['0/a', '0/e3', '0/z']);
    expect(keys(asked([{ e3: ['no'] }]))).toEqual(['0/a', '0/e3', '0/e0', '0/z']);
  });

  it('goes on past what was declined', () => {
    expect(keys(asked([{}, ['e3']]))).toEqual(['0/a', '0/e3', '0/e0', '0/z']);
  });

  it('forgets no answer that is not asked for now', () => {
    const one = withTest();
    const answers = saying({ e3: ['no'], e4: ['yes'] });
    expect([...shownKeys(one, answers)]).toEqual(['0/e3', '0/e0']);
    expect(toSubmit(one, answers)[0]!.values).toEqual({ e3: ['no'] });
    expect(answers[0]!.values['e4']).toEqual(['yes']);
  });

  it('says at most how many are left, and never more than before', () => {
    expect(progress('0/a', [{}])).toEqual({ share: 0, left: 4, isExact: false });
    expect(progress('0/e3', [{}])).toEqual({ share: 1 / 5, left: 3, isExact: false });
    expect(progress('0/e0', [{ e3: ['no'] }])).toEqual({ share: 2 / 5, left: 2, isExact: false });
    expect(progress('0/z', [{ e3: ['no'], e0: ['no'], e1: ['no'] }])).toEqual({ share: 4 / 5, left: 0, isExact: true });
  });

  it('asks one question a page, where others stand in a list too', () => {
    const one = withTest([yesOrNo('a'), yesOrNo('b')], [yesOrNo('y'), yesOrNo('z')]);
    const listed = { ...one, parts: one.parts.map((part) => ({ ...part, presentation: { ...part.presentation, layout: 'list' as const } })) };
    const shown = shownKeys(listed, saying({ e3: ['yes'] }));
    expect(pagesOf(shownEntries(entriesOf(listed), shown)).map((page) => page.entries.length)).toEqual([2, 1, 1, 2]);
  });
});
