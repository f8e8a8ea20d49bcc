/** A questionnaire being answered: which of its views is on screen, and when its draft is saved. */

import { useEffect, useReducer } from 'preact/hooks';
import { Frame, type FrameProps } from '../../core/frame.tsx';
import type { Receipt } from '../../core/wire.ts';
import { progressAt, type Page } from '../model/questions.ts';
import type { Sight, Sitting } from '../model/sitting.ts';
import type { Go, Place } from '../place.ts';
import { useWords } from '../words.ts';
import { Conflict } from './conflict.tsx';
import { Message } from './message.tsx';
import { QuestionPage } from './question-page.tsx';
import { Review } from './review.tsx';

type QuestionPlace = Extract<Place, { view: 'question' }>;

interface Props {
  readonly sitting: Sitting;
  readonly place: Extract<Place, { assessment: string }>;
  readonly go: Go;
  readonly frame: Omit<FrameProps, 'children'>;
  readonly onReceipt: (receipt: Receipt) => void;
  readonly onSignedOut: () => void;
  /** The questionnaire takes no more answers. */
  readonly onLeave: () => void;
}

export function Answering(props: Props) {
  const { sitting, place, frame } = props;
  const { t } = useWords();
  const sight = useSight(sitting);
  useFlush(sitting);
  useEffect(() => {
    if (sight.status === 'signed-out') props.onSignedOut();
  }, [sight.status]);

  const isTroubled = sight.status === 'waiting' || sight.status === 'too-long';
  const status = t(`draft.${sight.status}`);
  const aside = <span class={isTroubled ? 'saving trouble' : `saving ${sight.status}`} aria-hidden="true">{status}</span>;
  return (
    <Frame {...frame} isUnsaved={sitting.isUnsaved} aside={aside}>
      <p class="hidden" role="status">{isTroubled ? status : ''}</p>
      {sight.status === 'closed' ? (
        <Message title={t('closed.title')} text={t('closed.text')} action={t('to_home')} onAction={props.onLeave} />
      ) : sight.status === 'conflict' ? (
        <Conflict sitting={sitting} sight={sight} />
      ) : place.view === 'review' ? (
        <Review sitting={sitting} sight={sight} go={props.go} onReceipt={props.onReceipt} onSignedOut={props.onSignedOut} onLeave={props.onLeave} />
      ) : (
        <Question sitting={sitting} sight={sight} place={place} go={props.go} />
      )}
    </Frame>
  );
}

function useSight(sitting: Sitting): Sight {
  const [, renew] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const stop = sitting.watch(() => renew(undefined));
    // What was saved between the first picture and this moment was not watched by anybody.
    renew(undefined);
    return stop;
  }, [sitting]);
  return sitting.sight;
}

/** Saves at once when the page is left, hidden or back on the net: a phone may never give it another chance. */
function useFlush(sitting: Sitting): void {
  useEffect(() => {
    const flush = (): void => void sitting.flush();
    const events = ['visibilitychange', 'pagehide', 'online'];
    for (const event of events) addEventListener(event, flush);
    return () => {
      for (const event of events) removeEventListener(event, flush);
      flush();
    };
  }, [sitting]);
}

interface QuestionProps {
  readonly sitting: Sitting;
  readonly sight: Sight;
  readonly place: QuestionPlace;
  readonly go: Go;
}

/** The page that the place names; where it is gone or not named, the first that is open, else the review. */
function Question({ sitting, sight, place, go }: QuestionProps) {
  const { assessment } = place;
  const page = sight.pages.find((one) => one.key === place.page) ?? sitting.firstOpenPage();
  const isMoved = page?.key !== place.page;
  useEffect(() => {
    if (!isMoved) return;
    if (page === null) go({ view: 'review', assessment }, 'replace');
    else go({ ...place, page: page.key }, 'replace');
  }, [isMoved]);
  useEffect(() => {
    if (page !== null) sitting.visit(page);
  }, [page?.key]);
  if (page === null) return null;

  const at = sight.pages.findIndex((one) => one.key === page.key);
  const show = (to: Page | undefined, changing = false): void =>
    go(to === undefined ? { view: 'review', assessment } : { view: 'question', assessment, page: to.key, changing });
  const next = (): void => {
    sitting.leave(page);
    void sitting.flush();
    if (place.changing) show(sitting.firstOpenedSinceReview() ?? undefined, true);
    else show(sitting.sight.pages[at + 1]);
  };
  const previous = sight.pages[at - 1];
  return (
    <QuestionPage
      key={page.key}
      sitting={sitting}
      sight={sight}
      page={page}
      progress={progressAt(page, sitting.entries, sight.shown)}
      isChanging={place.changing}
      onNext={next}
      onBack={place.changing ? () => show(undefined) : previous ? () => show(previous) : () => go({ view: 'home' })}
      onPause={() => go({ view: 'home' })}
    />
  );
}
