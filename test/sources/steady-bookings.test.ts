import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Booking } from '../../src/desired/model.js';
import { clockAt } from '../../src/runtime/clock.js';
import { TransientError } from '../../src/runtime/errors.js';
import { silentLogger } from '../../src/runtime/log.js';
import { createPolledSource } from '../../src/sources/polled-source.js';
import type { Reading } from '../../src/sources/reading.js';
import { revisionOf } from '../../src/sources/revision.js';
import type { Source } from '../../src/sources/source.js';
import { steadyBookings, type SteadyBookings } from '../../src/sources/steady-bookings.js';
import { booking } from '../support/declarations.js';

const start = Date.parse('2026-11-21T13:00:00Z');
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

function events(n: number, from = 0): Booking[] {
  return Array.from({ length: n }, (_, index) => {
    const at = start + (from + index + 2) * 4 * hour;
    return booking({ eventId: `e${from + index}`, at: `${new Date(at).toISOString()}/${new Date(at + hour).toISOString()}` });
  });
}

let directory = '';
let path = '';
let now = start;
let writes = 0;
let programmed = true;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sexton-steady-'));
  path = join(directory, 'bookings.json');
  now = start;
  writes = 0;
  programmed = true;
});
afterEach(() => rm(directory, { recursive: true, force: true }));

interface Process {
  readonly source: Source<Booking>;
  readonly steady: SteadyBookings;
  readonly lost: string | null;
  /** Polls once, a minute after the last; an error is a reading that failed. */
  readonly read: (reading: readonly Booking[] | Reading<Booking> | Error) => Promise<readonly string[]>;
}

/** A process on the state directory; the next one finds what it left. */
async function controller(readOnly = false): Promise<Process> {
  const steady = steadyBookings({
    path,
    readOnly,
    onDiskWrite: () => (writes += 1),
    // Edges that move once a day, as those of the reader do.
    rangeOf: (readAt) => ({ start: (Math.floor(readAt / day) - 1) * day, end: (Math.floor(readAt / day) + 15) * day }),
    programmed: () => programmed,
    waited: new Set(),
    log: silentLogger,
  });
  const { snapshot, lost } = await steady.load();
  let next: readonly Booking[] | Reading<Booking> | Error = [];
  const source = createPolledSource<Booking>({
    name: 'planningCenter',
    pollInterval: minute,
    clock: { ...clockAt(start, false), now: () => now },
    log: silentLogger,
    revisionOf,
    settle: (reading) => steady.settle(reading),
    ...(snapshot === null ? {} : { initial: snapshot }),
    read: () => {
      if (next instanceof Error) return Promise.reject(next);
      return Promise.resolve('items' in next ? next : { items: next });
    },
  });
  return {
    source,
    steady,
    lost,
    async read(reading) {
      next = reading;
      now += minute;
      return idsOf((await source.poll()).snapshot?.items ?? []);
    },
  };
}

const idsOf = (bookings: readonly Booking[]): string[] => bookings.map(({ event }) => event.id).sort();
const forty = events(40);

