import { describe, expect, it } from 'vitest';
import { nameIn } from '../core/requests.ts';
import { freshLogin } from '../mine/logins.ts';
import { refusalOf } from '../mine/refusals.ts';

describe('what a refused request means', () => {
  it('is a fresh login where the server asks for one', () => {
    expect(refusalOf(403, 'fresh-login-needed')).toBe('stale');
  });

  it.each([
    [401, 'not-signed-in'],
    [403, 'cross-site'],
  ])('is a login where the session is over or another: %i %s', (status, problem) => {
    expect(refusalOf(status, problem)).toBe('signed-out');
  });

  it.each([
    [0, 'no-answer'],
    [500, 'internal'],
    [503, 'database-unavailable'],
  ])('is to try again where nothing was decided: %i %s', (status, problem) => {
    expect(refusalOf(status, problem)).toBe('failed');
  });
});

it('a fresh login says so, and leads back to the part of the page that it is for', () => {
  const { pathname, searchParams } = new URL(freshLogin('stop'), 'https://here.example');
  expect([pathname, searchParams.get('fresh'), searchParams.get('return_to')]).toEqual(['/login/patient', 'yes', '/mine?at=stop']);
});

describe('the name of a file', () => {
  it.each([
    ['attachment; filename="answers-2026-11-28.pdf"', 'answers-2026-11-28.pdf'],
    ['attachment; filename=answers.fhir.json', 'answers.fhir.json'],
    ['attachment', ''],
    ['', ''],
    ['attachment; filename="../answers.pdf"', ''],
  ])('in %j is %j', (disposition, name) => {
    expect(nameIn(disposition)).toBe(name);
  });
});
