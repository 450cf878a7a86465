import { describe, expect, it } from 'vitest';
import { newOpenings, suddenGain } from '../../src/desired/calendar/sudden-gain.js';
import { localTime } from '../../src/desired/calendar/local-time.js';
import type { Booking } from '../../src/desired/model.js';
import { holdOpenings, type HoldInputs } from '../../src/controller/held-openings.js';
import { booking, calendarOf, doorGroup, roomMapping } from '../support/declarations.js';

const now = '2026-11-23T06:00:00-05:00';
const at = Date.parse(now);
const local = localTime('America/New_York');
const hour = 3_600_000;

/** Half-hour events, four a day from Monday on, each in a room of its own time. */
function events(n: number, prefix: string, days: number, room = 'Gym'): Booking[] {
  return Array.from({ length: n }, (_, index) => {
    const start = at + ((index % days) * 24 + 2 + Math.floor(index / days)) * hour;
    return booking({ eventId: `${prefix}${index}`, room, at: `${new Date(start).toISOString()}/${new Date(start + hour / 2).toISOString()}` });
  });
}

const known = events(12, 'known', 6);
const more = (n: number): Booking[] => events(n, 'more', 6).map((each) => moved(each, 5 * hour));

function moved(each: Booking, by: number): Booking {
  const event = {
    ...each.event,
    startsAt: each.event.startsAt + by,
    endsAt: each.event.endsAt + by,
    publishedStartsAt: each.event.publishedStartsAt + by,
    publishedEndsAt: each.event.publishedEndsAt + by,
  };
  return { ...each, event, start: each.start + by, end: each.end + by };
}

const compute = (bookings: readonly Booking[]) => calendarOf({ bookings, now, days: 14 });
const ids = (bookings: readonly Booking[]): ReadonlySet<string> => new Set(bookings.map(({ id }) => id));

function hold(added: readonly Booking[], inputs: Partial<HoldInputs> & { readonly before?: readonly Booking[]; readonly waiting?: ReadonlySet<string> } = {}) {
  const { before = known, waiting = new Set<string>(), ...rest } = inputs;
  const unjudged = new Set([...ids(added)].filter((id) => !waiting.has(id)));
  return holdOpenings(
    { bookings: [...before, ...added], compute, news: { unjudged: () => unjudged, waiting: () => waiting }, guarded: true, approved: new Set(), key: 'k', local, ...rest },
    at,
  );
}

const windows = (held: ReturnType<typeof hold>): number => held.calendar.groups.flatMap((group) => group.windows).length;