describe('bookings that vanish', () => {
  it('stay until two more readings agree, and say so', async () => {
    const { source, read } = await controller();
    await read(forty);
    expect(await read([])).toHaveLength(40);
    expect(source.state()).toMatchObject({ failure: null, snapshot: { complete: true, kept: { count: 40, since: now } } });
    expect(source.state().snapshot?.kept?.text).toContain('40 of 40');
    expect(await read([])).toHaveLength(40);
    expect(await read([])).toEqual([]);
    expect(source.state().snapshot?.kept).toBeUndefined();
  });

  it('stay through a restart at any point, an outage between, and are counted once', async () => {
    await (await controller()).read(forty);
    expect(await (await controller()).read([])).toHaveLength(40);
    const third = await controller();
    expect(third.source.state().snapshot?.kept?.count).toBe(40);
    expect(await third.read(new TransientError('down', { code: 'ServerError' }))).toHaveLength(40);
    now += 40 * hour;
    // One of the forty was over before yesterday.
    expect(await third.read(events(3, 200))).toHaveLength(42);
    expect(await (await controller()).read(events(3, 200))).toEqual(idsOf(events(3, 200)));
  });

  it('are gone at once when they are few', async () => {
    const { read } = await controller();
    await read(forty);
    expect(await read(forty.slice(20))).toHaveLength(20);
    // Together with those from before, more than half of a day's largest reading: what goes now waits, nothing comes back.
    expect(await read(forty.slice(21))).toHaveLength(20);
  });

  it('wake listeners when they vanish, when a reading agrees, and when they are believed', async () => {
    const { source, read } = await controller();
    let changes = 0;
    await read(forty);
    await read(forty);
    source.onChange(() => (changes += 1));
    await read(forty);
    expect(changes).toBe(0);
    for (const expected of [1, 2, 3, 3]) {
      await read([]);
      expect(changes).toBe(expected);
    }
  });
});

describe('a first reading where doors were opened before', () => {
  it('is settled by a second one that agrees, also in another process', async () => {
    const first = await controller();
    await first.read(forty);
    expect(first.source.state().snapshot?.settled).toBe(false);
    const second = await controller();
    await second.read(events(41));
    expect(second.source.state().snapshot?.settled).toBe(false);
    const third = await controller();
    await third.read(events(41));
    expect(third.source.state().snapshot?.settled).toBeUndefined();
  });
});

describe('the first reading of a new site', () => {
  it('counts at once, and so does the next one', async () => {
    programmed = false;
    const { source, read } = await controller();
    await read(forty);
    expect(source.state().snapshot?.settled).toBeUndefined();
    programmed = true;
    await read(forty.slice(1));
    expect(source.state().snapshot?.settled).toBeUndefined();
  });
});

describe('the file', () => {
  it('is written when something changed, not for a confirmation', async () => {
    const { read } = await controller();
    await read(forty);
    await read(forty);
    const before = writes;
    for (let poll = 0; poll < 5; poll += 1) await read(forty);
    expect(writes).toBe(before);
    await read(forty.slice(1));
    expect(writes).toBe(before + 1);
  });

  it('keeps the last good reading and its age through a restart without a calendar', async () => {
    await (await controller()).read(forty);
    const readAt = now;
    now += 5 * hour;
    const { source, read } = await controller();
    expect(await read(new TransientError('down', { code: 'ServerError' }))).toHaveLength(40);
    expect(source.state()).toMatchObject({ snapshot: { readAt, complete: true }, failure: { code: 'ServerError' } });
  });

  it('of the version before is converted: its bookings are a reading like any other', async () => {
    await writeFile(path, JSON.stringify({ version: 1, revision: revisionOf(forty), readAt: '2026-11-21T12:00:00Z', items: forty }));
    const { source, read, lost } = await controller();
    expect(lost).toBeNull();
    expect(source.state().snapshot).toMatchObject({ readAt: Date.parse('2026-11-21T12:00:00Z'), revision: revisionOf(forty) });
    expect(source.state().snapshot?.settled).toBeUndefined();
    expect(await read([])).toHaveLength(40);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ version: 2 });
  });

  it.each([
    ['garbled', '{"version": 2, "items": [{}]}'],
    ['truncated', '{"version": 2, "ite'],
    ['without its references', JSON.stringify({ version: 2, items: [], readAt: start, range: { start: 0, end: 1 }, settled: true, loss: null, unjudged: [], waiting: [] })],
  ])('%s is set aside, said, and nothing is taken for gone on its account', async (_, text) => {
    await writeFile(path, text);
    const { source, read, lost } = await controller();
    expect(lost).toContain('set aside');
    expect((await readdir(directory)).sort()).toEqual(['bookings.json.bad']);
    await read([]);
    expect(source.state().snapshot).toMatchObject({ items: [], settled: false });
  });

  it('is left alone by a command that only looks, which sees the same', async () => {
    await (await controller()).read(forty);
    const text = await readFile(path, 'utf8');
    expect(await (await controller(true)).read([])).toHaveLength(40);
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  it('of a newer program is refused', async () => {
    await writeFile(path, '{"version": 3}');
    await expect(controller()).rejects.toThrow(/newer sexton/);
  });
});

