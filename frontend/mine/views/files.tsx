/** All that is held of the person, to take along in three forms, each with what it is for. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { askFile, type FileGiven } from '../../core/requests.ts';
import { refusalOf } from '../refusals.ts';
import { useWords } from '../words.ts';
import { FreshLogin } from './fresh-login.tsx';

const FORMS = ['pdf', 'json', 'fhir'] as const;
type Form = (typeof FORMS)[number];
const ENDINGS: Readonly<Record<Form, string>> = { pdf: 'pdf', json: 'json', fhir: 'fhir.json' };
/** Those that are words, in the language that the person reads. */
const IN_A_LANGUAGE: readonly Form[] = ['pdf', 'json'];

interface Props {
  /** The person has just logged in afresh for this. */
  readonly isAskedFor: boolean;
  readonly onGiven: () => void;
  readonly onSignedOut: () => void;
}

type Stage = 'waiting' | 'fetching' | 'given' | 'stale' | 'failed';

export function Files({ isAskedFor, onGiven, onSignedOut }: Props) {
  const { t, language } = useWords();
  const [form, setForm] = useState<Form>('pdf');
  const [stage, setStage] = useState<Stage>('waiting');
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (isAskedFor) heading.current?.focus();
  }, [isAskedFor]);
  const fetchFile = async (wanted: Form): Promise<void> => {
    if (stage === 'fetching') return;
    setForm(wanted);
    setStage('fetching');
    const query = IN_A_LANGUAGE.includes(wanted) ? `?lang=${language}` : '';
    const { status, body, problem } = await askFile(`/api/patient/answers.${ENDINGS[wanted]}${query}`);
    if (body !== null) {
      save(body, `answers.${ENDINGS[wanted]}`);
      setStage('given');
      return onGiven();
    }
    const refusal = refusalOf(status, problem);
    setStage(refusal === 'stale' ? 'stale' : 'failed');
    if (refusal === 'signed-out') onSignedOut();
  };

  return (
    <section class="card" aria-labelledby="files">
      <h2 id="files" ref={heading} tabIndex={-1}>{t('files.title')}</h2>
      <p>{t('files.lead')}</p>
      <ul class="files">
        {FORMS.map((one) => (
          <li key={one}>
            <h3>{t(`files.${one}`)}</h3>
            <p id={`files-${one}`}>{t(`files.${one}_text`)}</p>
            <button
              class="button second" type="button" aria-describedby={`files-${one}`}
              aria-disabled={stage === 'fetching'} onClick={() => void fetchFile(one)}
            >
              {stage === 'fetching' && one === form ? t('files.fetching') : t('files.get', { form: one.toUpperCase() })}
            </button>
          </li>
        ))}
      </ul>
      <p class={stage === 'given' ? 'notice' : 'hidden'} role="status">{stage === 'given' ? t('files.given', { form: form.toUpperCase() }) : ''}</p>
      {stage === 'stale' && <FreshLogin place="files" />}
      {stage === 'failed' && <div class="notice heed" role="alert"><h3>{t('files.failed')}</h3><p>{t('failed.text')}</p></div>}
    </section>
  );
}

/** Gives the file to the browser, which keeps it where the person keeps what they download. */
function save({ content, name }: FileGiven, nameOtherwise: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name || nameOtherwise;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
