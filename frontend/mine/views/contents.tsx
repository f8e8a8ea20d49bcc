/** What there is: who used the answers, the answers to take along, and the ways to stop. */

import { useEffect } from 'preact/hooks';
import type { MinePlace, Participation, Uses } from '../../core/wire.ts';
import { useFetched } from '../asking.ts';
import { useWords } from '../words.ts';
import { Files } from './files.tsx';
import { TakingPart } from './taking-part.tsx';
import { UsesList } from './uses.tsx';

/** The parts below the first, which shows at once. */
const PARTS = ['files', 'stop', 'erase'] as const;

interface Props {
  readonly csrf: string | null;
  /** What the person has just logged in afresh for. */
  readonly at: MinePlace | null;
  readonly onSignedOut: () => void;
}

export function Contents({ csrf, at, onSignedOut }: Props) {
  const { t } = useWords();
  const uses = useFetched<Uses>('/api/patient/uses', onSignedOut);
  const participation = useFetched<Participation>('/api/patient/participation', onSignedOut);
  useEffect(() => {
    if (at !== null) history.replaceState(null, '', '/mine');
  }, []);
  // Whoever is led back to a part of the page is led there once what stands above it has come.
  const asked = uses.body !== null || uses.hasFailed ? at : null;
  return (
    <>
      <a class="link" href="/">{t('to_home')}</a>
      <h1>{t('mine')}</h1>
      <p class="lead">{t('lead')}</p>
      <nav class="parts" aria-label={t('parts')}>
        {PARTS.map((part) => <a key={part} class="link" href={`#${part}`}>{t(`${part}.title`)}</a>)}
      </nav>
      <UsesList uses={uses} />
      <Files isAskedFor={asked === 'files'} onGiven={uses.again} onSignedOut={onSignedOut} />
      <TakingPart csrf={csrf} asked={asked} participation={participation} onSignedOut={onSignedOut} />
    </>
  );
}
