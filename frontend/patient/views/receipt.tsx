/** The answers have arrived: when, and a code to keep. */

import { useRef } from 'preact/hooks';
import { momentInWords } from '../../core/dates.ts';
import type { Receipt } from '../../core/wire.ts';
import { receiptCode } from '../model/receipt-code.ts';
import { useHeadingFocus, type Go } from '../place.ts';
import { useWords } from '../words.ts';

export function ReceiptView({ receipt, go }: { receipt: Receipt; go: Go }) {
  const { t, language } = useWords();
  const heading = useHeadingFocus('receipt');
  const whole = useRef<HTMLDetailsElement>(null);
  const printAll = (): void => {
    if (whole.current) whole.current.open = true;
    print();
  };
  return (
    <section class="card receipt">
      <svg class="arrived" viewBox="0 0 48 48" width="64" height="64" aria-hidden="true">
        <circle cx="24" cy="24" r="22" />
        <path d="M14 25l7 7 13-15" />
      </svg>
      <h1 ref={heading} tabIndex={-1}>{t('receipt.title')}</h1>
      <p class="lead">{t('receipt.text')}</p>
      <dl class="slip">
        <div><dt>{t('receipt.when')}</dt><dd>{momentInWords(receipt.received_at, language)}</dd></div>
        <div><dt>{t('receipt.code')}</dt><dd class="code">{receiptCode(receipt.commitment)}</dd></div>
      </dl>
      <p class="hint">{t('receipt.explain')}</p>
      <div class="actions stacked">
        <button class="button" type="button" onClick={() => go({ view: 'home' }, 'replace')}>{t('receipt.home')}</button>
        <button class="button second" type="button" onClick={printAll}>{t('receipt.print')}</button>
      </div>
      <details class="whole" ref={whole}>
        <summary>{t('receipt.whole')}</summary>
        <pre lang="en">{JSON.stringify(receipt, null, 1)}</pre>
      </details>
    </section>
  );
}
