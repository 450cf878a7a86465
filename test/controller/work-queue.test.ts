import { describe, expect, it } from 'vitest';
import { backoffDelay, createWorkQueue, type WorkQueue, type WorkResult } from '../../src/controller/work-queue.js';
import { TerminalError, TransientError } from '../../src/runtime/errors.js';
import { fakeClock, settle, type FakeClock } from '../support/fake-clock.js';

type Plane = 'doors' | 'members';

interface Bench {
  readonly clock: FakeClock;
  readonly queue: WorkQueue<Plane>;
  /** Key and second of every run's start. */
  readonly runs: string[];
  readonly errors: unknown[];
  readonly seen: string[];
  /** Ends the oldest run in flight of that plane. */
  readonly end: (key: Plane, result?: WorkResult | Error) => Promise<void>;
  /** As the newest run of that plane says that it got something done. */
  readonly gotOn: (key: Plane) => void;
}

function bench(): Bench {
  const clock = fakeClock();
  const runs: string[] = [];
  const errors: unknown[] = [];
  const seen: string[] = [];
  const progress = new Map<Plane, () => void>();
  const inFlight = new Map<Plane, ((result: WorkResult | Error) => void)[]>();
  const queue = createWorkQueue<Plane>({
    clock,
    random: () => 0,
    process: (key, gotOn) => {
      progress.set(key, gotOn);
      runs.push(`${key} ${clock.monotonic() / 1_000}`);
      return new Promise((resolve, reject) => {
        const end = (result: WorkResult | Error): void => {
          if (result instanceof Error) reject(result);
          else resolve(result);
        };
        inFlight.set(key, [...(inFlight.get(key) ?? []), end]);
      });
    },
    onError: (_, error) => errors.push(error),
    observer: {
      added: (key) => seen.push(`added ${key}`),
      depth: (key, depth) => seen.push(`depth ${key} ${depth}`),
      started: (key, waited) => seen.push(`started ${key} ${waited}`),
      finished: (key, worked) => seen.push(`finished ${key} ${worked}`),
      retried: (key) => seen.push(`retried ${key}`),
    },
  });
  return {
    clock,
    queue,
    runs,
    errors,
    seen,
    gotOn: (key) => progress.get(key)?.(),
    async end(key, result = {}) {
      await settle();
      const [first, ...rest] = inFlight.get(key) ?? [];
      if (first === undefined) throw new Error(`no run of ${key} is in flight`);
      inFlight.set(key, rest);
      first(result);
      await settle();
    },
  };
}

const transient = new TransientError('later', { code: 'Later' });

describe('one key, one run at a time', () => {
  it('added three times while queued is one run', async () => {
    const { queue, runs, end } = bench();
    queue.add('doors');
    queue.add('doors');
    queue.add('doors');
    await end('doors');
    expect(runs).toEqual(['doors 0']);
  });

  it('added three times while running is exactly one run more, after', async () => {
    const { queue, runs, end } = bench();
    queue.add('doors');
    await settle();
    queue.add('doors');
    queue.add('doors');
    queue.add('doors');
    await settle();
    expect(runs).toHaveLength(1);
    await end('doors');
    expect(runs).toHaveLength(2);
    await end('doors');
    expect(runs).toHaveLength(2);
  });

  it('added while running is run once more also when the run fails, without waiting for the backoff', async () => {
    const { queue, runs, end, clock } = bench();
    queue.add('doors');
    await settle();
    queue.add('doors');
    await end('doors', transient);
    expect(runs).toEqual(['doors 0', 'doors 0']);
    await end('doors');
    await clock.advance(600_000);
    expect(runs).toHaveLength(2);
  });

  it('planes run side by side, and one that hangs stops the other in nothing', async () => {
    const { queue, runs, end } = bench();
    queue.add('doors');
    queue.add('members');
    await end('members');
    queue.add('members');
    await settle();
    expect(runs).toEqual(['doors 0', 'members 0', 'members 0']);
  });
});

