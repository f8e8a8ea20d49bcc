/** Where a login begins that ends at this page. */

import type { MinePlace } from '../core/wire.ts';

export const LOGIN = `/login/patient?return_to=${encodeURIComponent('/mine')}`;

/** Where somebody who is logged in does so afresh, and comes back to this part of the page. */
export function freshLogin(place: MinePlace): string {
  return `/login/patient?fresh=yes&return_to=${encodeURIComponent(`/mine?at=${place}`)}`;
}
