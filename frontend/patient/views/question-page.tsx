/** One page of questions: usually one question, how far one has come, and the way on and back. */

import { useRef, useState } from 'preact/hooks';
import { LANGUAGE_NAMES } from '../../core/translate.ts';
import { isSkipped, valuesAt } from '../model/answers.ts';
import { faultOf, type Rule } from '../model/faults.ts';
import type { Entry, Page, Progress } from '../model/questions.ts';
import type { Sight, Sitting } from '../model/sitting.ts';
import { useHeadingFocus } from '../place.ts';
import { languageShown, useWords, wordingOf } from '../words.ts';
import { Question } from './question.tsx';
import { Wording } from './wording.tsx';

interface Props {
  readonly sitting: Sitting;
  readonly sight: Sight;
  readonly page: Page;
  readonly progress: Progress;
  readonly isChanging: boolean;
  readonly onNext: () => void;
  readonly onBack: () => void;
  readonly onPause: () => void;
}

export function QuestionPage({ sitting, sight, page, progress, isChanging, onNext, onBack, onPause }: Props) {
  const { t } = useWords();
  const heading = useHeadingFocus(page.key);
  const sheet = useRef<HTMLFormElement>(null);
  const [faults, setFaults] = useState<ReadonlyMap<string, Rule>>(new Map());
  const unreadable = useRef(new Map<string, Rule>());
  const questions = page.entries.filter((entry) => entry.isQuestion);
  const isAlone = questions.length === 1;

  const next = (event: Event): void => {
    event.preventDefault();
    const found = faultsOn(questions, sitting.sight, unreadable.current);
    setFaults(found);
    if (found.size === 0) onNext();
    else requestAnimationFrame(() => focusFault(sheet.current, [...found.keys()][0]!));
  };
  return (
    <form class="sheet" noValidate onSubmit={next} ref={sheet}>
      <ProgressLine progress={progress} />
      <Opening page={page} sitting={sitting} />
      {page.entries.map((entry, at) =>
        entry.isQuestion ? (
          <Question
            key={entry.key}
            entry={entry}
            values={valuesAt(sight.answers, entry)}
            isSkipped={isSkipped(sight.answers, entry)}
            fault={faults.get(entry.key) ?? null}
            heading={isAlone || entry === questions[0] ? heading : null}
            isTitle={isAlone}
            onValues={(values, broken) => {
              if (broken === null) unreadable.current.delete(entry.key);
              else unreadable.current.set(entry.key, broken);
              sitting.answer(entry, values);
            }}
            onSkip={(skipped) => {
              unreadable.current.delete(entry.key);
              setFaults(new Map());
              sitting.skip(entry, skipped);
            }}
          />
        ) : (
          <Wording key={entry.key} class="reading" part={entry.part} of={entry.item.item_id} heading={questions.length === 0 && at === 0 ? heading : null} />
        ),
      )}
      <div class="actions onward">
        <button class="button second" type="button" onClick={onBack}>{t('question.back')}</button>
        <button class="button" type="submit">{t(isChanging ? 'question.done' : 'question.next')}</button>
      </div>
      <button class="quiet pause" type="button" onClick={onPause}>{t('question.pause')}</button>
    </form>
  );
}

function faultsOn(questions: readonly Entry[], sight: Sight, unreadable: ReadonlyMap<string, Rule>): ReadonlyMap<string, Rule> {
  const found = new Map<string, Rule>();
  for (const entry of questions) {
    const rule = unreadable.get(entry.key) ?? faultOf(entry.item, valuesAt(sight.answers, entry), isSkipped(sight.answers, entry));
    if (rule !== null) found.set(entry.key, rule);
  }
  return found;
}

function focusFault(sheet: HTMLFormElement | null, key: string): void {
  const field = sheet?.querySelector(`[data-key="${CSS.escape(key)}"]`);
  field?.querySelector<HTMLElement>('input, select, textarea')?.focus();
}

function ProgressLine({ progress }: { progress: Progress }) {
  const { t } = useWords();
  const { left, isExact, share } = progress;
  const text = left === 0 ? t('progress.last') : t(isExact ? 'progress.left' : 'progress.at_most', { count: left });
  return (
    <div class="progress">
      <progress max={1} value={share} aria-label={t('progress')} />
      <span>{text}</span>
    </div>
  );
}

/** The part's title and introduction on its first page; the group's heading and language note where they belong. */
function Opening({ page, sitting }: { page: Page; sitting: Sitting }) {
  const { t, language } = useWords();
  const { part, groups } = page.entries[0]!;
  const isFirst = sitting.entries.find((entry) => entry.part === part)?.key === page.entries[0]!.key;
  const shownIn = languageShown([part], language);
  return (
    <>
      {isFirst && (
        <div class="opening">
          <Wording class="opening-title" part={part} of="title" optional />
          <Wording class="opening-text" part={part} of="intro" optional />
          {shownIn !== language && <p class="hint">{t('question.only_in', { language: LANGUAGE_NAMES[shownIn] })}</p>}
        </div>
      )}
      {groups.map((group) =>
        wordingOf(part, group.item_id, language) === null ? null : <Wording key={group.item_id} class="group" part={part} of={group.item_id} />,
      )}
    </>
  );
}
