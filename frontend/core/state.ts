/** What the server wrote into the document for this visit. */

/** The state that the document carries, else `empty`. */
export function embeddedState<T>(empty: T, page: Document = document): T {
  const text = page.getElementById('state')?.textContent?.trim();
  return text ? (JSON.parse(text) as T) : empty;
}

/** Asks for the document again and reads what it carries now; null when the server cannot be reached. */
export async function freshState<T>(path: string, empty: T): Promise<T | null> {
  try {
    const response = await fetch(path, { credentials: 'same-origin', cache: 'no-store', headers: { accept: 'text/html' } });
    if (!response.ok) return null;
    return embeddedState(empty, new DOMParser().parseFromString(await response.text(), 'text/html'));
  } catch {
    return null;
  }
}
