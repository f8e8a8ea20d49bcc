/** One questionnaire being answered: its answers, its draft and its submission, for as long as the page is open. */

import { startingAnswers } from '../../core/branching.ts';
import { ask } from '../../core/requests.ts';
import type { AnswerFault, DraftSaved, Language, Part, Questionnaire, Receipt, Submission, Value } from '../../core/wire.ts';
import { answersOf, differences, isUnanswered, toSubmit, valuesAt, withSkipped, withValues, type AllAnswers } from './answers.ts';
import { keepDraft, type DraftKeeper, type DraftStatus, type Saved } from './drafts.ts';
import { entriesOf, pagesOf, shownEntries, shownKeys, type Entry, type Page } from './questions.ts';
import { forgetSubmission, submissionId } from './submission-id.ts';

export type Sent =
  | { readonly outcome: 'received'; readonly receipt: Receipt }
  | { readonly outcome: 'faults'; readonly faults: readonly AnswerFault[] }
  | { readonly outcome: 'failed' | 'too-long' | 'signed-out' | 'already-submitted' | 'closed' };

/** What is on screen, made anew whenever something changes. */
export interface Sight {
  readonly answers: AllAnswers;
  readonly shown: ReadonlySet<string>;
  readonly pages: readonly Page[];
  readonly status: DraftStatus;
  /** The answers that another device saved, when they must be chosen between. */
  readonly elsewhere: Questionnaire | null;
}

export class Sitting {
  readonly questionnaire: Questionnaire;
  readonly entries: readonly Entry[];
  /** The part whose introduction the list has shown beside its start button. */
  introduced: Part | null = null;
  readonly #csrf: () => string | null;
  #sight: Sight;
  #keeper: DraftKeeper;
  #listeners = new Set<() => void>();
  #visited = new Set<string>();
  #reviewed: ReadonlySet<string> | null = null;
  #sending: Promise<Sent> | null = null;
  /** What was sent and not answered: it may have arrived all the same. */
  #unconfirmed: AllAnswers | null = null;

