/** Who used the person's answers, when, for what and by what right; the newest first. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { momentInWords } from '../../core/dates.ts';
import type { Use, Uses } from '../../core/wire.ts';
import type { Fetched } from '../asking.ts';
import { useWords } from '../words.ts';

const SHOWN_AT_FIRST = 5;

export function UsesList({ uses: { body, hasFailed, again } }: { uses: Fetched<Uses> }) {
  const { t } = useWords();
  return (
    <section class="card" aria-labelledby="uses">
      <h2 id="uses">{t('uses.title')}</h2>
      <p>{t('uses.lead')}</p>
      {body === null && !hasFailed && <p role="status">{t('uses.loading')}</p>}
      {hasFailed && (
        <div class="notice heed" role="alert">
          <h3>{t('uses.failed')}</h3>
          <p>{t('failed.text')}</p>
          <button class="button second slim" type="button" onClick={again}>{t('again')}</button>
        </div>
      )}
      {body !== null && (body.uses.length === 0 ? <Nobody /> : <List uses={body.uses} />)}
    </section>
  );
}

function Nobody() {
  const { t } = useWords();
  return (
    <div class="notice">
      <h3>{t('uses.none')}</h3>
      <p>{t('uses.none_text')}</p>
    </div>
  );
}

/** What came last at once, the rest when asked for; the focus then goes to the first that was not there before. */
function List({ uses }: { uses: readonly Use[] }) {
  const { t } = useWords();
  const [isWhole, setWhole] = useState(false);
  const next = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isWhole) next.current?.focus();
  }, [isWhole]);
  const rest = uses.length - SHOWN_AT_FIRST;
  const shown = isWhole ? uses : uses.slice(0, SHOWN_AT_FIRST);
  return (
    <>
      <ol class="uses">
        {shown.map((use, at) => (
          <li key={uses.length - at} ref={at === SHOWN_AT_FIRST ? next : null} tabIndex={at === SHOWN_AT_FIRST ? -1 : undefined}>
            <Entry use={use} />
          </li>
        ))}
      </ol>
      {!isWhole && rest > 0 && (
        <button class="button second" type="button" onClick={() => setWhole(true)}>{t('uses.more', { count: rest })}</button>
      )}
    </>
  );
}

function Entry({ use }: { use: Use }) {
  const { t, language } = useWords();
  return (
    <>
      <p class="when">{momentInWords(use.at, language)}</p>
      <h3>{t(`purpose.${use.purpose}`)}</h3>
      <p>{t(`purpose.${use.purpose}_text`)}</p>
      {use.role !== 'you' && (
        <dl>
          <Fact name={t('uses.who')} text={use.organisation === '' ? t(`role.${use.role}`) : `${t(`role.${use.role}`)} (${use.organisation})`} />
          <Fact name={t('uses.project')} text={use.project} />
          <Fact name={t('uses.basis')} text={use.basis} />
        </dl>
      )}
    </>
  );
}

function Fact({ name, text }: { name: string; text: string }) {
  return text !== '' ? <div><dt>{name}</dt><dd>{text}</dd></div> : null;
}
