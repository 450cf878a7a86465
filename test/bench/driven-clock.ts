import type { Clock } from '../../src/runtime/clock.js';

/** Time stands still until it is moved to the next timer. */
export interface DrivenClock extends Clock {
  readonly timers: () => number;
  /** When the first timer is due; null when there is none. */
  next(): number | null;
  /** Moves there and fires it. */
  fireNext(): void;
}

export function drivenClock(start: number): DrivenClock {
  let elapsed = 0;
  const timers = new Set<{ readonly at: number; readonly fire: () => void }>();
  const first = (): { readonly at: number; readonly fire: () => void } | undefined => [...timers].sort((a, b) => a.at - b.at)[0];
  return {
    now: () => start + elapsed,
    monotonic: () => elapsed,
    after(ms, fire) {
      const timer = { at: elapsed + ms, fire };
      timers.add(timer);
      return () => {
        timers.delete(timer);
      };
    },
    timers: () => timers.size,
    next: () => {
      const timer = first();
      return timer === undefined ? null : start + timer.at;
    },
    fireNext() {
      const timer = first();
      if (timer === undefined) return;
      timers.delete(timer);
      elapsed = Math.max(elapsed, timer.at);
      timer.fire();
    },
  };
}
