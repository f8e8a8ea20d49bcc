/** What the server and the pages say to each other. Mirrors the msgspec structs of api/patient, api/staff and instruments/. */

export type Language = 'nb' | 'nn' | 'en';
export type Value = boolean | number | string;

export type ItemKind =
  | 'group' | 'display' | 'choice' | 'open-choice' | 'boolean' | 'integer' | 'decimal' | 'quantity'
  | 'string' | 'text' | 'date' | 'date-time' | 'time' | 'url';
export type Operator = 'exists' | '=' | '!=' | '>' | '<' | '>=' | '<=';
export type Control =
  | 'radio' | 'slider' | 'drop-down' | 'check-box' | 'text-area' | 'autocomplete' | 'help' | 'prompt' | 'legal'
  | 'header' | 'footer' | 'page' | 'tab' | 'tab-container' | 'table' | 'htable' | 'gtable' | 'atable' | 'grid';

/** Stored documents leave their defaults out, so whatever has one is optional here. */
export interface Option {
  readonly code: string;
  readonly score?: number | null;
  readonly exclusive?: boolean;
}

export interface Condition {
  readonly item: string;
  readonly operator: Operator;
  readonly value: Value;
}

export interface Branch {
  readonly conditions: readonly Condition[];
  readonly needs?: 'all' | 'any';
  readonly branches?: readonly Branch[];
}

export interface Item {
  readonly item_id: string;
  readonly kind: ItemKind;
  readonly options?: readonly Option[];
  readonly options_are?: 'coding' | 'string' | 'integer' | 'date' | 'time';
  readonly required?: boolean;
  readonly repeats?: boolean;
  readonly hidden?: boolean;
  readonly read_only?: boolean;
  readonly minimum?: number | null;
  readonly maximum?: number | null;
  readonly step?: number | null;
  readonly earliest?: string | null;
  readonly latest?: string | null;
  readonly decimals?: number | null;
  readonly min_length?: number | null;
  readonly max_length?: number | null;
  readonly pattern?: string | null;
  readonly unit?: string | null;
  readonly initial?: Value | null;
  readonly further_initial?: readonly Value[];
  readonly calculated?: string | null;
  readonly branch?: Branch | null;
  readonly codes?: readonly string[];
  readonly items?: readonly Item[];
}

export interface Structure {
  readonly instrument_id: string;
  readonly version: string;
  readonly items: readonly Item[];
  readonly recall?: string;
  readonly validated?: boolean;
  readonly source?: string;
  readonly codes?: readonly string[];
}

export interface Presentation {
  readonly instrument_id: string;
  readonly version: string;
  readonly layout?: 'page' | 'list';
  readonly controls?: Readonly<Record<string, Control>>;
  readonly orientation?: Readonly<Record<string, 'horizontal' | 'vertical'>>;
  readonly minutes?: number | null;
}

/**
 * Wording by key: `title`, `intro`; `ITEM`, `ITEM/help`, `ITEM/prefix`, `ITEM/min` and `ITEM/max` (a slider's ends),
 * `ITEM/unit`, `ITEM/placeholder`, `ITEM/error`; `ITEM/OPTION` and `ITEM/OPTION/prefix`.
 */
export type Texts = Readonly<Record<string, string>>;

export interface Part {
  readonly part: number;
  readonly structure: Structure;
  readonly presentation: Presentation;
  readonly translations: Readonly<Partial<Record<string, Texts>>>;
}

export interface PartAnswers {
  readonly part: number;
  readonly values: Readonly<Record<string, readonly Value[]>>;
  readonly skipped: readonly string[];
}

export interface Draft {
  readonly revision: number;
  readonly answers: readonly PartAnswers[];
}

export interface Questionnaire {
  readonly assessment_id: string;
  readonly closes_on: string;
  readonly parts: readonly Part[];
  readonly draft: Draft | null;
  readonly content: string;
}

export interface AssessmentSummary {
  readonly assessment_id: string;
  readonly opens_on: string;
  readonly closes_on: string;
  readonly minutes: number;
  readonly state: 'open' | 'submitted';
  readonly has_draft: boolean;
  readonly submitted_at: string | null;
}

export type Notice = 'signed-out' | 'login-failed' | 'provider-unavailable';

export interface Shell {
  readonly signed_in: boolean;
  readonly language: Language;
  readonly session_ends_at: string | null;
  readonly csrf: string | null;
  readonly assessments: readonly AssessmentSummary[];
  readonly questionnaire: Questionnaire | null;
  readonly notice: Notice | null;
}

export interface DraftToSave {
  readonly revision: number;
  readonly answers: readonly PartAnswers[];
}

export interface DraftSaved {
  readonly revision: number;
}

export interface Submission {
  readonly language: Language;
  readonly answers: readonly PartAnswers[];
}

export interface Receipt {
  readonly submission_id: string;
  readonly assessment_id: string;
  readonly received_at: string;
  readonly commitment: string;
  readonly salt: string;
  readonly signature: string;
}

export interface AnswerFault {
  readonly part: number;
  readonly item_id: string;
  readonly rule: string;
  readonly message: string;
}

/** Our session has ended; the page goes on to where the identity provider's ends too. */
export interface LoggedOut {
  readonly continue_at: string;
}

/** RFC 9457. `type` ends with the problem's name. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly faults?: readonly AnswerFault[];
}

export interface StaffShell {
  readonly signed_in: boolean;
  readonly name: string | null;
  readonly csrf: string | null;
}

export type TreatmentKind =
  | 'surgery' | 'radiotherapy' | 'chemotherapy' | 'targeted' | 'immunotherapy' | 'hormone' | 'stem-cell' | 'surveillance' | 'other';

export interface Signal {
  readonly signal_id: string;
  readonly person_id: string;
  readonly raised_at: string;
  readonly state: 'new' | 'seen';
  readonly rule_name: string;
  readonly wave_name: string;
  readonly scale_name: string;
  readonly drop: number;
  readonly baseline: number;
  readonly score: number;
  /** An ICD-10 code without its dot. */
  readonly site: string;
  /** The kind of the first treatment, `none` before any. */
  readonly treatment: TreatmentKind | 'none';
  readonly months_since_diagnosis: number;
}

/** A count under five is null. */
export interface WaveCounts {
  readonly protocol: string;
  readonly wave: string;
  readonly planned: number | null;
  readonly open: number | null;
  readonly submitted: number | null;
  readonly lapsed: number | null;
  readonly cancelled: number | null;
}

export interface Overview {
  readonly persons: number | null;
  readonly waves: readonly WaveCounts[];
}
