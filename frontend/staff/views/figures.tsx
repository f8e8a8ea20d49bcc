/** The three figures to see first. */

import { inFigures } from '../../core/numbers.ts';
import type { Overview, Signal, WaveCounts } from '../../core/wire.ts';
import { useWords } from '../words.ts';

export function Figures({ overview, signals }: { overview: Overview; signals: readonly Signal[] }) {
  const { t, language } = useWords();
  const unseen = signals.filter(({ state }) => state === 'new').length;
  const share = answeredShare(overview.waves);
  return (
    <ul class="figures">
      <li class={unseen > 0 ? 'figure heed' : 'figure'}>
        <b>{unseen}</b>
        <span>{unseen > 0 ? t('signals.unseen', { count: unseen }).replace(/^\d+ /, '') : t('signals.all_seen')}</span>
      </li>
      <li class="figure">
        <b>{overview.persons === null ? t('few') : inFigures(overview.persons, language)}</b>
        <span>{t('overview.persons')}</span>
      </li>
      {share !== null && (
        <li class="figure">
          <b>{Math.round(share * 100)}{language === 'en' ? '%' : '\u00a0%'}</b>
          <span>{t('overview.submitted')}, {t('overview.of_asked')}</span>
        </li>
      )}
    </ul>
  );
}

/** Submitted among those submitted or lapsed, over the waves whose counts are not too small to show; null for none. */
export function answeredShare(waves: readonly WaveCounts[]): number | null {
  let [submitted, closed] = [0, 0];
  for (const wave of waves) {
    if (wave.submitted === null || wave.lapsed === null) continue;
    submitted += wave.submitted;
    closed += wave.submitted + wave.lapsed;
  }
  return closed === 0 ? null : submitted / closed;
}
