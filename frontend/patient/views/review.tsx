/** Every answer on one page, what is still missing, and the one button that sends. */

import { useEffect, useRef, useState } from 'preact/hooks';
import type { AnswerFault, Receipt } from '../../core/wire.ts';
import { isSkipped, isUnanswered, valuesAt } from '../model/answers.ts';
import { faultOf, type Rule } from '../model/faults.ts';
import { keyOf, type Entry, type Page } from '../model/questions.ts';
import type { Sight, Sitting } from '../model/sitting.ts';
import { useHeadingFocus, type Go } from '../place.ts';
import { languageShown, useWords, wordingOf } from '../words.ts';
import { AnswerText } from './answer-text.tsx';
import { Message } from './message.tsx';

interface Props {
  readonly sitting: Sitting;
  readonly sight: Sight;
  readonly go: Go;
  readonly onReceipt: (receipt: Receipt) => void;
  readonly onSignedOut: () => void;
  readonly onLeave: () => void;
}

type Stage = 'looking' | 'sending' | 'failed' | 'too-long' | 'already-submitted' | 'closed';

export function Review({ sitting, sight, go, onReceipt, onSignedOut, onLeave }: Props) {
  const { t, language } = useWords();
  const heading = useHeadingFocus('review');
  useEffect(() => sitting.reviewed(), [sitting]);
  const [stage, setStage] = useState<Stage>('looking');
  const [faults, setFaults] = useState<readonly Missing[]>([]);
  const asked = sight.pages.flatMap((page) => page.entries.filter((entry) => entry.isQuestion).map((entry) => ({ page, entry })));
  const open = asked.filter(({ entry }) => !entry.test && isUnanswered(sight.answers, entry)).length;
  const change = (page: Page): void =>
    go({ view: 'question', assessment: sitting.questionnaire.assessment_id, page: page.key, changing: true });

  const send = async (): Promise<void> => {
    const missing = missingIn(asked, sight);
    setFaults(missing);
    if (missing.length > 0 || stage === 'sending') return;
    setStage('sending');
    const sent = await sitting.submit(languageShown(sitting.questionnaire.parts, language));
    if (sent.outcome === 'received') return onReceipt(sent.receipt);
    setStage(sent.outcome === 'faults' || sent.outcome === 'signed-out' ? 'looking' : sent.outcome);
    if (sent.outcome === 'faults') setFaults(fromServer(asked, sent.faults));
    if (sent.outcome === 'signed-out') onSignedOut();
  };

  if (stage === 'already-submitted' || stage === 'closed') {
    const which = stage === 'closed' ? 'closed' : 'already';
    return <Message title={t(`${which}.title`)} text={t(`${which}.text`)} action={t('to_home')} onAction={onLeave} />;
  }
  return (
    <section class="review">
      <h1 ref={heading} tabIndex={-1}>{t('review.title')}</h1>
      <p class="lead">{t('review.lead')}</p>
      {faults.length > 0 && <FaultSummary faults={faults} onChange={change} />}
      {faults.length === 0 && open > 0 && <p class="notice calm">{t('review.open', { count: open })}</p>}
      <dl class="answers">
        {asked.map(({ page, entry }) => <Row key={entry.key} entry={entry} sight={sight} onChange={() => change(page)} />)}
      </dl>
      {(stage === 'failed' || stage === 'too-long') && <SendFailed stage={stage} />}
      <p class="hint">{t('review.final')}</p>
      <button class="button large" type="button" aria-disabled={stage === 'sending'} onClick={() => void send()}>
        {t(stage === 'sending' ? 'review.sending' : stage === 'failed' ? 'again' : 'review.submit')}
      </button>
    </section>
  );
}

interface Asked {
  readonly page: Page;
  readonly entry: Entry;
}

interface Missing extends Asked {
  readonly rule: `fault.${Rule}` | 'fault.other';
}

function missingIn(asked: readonly Asked[], { answers }: Sight): readonly Missing[] {
  return asked.flatMap((one) => {
    const isWaiting = one.entry.test && isUnanswered(answers, one.entry);
    const rule = isWaiting ? 'required' : faultOf(one.entry.item, valuesAt(answers, one.entry), isSkipped(answers, one.entry));
    return rule === null ? [] : [{ ...one, rule: `fault.${rule}` as const }];
  });
}

/** The server speaks to programs; the person gets our own words, at the question that it names. */
function fromServer(asked: readonly Asked[], faults: readonly AnswerFault[]): readonly Missing[] {
  return faults.flatMap(({ part, item_id, rule }) => {
    const one = asked.find(({ entry }) => entry.key === keyOf(part, item_id)) ?? asked[0];
    return one === undefined ? [] : [{ ...one, rule: rule === 'required' ? 'fault.required' : 'fault.other' }];
  });
}

function FaultSummary({ faults, onChange }: { faults: readonly Missing[]; onChange: (page: Page) => void }) {
  const { t, language } = useWords();
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), [faults]);
  return (
    <div class="notice wrong">
      <h2 ref={title} tabIndex={-1}>{t('review.faults')}</h2>
      <ul>
        {faults.map(({ page, entry, rule }) => {
          const wording = wordingOf(entry.part, entry.item.item_id, language);
          return (
            <li key={entry.key}>
              <button class="link" type="button" lang={wording?.lang} onClick={() => onChange(page)}>
                {wording?.text ?? t('question.missing')}
              </button>
              <br />
              {t(rule)}
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function Row({ entry, sight, onChange }: { entry: Entry; sight: Sight; onChange: () => void }) {
  const { t, language } = useWords();
  const wording = wordingOf(entry.part, entry.item.item_id, language);
  const question = wording?.text ?? t('question.missing');
  const isOpen = isUnanswered(sight.answers, entry);
  return (
    <div class={isOpen ? 'answer open' : 'answer'}>
      <dt lang={wording?.lang}>{question}</dt>
      <dd><AnswerText entry={entry} answers={sight.answers} /></dd>
      <dd class="change">
        <button class="link" type="button" onClick={onChange}>
          {t(isOpen ? 'review.answer' : 'review.change')}
          <span class="hidden"> {t('review.change_what', { question })}</span>
        </button>
      </dd>
    </div>
  );
}

function SendFailed({ stage }: { stage: 'failed' | 'too-long' }) {
  const { t } = useWords();
  return (
    <div class="notice heed" role="alert">
      <h2>{t('send.failed')}</h2>
      <p>{t(stage === 'failed' ? 'send.failed_text' : 'send.too-long_text')}</p>
    </div>
  );
}
