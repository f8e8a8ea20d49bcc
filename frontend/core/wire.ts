/** What the server and the pages say to each other: the API's types, and what stands in the documents themselves. */

import type * as api from './api.ts';

export type {
  AdaptiveTest, AssessmentSummary, Branch, Condition, Draft, DraftSaved, Item, LoggedOut, Option, Overview, Part, Participation,
  Presentation, Problem, Questionnaire, Receipt, Signal, Structure, Use, Uses, WaveCounts,
} from './api.ts';

export type Language = api.SubmissionBody['language'];
export type Value = api.Condition['value'];
export type ItemKind = api.Item['kind'];
export type Control = NonNullable<api.Presentation['controls']>[string];
/** Both may be left out of what is sent; the server always gives both. */
export type PartAnswers = Required<api.PartAnswers>;
export type AnswerFault = api.PartFault;
export type DraftToSave = api.DraftBody;
export type Submission = api.SubmissionBody;

/**
 * Wording by key: `title`, `intro`; `ITEM`, `ITEM/help`, `ITEM/prefix`, `ITEM/min` and `ITEM/max` (a slider's ends),
 * `ITEM/unit`, `ITEM/placeholder`, `ITEM/error`; `ITEM/OPTION` and `ITEM/OPTION/prefix`.
 */
export type Texts = api.Part['translations'][string];

export type Notice = 'signed-out' | 'login-failed' | 'provider-unavailable';

export interface Shell {
  readonly signed_in: boolean;
  readonly language: Language;
  readonly session_ends_at: string | null;
  readonly csrf: string | null;
  readonly assessments: readonly api.AssessmentSummary[];
  readonly questionnaire: api.Questionnaire | null;
  readonly notice: Notice | null;
}

export interface StaffShell {
  readonly signed_in: boolean;
  readonly name: string | null;
  readonly csrf: string | null;
  readonly notice: Notice | null;
}

/** The parts of the page of a person's own answers that a fresh login leads back to. */
export type MinePlace = 'files' | 'stop' | 'erase';

export interface MineShell {
  readonly signed_in: boolean;
  readonly language: Language;
  readonly session_ends_at: string | null;
  readonly csrf: string | null;
  readonly at: MinePlace | null;
}
