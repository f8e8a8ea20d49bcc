/** Made from openapi.json by types.ts; `make frontend` makes it anew. */

export type AdaptiveRule = {
  readonly first?: string | null;
  readonly grid?: Grid;
  readonly max_items: number;
  readonly min_items: number;
  readonly prior_mean?: number;
  readonly prior_sd?: number;
  readonly se_change_stop?: number | null;
  readonly se_stop: number;
  readonly source?: string;
  readonly start_theta?: number;
};

export type AdaptiveTest = {
  readonly bank: Bank;
  readonly rule: AdaptiveRule;
  readonly scale: string;
};

export type Answer = {
  readonly item_id: string;
  readonly question: string;
  readonly said: readonly (string)[];
  readonly section: string;
  readonly status: "answered" | "skipped" | "not-answered";
  readonly values: readonly (boolean | number | string)[];
};

export type Answered = {
  readonly answered_in: "nb" | "nn" | "en";
  readonly answers: readonly (Answer)[];
  readonly assessment_id: string;
  readonly instrument_id: string;
  readonly instrument_version: string;
  readonly response_id: string;
  readonly scorings: readonly (Scoring)[];
  readonly submitted_at: string;
  readonly title: string;
  readonly wave: string;
};

export type AssessmentState = "planned" | "open" | "submitted" | "lapsed" | "cancelled";

export type AssessmentSummary = {
  readonly assessment_id: string;
  readonly closes_on: string;
  readonly has_draft: boolean;
  readonly minutes: number;
  readonly opens_on: string;
  readonly state: "open" | "submitted";
  readonly submitted_at: string | null;
};

export type Bank = {
  readonly items: readonly (BankItem)[];
};

export type BankItem = {
  readonly a: number;
  readonly b: readonly (number)[];
  readonly item_id: string;
};

export type BatchStatus = {
  readonly batch_id: string;
  readonly registry: string;
  readonly report: FeedReport | null;
  readonly state: "receiving" | "received" | "imported";
};

export type Branch = {
  readonly branches?: readonly (Branch)[];
  readonly conditions: readonly (Condition)[];
  readonly needs?: "all" | "any";
};

export type Condition = {
  readonly item: string;
  readonly operator: "exists" | "=" | "!=" | ">" | "<" | ">=" | "<=";
  readonly value: boolean | number | string;
};

export type Draft = {
  readonly answers: readonly (PartAnswers)[];
  readonly revision: number;
};

export type DraftBody = {
  readonly answers: readonly (PartAnswers | unknown)[];
  readonly revision: number;
};

export type DraftSaved = {
  readonly revision: number;
};

export type Erasure = {
  readonly asked_at: string;
  readonly done_at: string | null;
};

export type ExtractRequest = {
  readonly as_of?: string | null;
};

export type ExtractRequested = {
  readonly extract_id: string;
};

export type ExtractState = "requested" | "linked" | "ready" | "failed";

export type ExtractStatus = {
  readonly as_of: string;
  readonly extract_id: string;
  readonly failed_because: string | null;
  readonly manifest: Manifest | null;
  readonly project_id: string;
  readonly requested_at: string;
  readonly settled_at: string | null;
  readonly state: ExtractState;
};

export type Fact = {
  readonly fact: Readonly<Record<string, string | number | boolean | null>>;
  readonly holds: boolean;
  readonly kind: "person" | "tumour" | "treatment" | "vital_status" | "reservation" | "control";
  readonly recorded_at: string;
};

export type FeedReport = {
  readonly accepted: number;
  readonly rejected: readonly (Rejected)[];
  readonly rows: number;
  readonly unchanged: number;
};

export type FileDigest = {
  readonly bytes: number;
  readonly name: string;
  readonly sha256: string;
};

export type Grid = {
  readonly high?: number;
  readonly low?: number;
  readonly nodes?: number;
};

export type Health = {
  readonly status: "live" | "ready";
};

export type Holdings = {
  readonly assessments: readonly (Planned)[];
  readonly drafts: readonly (Unfinished)[];
  readonly facts: readonly (Fact)[];
  readonly language: "nb" | "nn" | "en";
  readonly made_at: string;
  readonly participation: Participation;
  readonly responses: readonly (Answered)[];
  readonly signals: readonly (Seen)[];
  readonly submissions: readonly (Received)[];
  readonly uses: readonly (Use)[];
};

export type Item = {
  readonly branch?: Branch | null;
  readonly calculated?: string | null;
  readonly codes?: readonly (string)[];
  readonly decimals?: number | null;
  readonly earliest?: string | null;
  readonly further_initial?: readonly (boolean | number | string)[];
  readonly hidden?: boolean;
  readonly initial?: boolean | number | string | null;
  readonly item_id: string;
  readonly items?: readonly (Item)[];
  readonly kind: "group" | "display" | "choice" | "open-choice" | "boolean" | "integer" | "decimal" | "quantity" | "string" | "text" | "date" | "date-time" | "time" | "url";
  readonly latest?: string | null;
  readonly max_answers?: number | null;
  readonly max_length?: number | null;
  readonly maximum?: number | null;
  readonly min_answers?: number | null;
  readonly min_length?: number | null;
  readonly minimum?: number | null;
  readonly options?: readonly (Option)[];
  readonly options_are?: "coding" | "string" | "integer" | "date" | "time";
  readonly pattern?: string | null;
  readonly read_only?: boolean;
  readonly repeats?: boolean;
  readonly required?: boolean;
  readonly step?: number | null;
  readonly unit?: string | null;
  readonly variables?: readonly (readonly (unknown)[])[];
};

