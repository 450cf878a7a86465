export interface RateVerdict {
  readonly limited: boolean;
  readonly count: number;
  readonly limit: number;
  /** Seconds. */
  readonly period: number;
  /** Whole seconds until the count starts again. */
  readonly retryAfter: number;
}

interface RateRules {
  readonly limit: number;
  /** Seconds. */
  readonly period: number;
  /** After so many requests of a caller the limit drops; 0: never. */
  readonly dropAfter: number;
}

interface Caller {
  windowStart: number;
  count: number;
  total: number;
}

/** What callers saw in 2026: "24 of 10 requests per 20 seconds", right after headers that still said 100. */
const dropped = { limit: 10, period: 20 } as const;

/**
 * Requests per caller in fixed windows of real time. A refused request counts too, so hammering only raises the count.
 *
 * The drop is read as: the caller's first `dropAfter` requests since the world was loaded meet the ordinary limit; from
 * the next one on the limit is 10 in 20 s for good, and the count of the window in progress carries over.
 */
export class RateLimiter {
  readonly #callers = new Map<string, Caller>();

  /** `now` in milliseconds of real time. */
  count(name: string, now: number, rules: RateRules): RateVerdict {
    const caller = this.#callers.get(name) ?? { windowStart: now, count: 0, total: 0 };
    this.#callers.set(name, caller);
    caller.total += 1;
    const { limit, period } = rules.dropAfter > 0 && caller.total > rules.dropAfter ? dropped : rules;
    if (now - caller.windowStart >= period * 1000) {
      caller.windowStart = now;
      caller.count = 0;
    }
    caller.count += 1;
    const left = caller.windowStart + period * 1000 - now;
    return { limited: caller.count > limit, count: caller.count, limit, period, retryAfter: Math.max(1, Math.ceil(left / 1000)) };
  }

  clear(): void {
    this.#callers.clear();
  }
}
