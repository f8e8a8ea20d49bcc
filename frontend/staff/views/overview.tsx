/** Assessments by wave and state, as counts and as one bar a row. */

import { inFigures } from '../../core/numbers.ts';
import type { Overview, WaveCounts } from '../../core/wire.ts';
import { useWords } from '../words.ts';

const STATES = ['submitted', 'lapsed', 'open', 'planned', 'cancelled'] as const;
type State = (typeof STATES)[number];
const NAMES = {
  submitted: 'overview.submitted_state',
  lapsed: 'overview.lapsed',
  open: 'overview.open',
  planned: 'overview.planned',
  cancelled: 'overview.cancelled',
} as const;

export function OverviewTable({ overview }: { overview: Overview }) {
  const { t } = useWords();
  const protocols = [...new Set(overview.waves.map(({ protocol }) => protocol))];
  return (
    <section class="panel" aria-labelledby="overview">
      <h2 id="overview">{t('overview')}</h2>
      <div class="sideways" role="region" aria-label={t('overview.region')} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t('overview.wave')}</th>
              {STATES.map((state) => (
                <th key={state} scope="col" class="count"><Swatch state={state} /> {t(NAMES[state])}</th>
              ))}
              <th scope="col" class="share">{t('overview.share')}</th>
            </tr>
          </thead>
          {protocols.map((protocol) => (
            <tbody key={protocol}>
              {protocols.length > 1 && <tr class="protocol"><th scope="rowgroup" colSpan={STATES.length + 2}>{protocol}</th></tr>}
              {overview.waves.filter((one) => one.protocol === protocol).map((one) => <Row key={one.wave} wave={one} />)}
            </tbody>
          ))}
        </table>
      </div>
      <p class="hint">{t('overview.few')}</p>
    </section>
  );
}

function Row({ wave }: { wave: WaveCounts }) {
  const { t, language } = useWords();
  return (
    <tr>
      <th scope="row">{wave.wave}</th>
      {STATES.map((state) => {
        const count = wave[state];
        return <td key={state} class="count">{count === null ? t('few') : inFigures(count, language)}</td>;
      })}
      <td class="share"><Bar wave={wave} /></td>
    </tr>
  );
}

/** The counts side by side, as wide as their share. The table has the same as figures. */
function Bar({ wave }: { wave: WaveCounts }) {
  const total = STATES.reduce((sum, state) => sum + (wave[state] ?? 0), 0);
  let begin = 0;
  return (
    <svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      {STATES.map((state) => {
        const width = total === 0 ? 0 : (100 * (wave[state] ?? 0)) / total;
        begin += width;
        return <rect key={state} class={state} x={begin - width} y="0" width={width} height="10" />;
      })}
    </svg>
  );
}

function Swatch({ state }: { state: State }) {
  return (
    <svg class="swatch" viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
      <rect class={state} width="10" height="10" rx="2" />
    </svg>
  );
}
