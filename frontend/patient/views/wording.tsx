/** An instrument's text, marked with its language where that is not the page's. */

import { useWords, wordingOf } from '../words.ts';
import type { Part } from '../../core/wire.ts';

interface Props {
  readonly part: Part;
  readonly of: string;
  readonly class?: string;
  /** Shows nothing, rather than that the text is missing. */
  readonly optional?: boolean;
  /** Makes it the page's heading. */
  readonly heading?: { current: HTMLHeadingElement | null } | null;
}

export function Wording({ part, of, class: name, optional = false, heading = null }: Props) {
  const { t, language } = useWords();
  const found = wordingOf(part, of, language);
  if (found === null && optional) return null;
  const isTitle = of === 'title';
  const text = found?.text ?? t(isTitle ? 'home.card' : 'question.missing');
  const look = found === null && !isTitle ? `${name ?? ''} missing` : name;
  if (heading !== null) return <h1 ref={heading} tabIndex={-1} class={look} lang={found?.lang}>{text}</h1>;
  return <p class={look} lang={found?.lang}>{text}</p>;
}
