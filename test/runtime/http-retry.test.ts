import { describe, expect, it } from 'vitest';
import { isLoopback } from '../../src/runtime/loopback.js';
import { parseRetryAfter, retryDecision } from '../../src/runtime/retry.js';
import { scrubber } from '../../src/runtime/scrub.js';

describe('retryDecision', () => {
  const status = (code: number, retryAfter: number | null = null) => ({ kind: 'status', status: code, retryAfter }) as const;
  it.each([
    ['an answer', 1, true, status(200), { retry: false, wait: 0, pause: 0 }],
    ['a refusal', 1, true, status(404), { retry: false, wait: 0, pause: 0 }],
    ['a 503, first time', 1, true, status(503), { retry: true, wait: 250, pause: 0 }],
    ['a 503, third time', 3, true, status(503), { retry: false, wait: 1000, pause: 0 }],
    ['a 503 that says when', 1, true, status(503, 3000), { retry: true, wait: 0, pause: 3000 }],
    ['a 503 to a write', 1, false, status(503), { retry: false, wait: 250, pause: 0 }],
    ['a 429 without a time', 2, true, status(429), { retry: true, wait: 0, pause: 2000 }],
    ['a 429 to a write still pauses', 1, false, status(429, 9000), { retry: false, wait: 0, pause: 9000 }],
    ['a 429 for an hour', 1, true, status(429, 3_600_000), { retry: true, wait: 0, pause: 60_000 }],
    ['a 429 for no time', 1, true, status(429, 0), { retry: true, wait: 0, pause: 100 }],
    ['a broken connection', 2, true, { kind: 'no-answer', timedOut: false } as const, { retry: true, wait: 500, pause: 0 }],
    ['a second timeout', 2, true, { kind: 'no-answer', timedOut: true } as const, { retry: false, wait: 500, pause: 0 }],
    ['a broken write', 1, false, { kind: 'no-answer', timedOut: false } as const, { retry: false, wait: 250, pause: 0 }],
  ])('%s', (_name, attempt, repeatable, outcome, expected) => {
    expect(retryDecision(attempt, repeatable, outcome, 0)).toEqual(expected);
  });
});

describe('parseRetryAfter', () => {
  const now = Date.parse('2026-11-21T10:00:00Z');
  it.each([
    [undefined, null],
    ['120', 120_000],
    ['Sat, 21 Nov 2026 10:00:30 GMT', 30_000],
    ['Sat, 21 Nov 2026 09:00:00 GMT', 0],
    ['soon', null],
  ])('%s is %s ms', (header, expected) => {
    expect(parseRetryAfter(header, now)).toBe(expected);
  });
});

describe('isLoopback', () => {
  it.each([
    ['127.0.0.1', true], ['127.255.0.9', true], ['[::1]', true], ['localhost', true],
    ['128.0.0.1', false], ['0.0.0.0', false], ['127.evil.example', false], ['localhost.example', false], ['[::2]', false],
  ])('%s: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
  });
});

describe('scrubber', () => {
  it('takes out every spelling of a secret, longer ones first', () => {
    const scrub = scrubber(['abcd', 'abcd efgh', 'no']);
    expect(scrub(`x abcd efgh y abcd%20efgh z ${Buffer.from('abcd efgh').toString('base64')} abcd no`)).toBe(
      'x [redacted] y [redacted] z [redacted] [redacted] no',
    );
  });
});
