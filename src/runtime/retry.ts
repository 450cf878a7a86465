/** How one attempt ended. A status without `retryAfter` had no (readable) Retry-After header. */
export type AttemptOutcome =
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter: number | null }
  | { readonly kind: 'no-answer'; readonly timedOut: boolean };

export interface RetryDecision {
  readonly retry: boolean;
  /** Milliseconds before this request's next attempt. */
  readonly wait: number;
  /** Milliseconds for which the whole client sends nothing. */
  readonly pause: number;
}

const longestPause = 60_000;
const attempts = { tooManyRequests: 6, serverError: 3, noAnswer: 3, timeout: 2 } as const;

/**
 * Whether and when to try again. Writes are never repeated: whether the first one took effect is unknown.
 * @param attempt 1 for the first one
 * @param jitter 0 ≤ n < 1, so that several clients do not return together
 */
export function retryDecision(
  attempt: number,
  repeatable: boolean,
  outcome: AttemptOutcome,
  jitter: number,
): RetryDecision {
  const backoff = Math.round(250 * 2 ** (attempt - 1) * (1 + jitter / 2));
  if (outcome.kind === 'no-answer') {
    const limit = outcome.timedOut ? attempts.timeout : attempts.noAnswer;
    return { retry: repeatable && attempt < limit, wait: backoff, pause: 0 };
  }
  if (outcome.status === 429) {
    const asked = outcome.retryAfter ?? 1000 * 2 ** (attempt - 1);
    const pause = Math.min(longestPause, Math.max(100, asked));
    return { retry: repeatable && attempt < attempts.tooManyRequests, wait: 0, pause };
  }
  if (outcome.status >= 500) {
    const pause =
      outcome.status === 503 && outcome.retryAfter !== null ? Math.min(longestPause, outcome.retryAfter) : 0;
    return { retry: repeatable && attempt < attempts.serverError, wait: pause > 0 ? 0 : backoff, pause };
  }
  return { retry: false, wait: 0, pause: 0 };
}

/** Milliseconds from a Retry-After header: seconds, or an HTTP date relative to `now`. Null when unreadable. */
export function parseRetryAfter(value: string | undefined, now: number): number | null {
  if (value === undefined) return null;
  const text = value.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000);
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