  constructor(questionnaire: Questionnaire, csrf: () => string | null) {
    this.questionnaire = questionnaire;
    this.#csrf = csrf;
    this.entries = entriesOf(questionnaire);
    this.#keeper = keepDraft({
      revision: questionnaire.draft?.revision ?? 0,
      save: (revision, answers) => this.#save(revision, answers),
      onStatus: (status) => void this.#onStatus(status),
      later: (act, milliseconds) => {
        const timer = setTimeout(act, milliseconds);
        return () => clearTimeout(timer);
      },
    });
    this.#sight = this.#look(answersOf(questionnaire), null);
  }

  get sight(): Sight {
    return this.#sight;
  }

  get isUnsaved(): boolean {
    return this.#keeper.isUnsaved();
  }

  /** Calls `act` after each change; gives back what ends that. */
  watch(act: () => void): () => void {
    this.#listeners.add(act);
    return () => this.#listeners.delete(act);
  }

  answer(entry: Entry, values: readonly Value[]): void {
    this.#change(withValues(this.#sight.answers, entry, values));
  }

  skip(entry: Entry, skipped: boolean): void {
    this.#change(withSkipped(this.#sight.answers, entry, skipped));
  }

  /** Leaves a page. What comes next in an adaptive test hangs on this, so that a question left open is declined now. */
  leave(page: Page): void {
    for (const entry of page.entries) if (entry.test && isUnanswered(this.#sight.answers, entry)) this.skip(entry, true);
  }

  /** A question with an initial answer shows it chosen the first time; a scale never does. */
  visit(page: Page): void {
    const { answers } = this.#sight;
    const fresh = page.entries.filter(
      ({ key, item, part }) =>
        item.initial != null && !this.#visited.has(key) && part.presentation.controls?.[item.item_id] !== 'slider',
    );
    for (const entry of page.entries) this.#visited.add(entry.key);
    const filled = fresh
      .filter((entry) => isUnanswered(answers, entry))
      .reduce((all, entry) => withValues(all, entry, startingAnswers(entry.item)), answers);
    if (filled !== answers) this.#change(filled);
  }

  /** The first page with a question that was neither answered nor skipped; null when there is none. */
  firstOpenPage(): Page | null {
    return this.#sight.pages.find((page) => this.#isOpen(page)) ?? null;
  }

  /** Notes what the review shows, so that a changed answer's new questions can be told apart. */
  reviewed(): void {
    this.#reviewed = this.#sight.shown;
  }

  /** The first page that a change made on the review has opened and that is unanswered; null when there is none. */
  firstOpenedSinceReview(): Page | null {
    const known = this.#reviewed;
    if (known === null) return null;
    const isNew = (page: Page): boolean => page.entries.some((entry) => entry.test || (entry.isQuestion && !known.has(entry.key)));
    return this.#sight.pages.find((page) => this.#isOpen(page) && isNew(page)) ?? null;
  }

  #isOpen(page: Page): boolean {
    return page.entries.some((entry) => entry.isQuestion && isUnanswered(this.#sight.answers, entry));
  }

  get hasBegun(): boolean {
    return this.entries.some((entry) => valuesAt(this.#sight.answers, entry).length > 0);
  }

  flush(): Promise<void> {
    return this.#keeper.flush();
  }

  /** Saves again after a new login. */
  async resume(): Promise<void> {
    if (this.#keeper.status() === 'signed-out') await this.#keeper.resume();
  }

  stop(): void {
    this.#keeper.stop();
  }

  /** Keeps what is on this device, or takes what the other device saved. */
  async choose(keep: 'here' | 'elsewhere'): Promise<void> {
    const other = this.#sight.elsewhere;
    if (other === null) return;
    const mine = this.#sight.answers;
    const answers = keep === 'here' ? mine : answersOf(other);
    this.#see(answers, null);
    await this.#keeper.continueFrom(other.draft?.revision ?? 0, keep === 'here' ? mine : null);
  }

  /** Sends the answers; a second call while the first is under way waits for it and gives the same outcome. */
  submit(language: Language): Promise<Sent> {
    this.#sending ??= this.#send(language).finally(() => {
      this.#sending = null;
    });
    return this.#sending;
  }

  async #send(language: Language): Promise<Sent> {
    const { assessment_id: id } = this.questionnaire;
    const body: Submission = { language, answers: toSubmit(this.questionnaire, this.#sight.answers) };
    const path = `/api/patient/assessments/${id}/submissions/${submissionId(id)}`;
    const { status, body: receipt, problem, details } = await ask<Receipt>(path, { method: 'PUT', csrf: this.#csrf(), body });
    if (receipt !== null) {
      this.stop();
      forgetSubmission(id);
      return { outcome: 'received', receipt };
    }
    if (status === 422 && details?.faults) return { outcome: 'faults', faults: details.faults };
    return { outcome: isSignedOut(status) ? 'signed-out' : refusal(status, problem) };
  }

  async #save(revision: number, answers: AllAnswers): Promise<Saved> {
    const path = `/api/patient/assessments/${this.questionnaire.assessment_id}/draft`;
    const request = { method: 'PUT', csrf: this.#csrf(), body: { revision, answers }, keepalive: true } as const;
    const { status, body, problem } = await ask<DraftSaved>(path, request);
    if (body !== null) return { outcome: 'saved', revision: body.revision };
    if (status === 0) this.#unconfirmed = answers;
    if (isSignedOut(status)) return { outcome: 'signed-out' };
    if (problem === 'draft-conflict') return { outcome: 'conflict' };
    const outcome = refusal(status, problem);
    return { outcome: outcome === 'already-submitted' ? 'closed' : outcome };
  }

  async #onStatus(status: DraftStatus): Promise<void> {
    this.#see(this.#sight.answers, this.#sight.elsewhere);
    if (status === 'conflict') await this.#fetchElsewhere();
  }

  async #fetchElsewhere(): Promise<void> {
    const { body } = await ask<Questionnaire>(`/api/patient/assessments/${this.questionnaire.assessment_id}`);
    if (body !== null) await this.#compare(body);
    else if (this.#keeper.status() === 'conflict') setTimeout(() => void this.#fetchElsewhere(), 5_000);
  }

  /** Asks the person only when the other answers are neither the same nor our own, whose receipt was lost on the way. */
  async #compare(elsewhere: Questionnaire): Promise<void> {
    const there = answersOf(elsewhere);
    const isSame = (answers: AllAnswers | null): boolean =>
      answers !== null && differences(this.questionnaire, answers, there).length === 0;
    this.#see(this.#sight.answers, elsewhere);
    if (isSame(this.#sight.answers)) await this.choose('elsewhere');
    else if (isSame(this.#unconfirmed)) await this.choose('here');
  }

  #change(answers: AllAnswers): void {
    this.#keeper.change(answers);
    this.#see(answers, this.#sight.elsewhere);
  }

  #see(answers: AllAnswers, elsewhere: Questionnaire | null): void {
    this.#sight = this.#look(answers, elsewhere);
    for (const act of this.#listeners) act();
  }

  #look(answers: AllAnswers, elsewhere: Questionnaire | null): Sight {
    const status = this.#keeper.status();
    // What is asked hangs on the answers alone, and a draft's status changes twice for each of them.
    if (this.#sight?.answers === answers) return { ...this.#sight, status, elsewhere };
    const shown = shownKeys(this.questionnaire, answers);
    const pages = pagesOf(shownEntries(this.entries, shown));
    return { answers, shown, pages, status, elsewhere };
  }
}

/** What a refused write means for the person: try again, shorten a text, or this questionnaire takes no more. */
function refusal(status: number, problem: string): 'failed' | 'too-long' | 'already-submitted' | 'closed' {
  if (problem === 'already-submitted') return 'already-submitted';
  if (status === 413) return 'too-long';
  return status === 404 || status === 409 || status === 410 ? 'closed' : 'failed';
}

/** A forbidden write is one whose session was changed in another tab: it too is mended by looking at who is signed in. */
function isSignedOut(status: number): boolean {
  return status === 401 || status === 403;
}
