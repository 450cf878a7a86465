/** The only source of time. Code that needs "now" takes it as an argument or takes this port. */
export interface Clock {
  /** Milliseconds since the epoch in the controller's world; `--now` moves it. */
  now(): number;
  /** Milliseconds of real time since some fixed point, never set back. */
  monotonic(): number;
  /** Calls `fire` once after `ms` of real time. Returns its cancellation. The timer keeps no process alive. */
  after(ms: number, fire: () => void): () => void;
}

function after(ms: number, fire: () => void): () => void {
  // Node's timers overflow past 2^31-1 ms and would fire at once.
  const timer = setTimeout(fire, Math.min(ms, 2_147_483_647));
  timer.unref();
  return () => {
    clearTimeout(timer);
  };
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now(), after };

/** A clock set to `instant`; frozen, or ticking from there with real time. */
export function clockAt(instant: number, ticking: boolean): Clock {
  const start = performance.now();
  return {
    now: () => (ticking ? instant + Math.round(performance.now() - start) : instant),
    monotonic: () => performance.now(),
    after,
  };
}

export function delay(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(new Error('aborted'));
      return;
    }
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    function abort(): void {
      cancel();
      reject(new Error('aborted'));
    }
    signal?.addEventListener('abort', abort, { once: true });
  });
}
