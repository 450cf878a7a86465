import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/runtime/clock.js';
import { TerminalError, TransientError } from '../../src/runtime/errors.js';
import { silentLogger } from '../../src/runtime/log.js';
import { pollDelay } from '../../src/sources/poll-delay.js';
import { createPolledSource } from '../../src/sources/polled-source.js';
import { mergeReading, type Reading } from '../../src/sources/reading.js';
import { revisionOf } from '../../src/sources/revision.js';
import type { Snapshot } from '../../src/sources/source.js';

interface Item {
  readonly event: string;
  readonly room: string;
}

const minute = 60_000;
const a = { event: 'a', room: 'Hall' };
const b = { event: 'b', room: 'Gym' };
const snapshotOf = (items: readonly Item[]): Snapshot<Item> => ({ items, revision: revisionOf(items), readAt: 1000, complete: true });

function partialWithout(items: readonly Item[], ...events: readonly string[]): Reading<Item> {
  return {
    items,
    partial: { code: 'SourceIncomplete', message: `events ${events.join()}`, keepsFromLast: ({ event }) => events.includes(event) },
  };
}

describe('revision', () => {
  it('ignores the order of items and of keys, and nothing else', () => {
    expect(revisionOf([a, b])).toBe(revisionOf([{ room: 'Gym', event: 'b' }, a]));
    expect(revisionOf([a, b])).toMatch(/^[0-9a-f]{12}$/);
    const different = [[], [a], [a, a], [b], [{ ...a, room: null }], [{ ...a, room: ['Hall'] }], [{ event: 'a', room: 'Hal' }]];
    expect(new Set(different.map(revisionOf)).size).toBe(different.length);
  });
});

describe('a partial reading', () => {
  it('keeps the last good bookings of the event it could not make out, and moves everything else', () => {
    const moved = { event: 'b', room: 'Chapel' };
    const merged = mergeReading(snapshotOf([a, b]), partialWithout([moved], 'a'), 2000, revisionOf);
    expect(merged.items).toEqual([moved, a]);
    expect(merged).toMatchObject({ complete: false, readAt: 2000 });
  });

  it('drops an event that is provably gone, while another one is incomplete', () => {
    expect(mergeReading(snapshotOf([a, b]), partialWithout([], 'a'), 2000, revisionOf).items).toEqual([a]);
  });

  it('opens nothing for an incomplete event that was never seen, half a one included', () => {
    expect(mergeReading(snapshotOf([b]), partialWithout([b, a], 'a'), 2000, revisionOf).items).toEqual([b]);
    expect(mergeReading(null, partialWithout([b], 'a'), 2000, revisionOf).items).toEqual([b]);
  });

  it('changes nothing when it is merged twice', () => {
    const once = mergeReading(snapshotOf([a, b]), partialWithout([b], 'a'), 2000, revisionOf);
    expect(mergeReading(once, partialWithout([b], 'a'), 2000, revisionOf)).toEqual(once);
  });
});

describe('the wait between polls', () => {
  const interval = 10 * minute;
  it.each([
    ['a success waits for the interval', { failures: 0, mayPass: true, retryAfter: null }, interval],
    ['a first failure is retried soon', { failures: 1, mayPass: true, retryAfter: null }, 5_000],
    ['the fourth failure waits longer', { failures: 4, mayPass: true, retryAfter: null }, 40_000],
    ['the hundredth waits no longer than the interval', { failures: 100, mayPass: true, retryAfter: null }, interval],
    ['a wrong key is not hurried', { failures: 1, mayPass: false, retryAfter: null }, interval],
    ['Retry-After counts', { failures: 1, mayPass: true, retryAfter: 30_000 }, 30_000],
    ['an absurd Retry-After is cut a minute past the interval', { failures: 1, mayPass: true, retryAfter: 86_400_000 }, interval + minute],
  ])('%s', (_, outcome, expected) => {
    expect(pollDelay(interval, outcome)).toBe(expected);
  });
});

