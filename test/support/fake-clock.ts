import type { Clock } from '../../src/runtime/clock.js';

export interface FakeClock extends Clock {
  /** Moves both clocks on, firing every timer on its way in its order, and lets what they started settle. */
  advance(ms: number): Promise<void>;
  /** Moves the wall clock alone, as an administrator does. */
  set(now: number): void;
  readonly timers: () => number;
}

/** Lets every microtask that is due run. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

export function fakeClock(start = Date.parse('2026-11-21T12:00:00Z')): FakeClock {
  let monotonic = 0;
  let wall = start;
  const timers = new Set<{ readonly at: number; readonly fire: () => void }>();
  return {
    now: () => wall + monotonic,
    monotonic: () => monotonic,
    after(ms, fire) {
      const timer = { at: monotonic + ms, fire };
      timers.add(timer);
      return () => {
        timers.delete(timer);
      };
    },
    async advance(ms) {
      const until = monotonic + ms;
      await settle();
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        timers.delete(next);
        monotonic = Math.max(monotonic, next.at);
        next.fire();
        await settle();
      }
      monotonic = until;
      await settle();
    },
    set(now) {
      wall = now - monotonic;
    },
    timers: () => timers.size,
  };
}
