const firstRetry = 5_000;
const longestWait = 60_000;

interface PollOutcome {
  /** Failed reads in a row; 0 after a success. */
  readonly failures: number;
  /** False: only a changed configuration can help (a wrong key), so there is no point in hurrying. */
  readonly mayPass: boolean;
  /** Milliseconds the other side asked for. */
  readonly retryAfter: number | null;
}

/** Milliseconds until the next poll. A failure is retried sooner than the interval, never later than a minute past it. */
export function pollDelay(pollInterval: number, outcome: PollOutcome): number {
  const usual =
    outcome.failures === 0 || !outcome.mayPass
      ? pollInterval
      : Math.min(pollInterval, firstRetry * 2 ** Math.min(outcome.failures - 1, 20));
  if (outcome.retryAfter === null) return usual;
  return Math.max(usual, Math.min(outcome.retryAfter, pollInterval + longestWait));
}