describe('new bookings', () => {
  const ids = (bookings: readonly Booking[]): Set<string> => new Set(bookings.map(({ id }) => id));

  it('are those that came after the first reading, until a run has judged them', async () => {
    const { steady, read } = await controller();
    await read(forty);
    expect(steady.openings.unjudged().size).toBe(0);
    await read([...forty, ...events(2, 40)]);
    expect(steady.openings.unjudged()).toEqual(ids(events(2, 40)));
    await steady.openings.judged(ids(events(2, 40)), ids(events(1, 40)));
    await read([...forty, ...events(3, 40)]);
    expect(steady.openings.unjudged()).toEqual(ids(events(1, 42)));
    const after = await controller();
    expect(after.steady.openings.waiting()).toEqual(ids(events(1, 40)));
    expect(after.steady.openings.unjudged()).toEqual(ids(events(1, 42)));
  });

  it('are not those of a date that was not covered before, nor made anew, nor back after a loss', async () => {
    const { steady, read } = await controller();
    await read(forty);
    await read([...forty.map((each) => ({ ...each, id: `new-${each.id}` })), ...events(1, 100)]);
    expect(steady.openings.unjudged().size).toBe(0);
    await read([]);
    await read(forty);
    expect(steady.openings.unjudged().size).toBe(0);
  });

  it('are approved ones: a request counts when it is granted', async () => {
    const { steady, read } = await controller();
    const pending = events(1, 40).map((each) => ({ ...each, approval: 'Pending' as const }));
    await read([...forty, ...pending]);
    await read([...forty, ...pending]);
    expect(steady.openings.unjudged().size).toBe(0);
    await read([...forty, ...events(1, 40)]);
    expect(steady.openings.unjudged().size).toBe(1);
  });

  it('wait on when they are moved or made anew', async () => {
    const { steady, read } = await controller();
    await read(forty);
    await read([...forty, ...events(2, 40)]);
    await steady.openings.judged(ids(events(2, 40)), ids(events(2, 40)));
    const [moved, anew] = events(2, 40).map((each, index) => (index === 0 ? { ...each, start: each.start + hour } : { ...each, id: 'anew' }));
    await read([...forty, moved!, anew!]);
    expect(steady.openings.waiting()).toEqual(new Set([moved!.id, 'anew']));
  });
});

describe('a partial reading', () => {
  it('removes nothing of what it cannot make out, whatever it held before', async () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 31 });
    await fc.assert(
      fc.asyncProperty(fc.array(numbers, { minLength: 1, maxLength: 5 }), fc.boolean(), async (listings, restarts) => {
        await rm(path, { force: true });
        const all = events(31);
        let process = await controller();
        await process.read(all);
        for (const listed of listings) {
          const names = new Set(listed.map((index) => `e${index}`));
          const items = all.filter(({ event }) => names.has(event.id));
          const partial = { code: 'SourceIncomplete', message: 'parts', keepsFromLast: ({ event }: Booking) => !names.has(event.id) };
          expect(await process.read({ items, partial })).toEqual(idsOf(all));
          if (restarts) process = await controller();
        }
      }),
      { numRuns: 60 },
    );
  });

  it('neither counts toward a loss nor ends it', async () => {
    const { read } = await controller();
    const nothing = { items: [], partial: { code: 'SourceIncomplete', message: 'parts', keepsFromLast: () => false } };
    await read(forty);
    expect(await read(nothing)).toHaveLength(40);
    expect(await read([])).toHaveLength(40);
    expect(await read(nothing)).toHaveLength(40);
    expect(await read([])).toHaveLength(40);
    expect(await read([])).toEqual([]);
  });
});
