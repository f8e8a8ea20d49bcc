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
export async function ask<T>(path: string, request: Request = {}): Promise<Answered<T>> {
  try {
    const response = await fetch(path, options(request));
    const content: unknown = isJson(response) ? await response.json() : null;
    if (response.ok) return { status: response.status, body: content as T | null, problem: '', details: null };
    const details = content as Problem | null;
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
