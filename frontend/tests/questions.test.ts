import { describe, expect, it } from 'vitest';
import type { Item } from '../core/wire.ts';
import { entriesOf, pagesOf, progressAt, shownKeys, type Page, type Progress } from '../patient/model/questions.ts';
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
  return pagesOf(entriesOf(one).filter((entry) => shown.has(entry.key)));
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
