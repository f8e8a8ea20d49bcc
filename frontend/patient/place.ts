/** Where in the page a person is. Each step is an entry of the browser's history; the address never changes. */

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Receipt } from '../core/wire.ts';

export type Place =
  | { readonly view: 'home' }
  | { readonly view: 'question'; readonly assessment: string; readonly page: string; readonly changing: boolean }
  | { readonly view: 'review'; readonly assessment: string }
  | { readonly view: 'receipt'; readonly receipt: Receipt };

export type Go = (place: Place, how?: 'push' | 'replace') => void;

const HOME: Place = { view: 'home' };
let hasMoved = false;

/** The present place, and how to go to another; the browser's back and forward buttons go there too. */
export function usePlace(): readonly [Place, Go] {
  const [place, setPlace] = useState<Place>(() => placeIn(history.state));
  useEffect(() => {
    const follow = (event: PopStateEvent): void => {
      hasMoved = true;
      setPlace(placeIn(event.state));
    };
    addEventListener('popstate', follow);
    return () => removeEventListener('popstate', follow);
  }, []);
  const go = useCallback<Go>((next, how = 'push') => {
    hasMoved = true;
    if (how === 'push') history.pushState({ place: next }, '');
    else history.replaceState({ place: next }, '');
    setPlace(next);
  }, []);
  return [place, go];
}

function placeIn(state: unknown): Place {
  return (state as { place?: Place } | null)?.place ?? HOME;
}

/** Gives the heading the focus when what it heads has changed, but not when the page has only just opened. */
export function useHeadingFocus(what: string): { current: HTMLHeadingElement | null } {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!hasMoved) return;
    scrollTo(0, 0);
    heading.current?.focus({ preventScroll: true });
  }, [what]);
  return heading;
}
