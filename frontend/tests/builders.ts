/** Questionnaires to test with. */

import type { Item, PartAnswers, Presentation, Questionnaire, Value } from '../core/wire.ts';

export function questionnaire(items: readonly Item[], presentation: Partial<Presentation> = {}): Questionnaire {
  const lineage = { instrument_id: 'everyday', version: '1' };
  return {
    assessment_id: 'assessment',
    closes_on: '2026-12-21',
    parts: [
      { part: 0, structure: { ...lineage, items }, presentation: { ...lineage, ...presentation }, translations: {} },
    ],
    draft: null,
    content: 'tag',
  };
}

export function yesOrNo(item_id: string, more: Partial<Item> = {}): Item {
  return { item_id, kind: 'choice', options: [{ code: 'yes' }, { code: 'no' }], ...more };
}

export function when(item: string, value: Value): Partial<Item> {
  return { branch: { conditions: [{ item, operator: '=', value }] } };
}

export function saying(values: Readonly<Record<string, readonly Value[]>>, skipped: readonly string[] = []): readonly PartAnswers[] {
  return [{ part: 0, values, skipped }];
}
