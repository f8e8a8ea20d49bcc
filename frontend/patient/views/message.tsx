/** One thing to know and one thing to do. */

import { useHeadingFocus } from '../place.ts';

export function Message({ title, text, action, onAction }: { title: string; text: string; action: string; onAction: () => void }) {
  const heading = useHeadingFocus(title);
  return (
    <section class="card">
      <h1 ref={heading} tabIndex={-1}>{title}</h1>
      <p>{text}</p>
      <button class="button" type="button" onClick={onAction}>{action}</button>
    </section>
  );
}
