/** Asking the server. A network that fails is an outcome like any other, never an exception. */

import type { LoggedOut, Problem } from './wire.ts';

export interface Answered<T> {
  readonly status: number;
  readonly body: T | null;
  /** The last word of the problem's type, such as `draft-conflict`; empty when all went well. */
  readonly problem: string;
  readonly details: Problem | null;
}

export interface Request {
  readonly method?: 'GET' | 'PUT' | 'POST';
  readonly csrf?: string | null;
  readonly body?: unknown;
  readonly keepalive?: boolean;
}

/** Status 0 means that no answer came. */
export function ask<T>(path: string, request: Request = {}): Promise<Answered<T>> {
  return asked(path, request, async (response) => (isJson(response) ? ((await response.json()) as T) : null));
}

export interface FileGiven {
  readonly content: Blob;
  /** As the server calls it; empty where it gives no name. */
  readonly name: string;
}

/** The same for a file. */
export function askFile(path: string): Promise<Answered<FileGiven>> {
  return asked(path, {}, async (response) => ({
    content: await response.blob(),
    name: nameIn(response.headers.get('content-disposition') ?? ''),
  }));
}

/** The file's name in a Content-Disposition header (RFC 6266); empty where there is none. */
export function nameIn(disposition: string): string {
  return /filename=("?)(\w[\w.-]*)\1(?:;|$)/.exec(disposition)?.[2] ?? '';
}

async function asked<T>(path: string, request: Request, read: (response: Response) => Promise<T | null>): Promise<Answered<T>> {
  try {
    const response = await fetch(path, options(request));
    if (response.ok) return { status: response.status, body: await read(response), problem: '', details: null };
    const details = isJson(response) ? ((await response.json()) as Problem) : null;
    return { status: response.status, body: null, problem: details?.type?.split('/').pop() ?? 'unknown', details };
  } catch {
    return { status: 0, body: null, problem: 'no-answer', details: null };
  }
}

/** Ends the session here, then goes on to end the identity provider's. */
export async function logOut(csrf: string | null, home: string): Promise<void> {
  const { body } = await ask<LoggedOut>('/logout', { method: 'POST', csrf });
  location.assign(body?.continue_at ?? home);
}

function options({ method = 'GET', csrf, body, keepalive = false }: Request): RequestInit {
  const headers: Record<string, string> = { accept: 'application/json, application/problem+json' };
  if (csrf) headers['x-csrf'] = csrf;
  if (body !== undefined) headers['content-type'] = 'application/json';
  return {
    method,
    headers,
    keepalive,
    credentials: 'same-origin',
    cache: 'no-store',
    redirect: 'manual',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}

function isJson(response: Response): boolean {
  return /\bjson\b/.test(response.headers.get('content-type') ?? '');
}