describe('running again by itself', () => {
  it('after requeueAfter, not before, once', async () => {
    const { queue, runs, end, clock } = bench();
    queue.add('doors');
    await end('doors', { requeueAfter: 10_000 });
    await clock.advance(9_999);
    expect(runs).toHaveLength(1);
    await clock.advance(1);
    expect(runs).toEqual(['doors 0', 'doors 10']);
    await end('doors');
    await clock.advance(3_600_000);
    expect(runs).toHaveLength(2);
  });

  it('the earliest wins: a run that asks for less than the one before', async () => {
    const { queue, runs, end, clock } = bench();
    queue.add('doors');
    await end('doors', { requeueAfter: 60_000 });
    queue.add('doors');
    await end('doors', { requeueAfter: 5_000 });
    await clock.advance(5_000);
    expect(runs).toEqual(['doors 0', 'doors 0', 'doors 5']);
    expect(clock.timers()).toBe(0);
  });

  it('a poke runs at once; the run decides anew when the next one is due', async () => {
    const { queue, runs, end, clock } = bench();
    queue.add('doors');
    await end('doors', { requeueAfter: 10_000 });
    await clock.advance(4_000);
    queue.add('doors');
    await end('doors', { requeueAfter: 6_000 });
    await clock.advance(6_000);
    expect(runs).toEqual(['doors 0', 'doors 4', 'doors 10']);
  });

  it('a requeue that comes due while running is one run more', async () => {
    const { queue, runs, end, clock } = bench();
    queue.add('doors');
    await end('doors', { requeueAfter: 1_000 });
    await clock.advance(1_000);
    await end('doors', { requeueAfter: 0 });
    await clock.advance(0);
    expect(runs).toHaveLength(3);
  });
});

describe('errors', () => {
  it('back off: 1, 2, 4, 8 s; a success begins again at 1 s', async () => {
    const { queue, runs, end, clock } = bench();
    queue.add('doors');
    await end('doors', transient);
    await clock.advance(1_000);
    await end('doors', transient);
    await clock.advance(2_000);
    await end('doors', new Error('unknown errors are transient'));
    await clock.advance(4_000);
    await end('doors', { requeueAfter: 1_000_000 });
    expect(runs).toEqual(['doors 0', 'doors 1', 'doors 3', 'doors 7']);
    queue.add('doors');
    await end('doors', transient);
    await clock.advance(999);
    expect(runs).toHaveLength(5);
    await clock.advance(1);
    expect(runs).toHaveLength(6);
  });

  it('grow to five minutes and no further, jitter only adds', () => {
    expect([1, 2, 3, 9, 10, 50, 5_000].map((failures) => backoffDelay(failures, 0))).toEqual([1_000, 2_000, 4_000, 256_000, 300_000, 300_000, 300_000]);
    for (const failures of [1, 5, 9]) {
      expect(backoffDelay(failures, 0.999)).toBeGreaterThan(backoffDelay(failures, 0));
      expect(backoffDelay(failures, 0.999)).toBeLessThanOrEqual(backoffDelay(failures, 0) * 1.1);
    }
    expect(backoffDelay(10, 0.999)).toBe(300_000);
  });

  it('wait at least as long as the other side asked', async () => {
    const { queue, runs, end, clock } = bench();
    queue.add('doors');
    await end('doors', new TransientError('busy', { code: 'TooManyRequests', retryAfter: 30_000 }));
    await clock.advance(29_999);
    expect(runs).toHaveLength(1);
    await clock.advance(1);
    expect(runs).toHaveLength(2);
  });

  it('run again when something else is due, however long they back off', async () => {
    const { queue, runs, end, clock } = bench();
    queue.add('doors');
    for (let failures = 1; failures <= 9; failures += 1) {
      await end('doors', transient);
      await clock.advance(backoffDelay(failures, 0));
    }
    expect(runs).toHaveLength(10);
    await end('doors', new TransientError('one door', { code: 'WriteFailed', dueIn: 40_000 }));
    await clock.advance(39_999);
    expect(runs).toHaveLength(10);
    await clock.advance(1);
    expect(runs).toHaveLength(11);
    // Not before the other side said.
    await end('doors', new TransientError('busy', { code: 'TooManyRequests', retryAfter: 60_000, dueIn: 10_000 }));
    await clock.advance(59_999);
    expect(runs).toHaveLength(11);
    await clock.advance(1);
    expect(runs).toHaveLength(12);
  });

  it('a terminal one waits for its input to change', async () => {
    const { queue, runs, errors, end, clock } = bench();
    queue.add('doors');
    await end('doors', new TerminalError('wrong token', { code: 'Unauthorized' }));
    await clock.advance(86_400_000);
    expect(runs).toHaveLength(1);
    expect(errors).toHaveLength(1);
    queue.add('doors');
    await end('doors');
    expect(runs).toHaveLength(2);
  });

  it('of one plane do not slow the other', async () => {
    const { queue, runs, end, clock } = bench();
    queue.add('doors');
    await end('doors', transient);
    queue.add('members');
    await end('members', { requeueAfter: 500 });
    await clock.advance(500);
    expect(runs).toEqual(['doors 0', 'members 0', 'members 0.5']);
  });
});