describe('many new bookings at once', () => {
  it.each([
    ['21 beside 12 wait', known, 21, 21],
    ['20 beside 12 do not', known, 20, 0],
    ['21 beside 9 do not: the week is too small to tell', known.slice(0, 9), 21, 0],
    ['21 beside 21 do not: they only double the week', events(21, 'known', 6), 21, 0],
    ['24 beside 21 wait', events(21, 'known', 6), 24, 24],
    ['21 beside nothing do not', [], 21, 0],
  ])('%s', (_, before, count, waiting) => {
    const result = hold(more(count), { before });
    expect(result.held).toHaveLength(waiting);
    expect(result.waiting.size).toBe(waiting);
    expect(windows(result)).toBe(before.length + count - waiting);
  });

  it('counts what opens a door and is not over', () => {
    const gone = more(30).map((each) => moved(each, -14 * 24 * hour));
    expect(hold(gone).hash).toBeNull();
    expect(hold(more(30).map((each) => ({ ...each, room: 'Attic' }))).hash).toBeNull();
  });

  it('asks for a later week, too', () => {
    const week = (each: Booking): Booking => moved(each, 7 * 24 * hour);
    expect(hold(more(30).map(week)).hash).toBeNull();
    expect(hold(more(30).map(week), { before: [...known, ...events(12, 'later', 6).map(week)] }).held).toHaveLength(30);
  });

  it('shows them as held, and everything else as it is', () => {
    const result = hold(more(21));
    expect(result.hash).toMatch(/^[0-9a-f]{12}$/);
    expect(result.reason).toContain(`sexton approve plan/${result.hash ?? ''}`);
    expect(result.calendar.groups[0]?.held.filter(({ reason }) => reason === 'SuddenGain')).toHaveLength(21);
    expect(result.calendar.bookings.filter(({ state }) => state === 'Held')).toHaveLength(21);
    expect(result.calendar.bookings.filter(({ state }) => state === 'Open')).toHaveLength(12);
  });

  it('counts also what opens beside a door that waits for a person already', () => {
    const doors = { doorGroups: [doorGroup('gym'), doorGroup('annex', { maxContinuous: '10m' })], roomMappings: [roomMapping('rooms', { rooms: [{ name: 'Gym', doorGroups: ['gym', 'annex'] }] })] };
    const result = hold(more(21), { compute: (bookings) => calendarOf({ bookings, now, days: 14, ...doors }) });
    expect(result.held.map((each) => each.doorGroup)).toEqual(Array.from({ length: 21 }, () => 'gym'));
    const [gym, annex] = result.calendar.groups;
    expect(gym?.windows).toHaveLength(12);
    expect(gym?.held.filter(({ reason }) => reason === 'SuddenGain')).toHaveLength(21);
    expect(annex?.held.filter(({ reason }) => reason === 'MaxContinuous')).toHaveLength(33);
    expect(result.calendar.bookings.filter(({ reason }) => reason.includes('maxContinuous') && reason.includes('sexton approve plan/'))).toHaveLength(21);
  });

  it('does not ask on the first program, nor when an operator changed a resource, too', () => {
    expect(hold(more(40), { guarded: false }).hash).toBeNull();
  });

  it('waits on, once it waits, whatever changes', () => {
    const added = more(21);
    const result = hold(added.slice(0, 5), { waiting: ids(added), guarded: false });
    expect(result.held).toHaveLength(5);
    const unmapped = holdOpenings(
      {
        bookings: [...known, ...added],
        compute: (bookings) => calendarOf({ bookings, now, roomMappings: [roomMapping('rooms', { rooms: [{ name: 'Hall', doorGroups: ['gym'] }] })] }),
        news: { unjudged: () => new Set(), waiting: () => ids(added) },
        guarded: true,
        approved: new Set(),
        key: 'k',
        local,
      },
      at,
    );
    expect(unmapped.waiting.size).toBe(21);
  });
});

describe('releasing', () => {
  it('opens exactly what was approved; a window that changed is asked again', () => {
    const added = more(21);
    const first = hold(added);
    const approved = new Set(first.held.map(({ operation }) => operation));
    const released = hold(added, { approved, waiting: ids(added) });
    expect([released.hash, released.waiting.size, windows(released)]).toEqual([null, 0, 33]);
    expect(released.released).toHaveLength(21);
    const later = [...added.slice(1), moved(added[0]!, hour / 2)];
    const rest = hold(later, { approved, waiting: ids(added) });
    expect(rest.held.map(({ eventId }) => eventId)).toEqual([added[0]!.event.id]);
    expect(windows(rest)).toBe(32);
  });

  it('lets a booking go when all that it opens is released', () => {
    const both = {
      compute: (bookings: readonly Booking[]) =>
        calendarOf({ bookings, now, doorGroups: [doorGroup('gym'), doorGroup('lobby')], roomMappings: [roomMapping('rooms', { rooms: [{ name: 'Gym', doorGroups: ['gym', 'lobby'] }] })] }),
    };
    const first = hold(more(21), both);
    expect(first.held).toHaveLength(42);
    const half = new Set(first.held.filter((each) => each.doorGroup === 'gym').map(({ operation }) => operation));
    const result = hold(more(21), { ...both, approved: half, waiting: ids(more(21)) });
    expect(result.waiting.size).toBe(21);
    expect(result.released).toEqual([]);
  });

  it('has one name for one plan, whatever the order', () => {
    expect(hold([...more(21)].reverse()).hash).toBe(hold(more(21)).hash);
    expect(hold(more(22)).hash).not.toBe(hold(more(21)).hash);
  });
});

describe('openings', () => {
  it('are of one occurrence and door group, with their windows united', () => {
    const rooms = [booking({ room: 'Gym', at: '2026-11-23T18:00-05:00/2026-11-23T20:00-05:00' }), booking({ room: 'Gym', resourceId: '2', at: '2026-11-23T18:00-05:00/2026-11-23T20:00-05:00' })];
    const found = newOpenings(compute(rooms).bookings, ids(rooms), at);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ doorGroup: 'gym', windows: [{ start: Date.parse('2026-11-23T18:00-05:00') }], bookings: [...ids(rooms)].sort() });
    expect(suddenGain(found, compute([]).groups, local, at)).toBeNull();
  });
});
