/** One page of questions: usually one question, how far one has come, and the way on and back. */

import { useRef, useState } from 'preact/hooks';
import { isSkipped, valuesAt } from '../model/answers.ts';
import { faultOf, type Rule } from '../model/faults.ts';
import type { Entry, Page, Progress } from '../model/questions.ts';
import type { Sight, Sitting } from '../model/sitting.ts';
import { useHeadingFocus } from '../place.ts';
import { useWords, wordingOf } from '../words.ts';
import { Introduction } from './introduction.tsx';
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
  // After a changed answer an adaptive test may ask more before the overview comes.
  const isLast = isChanging && !page.entries.some((entry) => entry.test);

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
      <Opening page={page} sitting={sitting} heading={isAlone ? null : heading} />
      {page.entries.map((entry) =>
        entry.isQuestion ? (
          <Question
            key={entry.key}
            entry={entry}
            values={valuesAt(sight.answers, entry)}
            isSkipped={isSkipped(sight.answers, entry)}
            fault={faults.get(entry.key) ?? null}
            heading={isAlone ? heading : null}
            onValues={(values, broken) => {
              if (broken === null) unreadable.current.delete(entry.key);
              else unreadable.current.set(entry.key, broken);
              setFaults(without(faults, entry.key));
              sitting.answer(entry, values);
            }}
            onSkip={(skipped) => {
              unreadable.current.delete(entry.key);
              setFaults(without(faults, entry.key));
              sitting.skip(entry, skipped);
            }}
          />
        ) : (
          <Wording key={entry.key} class="reading" part={entry.part} of={entry.item.item_id} />
        ),
      )}
      <div class="actions onward">
        <button class="button second" type="button" onClick={onBack}>{t('question.back')}</button>
        <button class="button" type="submit">{t(isLast ? 'question.done' : 'question.next')}</button>
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

function without(faults: ReadonlyMap<string, Rule>, key: string): ReadonlyMap<string, Rule> {
  return faults.has(key) ? new Map([...faults].filter(([other]) => other !== key)) : faults;
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

interface OpeningProps {
  readonly page: Page;
  readonly sitting: Sitting;
  /** Where the page has no question that is its title: what gets the focus. */
  readonly heading: { current: HTMLHeadingElement | null } | null;
}

/** The part's introduction where it begins, unless the list has shown it; and the wording of the groups. */
function Opening({ page, sitting, heading }: OpeningProps) {
  const { language } = useWords();
  const { part, groups } = page.entries[0]!;
  const isFirst = sitting.entries.find((entry) => entry.part === part)?.key === page.entries[0]!.key;
  return (
    <>
      {heading !== null && <Wording part={part} of="title" heading={heading} />}
      {isFirst && sitting.introduced !== part && <Introduction part={part} />}
      {groups.map((group) =>
        wordingOf(part, group.item_id, language) === null ? null : <Wording key={group.item_id} class="group" part={part} of={group.item_id} />,
      )}
    </>
  );
}