describe('stopping', () => {
  it('starts nothing any more and waits for what is in flight', async () => {
    const { queue, runs, end, clock } = bench();
    queue.add('doors');
    queue.add('members');
    await settle();
    let stopped = false;
    const stop = queue.stop().then(() => {
      stopped = true;
    });
    queue.add('doors');
    await end('doors', { requeueAfter: 1 });
    expect(stopped).toBe(false);
    await end('members', transient);
    await stop;
    await clock.advance(600_000);
    expect(runs).toHaveLength(2);
    expect(clock.timers()).toBe(0);
  });

  it('forgets what was queued and not begun, and what was due later', async () => {
    const { queue, runs, end, clock } = bench();
    queue.add('members');
    await end('members', { requeueAfter: 1_000 });
    queue.add('doors');
    await queue.stop();
    await clock.advance(10_000);
    expect(runs).toEqual(['members 0']);
  });
});

describe('what is overdue', () => {
  it('is a run that does not end, and nothing else', async () => {
    const { queue, end, clock } = bench();
    expect(queue.overdue('doors')).toBe(0);
    queue.add('doors');
    queue.add('members');
    await clock.advance(90_000);
    await end('members', { requeueAfter: 300_000 });
    expect([queue.overdue('doors'), queue.overdue('members')]).toEqual([90_000, 0]);
    await end('doors', transient);
    expect(queue.overdue('doors')).toBe(0);
    await clock.advance(60_000);
    expect(queue.overdue('members')).toBe(0);
  });

  it('is no long run that gets on', async () => {
    const { queue, end, gotOn, clock } = bench();
    queue.add('members');
    await clock.advance(90_000);
    gotOn('members');
    expect(queue.overdue('members')).toBe(0);
    await clock.advance(60_000);
    expect(queue.overdue('members')).toBe(60_000);
    await end('members');
    expect(queue.overdue('members')).toBe(0);
  });

  it('is no run that waits for its input after a terminal error', async () => {
    const { queue, end, clock } = bench();
    queue.add('doors');
    await end('doors', new TerminalError('broken', { code: 'Broken' }));
    await clock.advance(86_400_000);
    expect(queue.overdue('doors')).toBe(0);
  });

  it('is a run whose time came and that did not begin', async () => {
    const { queue, end, clock } = bench();
    queue.add('doors');
    await end('doors', { requeueAfter: 1_000 });
    await clock.advance(1_000);
    // In flight now; its time was at one second.
    await clock.advance(5_000);
    expect(queue.overdue('doors')).toBe(5_000);
  });
});

describe('numbers for metrics', () => {
  it('are what client-go counts', async () => {
    const { queue, seen, end, clock } = bench();
    queue.add('doors');
    queue.add('doors');
    await settle();
    await clock.advance(2_000);
    await end('doors', transient);
    expect(seen).toEqual(['added doors', 'depth doors 1', 'added doors', 'started doors 0', 'depth doors 0', 'retried doors', 'finished doors 2']);
  });
});
