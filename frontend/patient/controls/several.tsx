/** Several answers to one question that is typed: a field for each, and a button for one more. An emptied field counts for nothing. */

import type { FunctionComponent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Value } from '../../core/wire.ts';
import { MOST_ANSWERS, type Rule } from '../model/faults.ts';
import { useWords } from '../words.ts';
import type { ControlProps } from './answer-control.tsx';

type Slot = readonly [value?: Value | undefined, broken?: Rule | null];

export function Several({ Field, ...props }: ControlProps & { Field: FunctionComponent<ControlProps> }) {
  const { values, isRefused, onValues } = props;
  const { t } = useWords();
  const [slots, setSlots] = useState<readonly Slot[]>(values.length > 0 ? values.map((value) => [value]) : [[]]);
  useEffect(() => {
    if (isRefused) setSlots([[]]);
  }, [isRefused]);
  const change = (next: readonly Slot[]): void => {
    setSlots(next);
    onValues(next.flatMap(([value]) => value ?? []), next.find(([, broken]) => broken)?.[1] ?? null);
  };
  return (
    <div class="choices">
      {slots.map(([value], at) => (
        <Field
          {...props}
          key={at}
          values={value === undefined ? [] : [value]}
          onValues={([said], broken) => change(slots.map((slot, other) => (other === at ? [said, broken] : slot)))}
        />
      ))}
      {slots.length < (props.entry.item.max_answers ?? MOST_ANSWERS) && (
        <button type="button" class="button second" onClick={() => setSlots([...slots, []])}>{t('answer.add')}</button>
      )}
    </div>
  );
}