export type LoggedOut = {
  readonly continue_at: string;
};

export type Manifest = {
  readonly as_of: string;
  readonly files: readonly (FileDigest)[];
  readonly format?: string;
  readonly persons: number;
  readonly project: string;
  readonly project_id: string;
  readonly purpose: string;
  readonly responses: number;
  readonly small_cells: SmallCells;
  readonly software: Readonly<Record<string, string>>;
};

export type Option = {
  readonly code: string;
  readonly exclusive?: boolean;
  readonly score?: number | null;
  readonly system?: string;
};

export type Overview = {
  readonly persons: number | null;
  readonly waves: readonly (WaveCounts)[];
};

export type Part = {
  readonly part: number;
  readonly presentation: Presentation;
  readonly structure: Structure;
  readonly translations: Readonly<Record<string, Readonly<Record<string, string>>>>;
};

export type PartAnswers = {
  readonly part: number;
  readonly skipped?: readonly (string)[];
  readonly values?: Readonly<Record<string, readonly (boolean | number | string)[]>>;
};

export type PartFault = {
  readonly item_id: string;
  readonly message: string;
  readonly part: number;
  readonly rule: string;
};

export type Participation = {
  readonly erasure: Erasure | null;
  readonly stopped_at: string | null;
};

export type Planned = {
  readonly assessment_id: string;
  readonly changed_at: string;
  readonly closes_on: string;
  readonly opens_on: string;
  readonly state: AssessmentState;
  readonly wave: string;
};

export type Presentation = {
  readonly controls?: Readonly<Record<string, "radio" | "slider" | "drop-down" | "check-box" | "text-area" | "autocomplete" | "help" | "prompt" | "legal" | "header" | "footer" | "page" | "tab" | "tab-container" | "table" | "htable" | "gtable" | "atable" | "grid">>;
  readonly instrument_id: string;
  readonly layout?: "page" | "list";
  readonly minutes?: number | null;
  readonly orientation?: Readonly<Record<string, "horizontal" | "vertical">>;
  readonly version: string;
};

export type Problem = {
  readonly correlation_id?: string;
  readonly detail?: string;
  readonly faults?: readonly (PartFault)[];
  readonly status: number;
  readonly title: string;
  readonly type: string;
};

export type Questionnaire = {
  readonly assessment_id: string;
  readonly closes_on: string;
  readonly content: string;
  readonly draft: Draft | null;
  readonly parts: readonly (Part)[];
};

export type Receipt = {
  readonly assessment_id: string;
  readonly commitment: string;
  readonly received_at: string;
  readonly salt: string;
  readonly signature: string;
  readonly submission_id: string;
};

export type Received = {
  readonly assessment_id: string;
  readonly is_stored: boolean;
  readonly received_at: string;
  readonly submission_id: string;
};

export type Rejected = {
  readonly column: string;
  readonly row: number;
  readonly rule: string;
  readonly why: string;
};

export type Score = {
  readonly rule: string;
  readonly scale_id: string;
  readonly value: number | null;
};

export type Scoring = {
  readonly scored_at: string;
  readonly scores: readonly (Score)[];
};

export type Seen = {
  readonly baseline: number;
  readonly drop: number;
  readonly raised_at: string;
  readonly rule: string;
  readonly scale: string;
  readonly score: number;
  readonly seen_at: string | null;
  readonly signal_id: string;
  readonly wave: string;
};

export type Signal = {
  readonly baseline: number;
  readonly drop: number;
  readonly months_since_diagnosis: number;
  readonly person_id: string;
  readonly raised_at: string;
  readonly rule_name: string;
  readonly scale_name: string;
  readonly score: number;
  readonly signal_id: string;
  readonly site: string;
  readonly state: "new" | "seen";
  readonly treatment: "surgery" | "radiotherapy" | "chemotherapy" | "targeted" | "immunotherapy" | "hormone" | "stem-cell" | "surveillance" | "other" | "none";
  readonly wave_name: string;
};

export type Signals = {
  readonly signals: readonly (Signal)[];
};

export type SmallCells = {
  readonly persons: number;
  readonly variables: readonly (string)[];
};

export type Structure = {
  readonly adaptive?: readonly (AdaptiveTest)[];
  readonly codes?: readonly (string)[];
  readonly instrument_id: string;
  readonly items: readonly (Item)[];
  readonly recall?: string;
  readonly source?: string;
  readonly validated?: boolean;
  readonly variables?: readonly (readonly (unknown)[])[];
  readonly version: string;
};

export type SubmissionBody = {
  readonly answers: readonly (PartAnswers | unknown)[];
  readonly language: "nb" | "nn" | "en";
};

export type TokenGiven = {
  readonly access_token: string;
  readonly expires_in: number;
  readonly scope: string;
  readonly token_type?: "Bearer";
};

export type Unfinished = {
  readonly answers: readonly (Answer)[];
  readonly assessment_id: string;
  readonly title: string;
};

export type Use = {
  readonly at: string;
  readonly basis: string;
  readonly organisation: string;
  readonly project: string;
  readonly purpose: "stored" | "late-effect" | "signal-seen" | "research" | "rescored" | "own-reading" | "own-download";
  readonly role: "registry" | "researcher" | "you";
};

export type Uses = {
  readonly uses: readonly (Use)[];
};

export type WaveCounts = {
  readonly cancelled: number | null;
  readonly lapsed: number | null;
  readonly open: number | null;
  readonly planned: number | null;
  readonly protocol: string;
  readonly submitted: number | null;
  readonly wave: string;
};