/** A clock whose timers fire when the test says so. */
function manualClock(): Clock & { advance(ms: number): Promise<void>; waits: readonly number[] } {
  let now = 1_000_000;
  let timers: { at: number; fire: () => void }[] = [];
  const waits: number[] = [];
  return {
    waits,
    now: () => now,
    monotonic: () => now,
    after: (ms, fire) => {
      const timer = { at: now + ms, fire };
      timers.push(timer);
      waits.push(ms);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    async advance(ms) {
      now += ms;
      const due = timers.filter(({ at }) => at <= now);
      timers = timers.filter(({ at }) => at > now);
      for (const { fire } of due) fire();
      await new Promise(setImmediate);
    },
  };
}

function scripted(script: readonly (readonly Item[] | Error | Reading<Item>)[], initial?: Snapshot<Item>) {
  const clock = manualClock();
  const seen = { reads: 0, changes: 0 };
  const source = createPolledSource<Item>({
    name: 'planningCenter',
    pollInterval: minute,
    clock,
    log: silentLogger,
    revisionOf,
    ...(initial === undefined ? {} : { initial }),
    read: async () => {
      const step = script[Math.min(seen.reads, script.length - 1)]!;
      seen.reads += 1;
      await Promise.resolve();
      if (step instanceof Error) throw step;
      return 'items' in step ? step : { items: step };
    },
  });
  source.onChange(() => (seen.changes += 1));
  return { clock, source, seen };
}

const down = new TransientError('Planning Center failed (500).', { code: 'ServerError' });

describe('a polled source', () => {
  it('polls at once and then on its interval, until it is stopped', async () => {
    const { clock, source, seen } = scripted([[a]]);
    const stop = source.start();
    await clock.advance(0);
    expect(seen.reads).toBe(1);
    await clock.advance(minute - 1);
    expect(seen.reads).toBe(1);
    await clock.advance(1);
    expect(seen.reads).toBe(2);
    stop();
    await clock.advance(10 * minute);
    expect(seen.reads).toBe(2);
  });

  it('gives concurrent polls one reading', async () => {
    const { source, seen } = scripted([[a]]);
    const states = await Promise.all([source.poll(), source.poll(), source.poll()]);
    expect(seen.reads).toBe(1);
    expect(states[2]).toBe(states[0]);
    await source.poll();
    expect(seen.reads).toBe(2);
  });

  it('keeps the last good snapshot through an outage and says since when it fails', async () => {
    const { clock, source } = scripted([[a], down, new TransientError('late', { code: 'Timeout' }), [a]]);
    const good = (await source.poll()).snapshot;
    await clock.advance(minute);
    const first = await source.poll();
    await clock.advance(minute);
    const second = await source.poll();
    expect(second.snapshot).toBe(good);
    expect(second.failure).toEqual({ code: 'Timeout', message: 'late', since: first.failure?.since });
    expect(first.failure?.since).toBe(1_000_000 + minute);
    const recovered = await source.poll();
    expect(recovered.failure).toBeNull();
    expect(recovered.snapshot?.readAt).toBe(1_000_000 + 2 * minute);
  });

  it('wakes listeners for a new revision and for the begin and end of a failure, not for a poll', async () => {
    const { source, seen } = scripted([[a], [a], [a, b], down, down, [a, b]]);
    const changes: number[] = [];
    for (let poll = 0; poll < 6; poll += 1) {
      await source.poll();
      changes.push(seen.changes);
    }
    expect(changes).toEqual([1, 1, 2, 3, 3, 4]);
  });

  it('starts from the snapshot of an earlier process', async () => {
    const { source } = scripted([down], snapshotOf([a]));
    expect(source.state().snapshot?.items).toEqual([a]);
    expect((await source.poll()).snapshot).toEqual(snapshotOf([a]));
  });

  it('publishes a partial reading together with its failure', async () => {
    const { source } = scripted([[a, b], partialWithout([b], 'a')]);
    await source.poll();
    const state = await source.poll();
    expect(state.snapshot).toMatchObject({ items: [b, a], complete: false });
    expect(state.failure?.code).toBe('SourceIncomplete');
  });

  it('retries a failure sooner, honours Retry-After, and does not hurry a wrong key', async () => {
    const busy = new TransientError('busy', { code: 'TooManyRequests', retryAfter: 20_000 });
    const { clock, source } = scripted([down, down, busy, new TerminalError('key', { code: 'Unauthorized' }), [a]]);
    source.start();
    await clock.advance(0);
    for (let poll = 0; poll < 4; poll += 1) await clock.advance(minute);
    expect(clock.waits).toEqual([5_000, 10_000, 20_000, minute, minute]);
  });

  it('survives a listener that throws', async () => {
    const { source, seen } = scripted([[a]]);
    source.onChange(() => {
      throw new Error('listener');
    });
    expect((await source.poll()).snapshot?.items).toEqual([a]);
    expect(seen.changes).toBe(1);
  });
});
