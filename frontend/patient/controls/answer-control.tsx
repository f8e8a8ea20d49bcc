/** Which control a question gets: what its presentation says, else what its kind calls for. */

import type { Item, Presentation, Value } from '../../core/wire.ts';
import type { Rule } from '../model/faults.ts';
import type { Entry } from '../model/questions.ts';
import { Choices, YesOrNo } from './choices.tsx';
import { DropDown } from './drop-down.tsx';
import { MomentField, NumberField, TextField } from './fields.tsx';
import { Line, Notches } from './scale.tsx';
import { Several } from './several.tsx';

export interface ControlProps {
  readonly entry: Entry;
  readonly values: readonly Value[];
  /** The person would rather not answer; nothing is chosen then. */
  readonly isRefused: boolean;
  readonly labelledBy: string;
  readonly describedBy: string | undefined;
  readonly isFaulty: boolean;
  readonly onValues: (values: readonly Value[], broken: Rule | null) => void;
}

/** As many steps as fit side by side on a phone, in two rows. */
const MOST_NOTCHES = 11;

export function AnswerControl(props: ControlProps) {
  const { item, part } = props.entry;
  const Control = controlOf(item, part.presentation);
  return item.repeats && !item.kind.endsWith('choice') ? <Several {...props} Field={Control} /> : <Control {...props} />;
}

function controlOf(item: Item, { controls = {} }: Presentation) {
  const control = controls[item.item_id];
  switch (item.kind) {
    case 'choice':
    case 'open-choice':
      if (control === 'drop-down' && !item.repeats && item.kind === 'choice') return DropDown;
      return control === 'slider' && !item.repeats && (item.options?.length ?? 0) <= MOST_NOTCHES ? Notches : Choices;
    case 'boolean':
      return YesOrNo;
    case 'integer':
    case 'decimal':
    case 'quantity':
      if (control !== 'slider' || item.repeats || item.minimum == null || item.maximum == null) return NumberField;
      return (item.maximum - item.minimum) / (item.step ?? 1) < MOST_NOTCHES && item.kind === 'integer' ? Notches : Line;
    case 'date':
    case 'date-time':
    case 'time':
      return MomentField;
    default:
      return TextField;
  }
}
