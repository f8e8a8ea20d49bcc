/** The login is too old for what was asked: nothing has happened, and one button leads through a new one and back. */

import { useEffect, useRef } from 'preact/hooks';
import type { MinePlace } from '../../core/wire.ts';
import { freshLogin } from '../logins.ts';
import { useWords } from '../words.ts';

export function FreshLogin({ place }: { place: MinePlace }) {
  const { t } = useWords();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <div class="notice">
      <h3 ref={heading} tabIndex={-1}>{t('fresh.title')}</h3>
      <p>{t('fresh.text')}</p>
      <a class="button" href={freshLogin(place)}>{t('fresh.login')}</a>
    </div>
  );
}
