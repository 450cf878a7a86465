import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDays, datesBetween, localTime, weekdayOf } from '../../src/desired/calendar/local-time.js';
import { zones } from '../support/generators.js';
import { wallClock } from '../support/wall-clock.js';
import { runs } from '../support/property-runs.js';

const minute = 60_000;
const day = 86_400_000;

const instants = fc.integer({ min: Date.parse('2024-01-01T00:00:00Z') / minute, max: Date.parse('2033-01-01T00:00:00Z') / minute }).map((n) => n * minute);
const clockMinutes = fc.integer({ min: 0, max: 1439 });

const text = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

/** Every instant at which the zone's clocks show this date and time, asked of Intl minute by minute. */
function occurrences(zone: string, date: string, minutes: number): number[] {
  const { at } = wallClock(zone);
  const wall = Date.parse(`${date}T00:00:00Z`) + minutes * minute;
  const shown = `${date}T${text(minutes)}`;
  const found: number[] = [];
  // Offsets are quarters of an hour between UTC-12 and UTC+14.
  for (let instant = wall - 14 * 60 * minute; instant <= wall + 12 * 60 * minute; instant += 15 * minute) {
    if (at(instant) === shown) found.push(instant);
  }
  return found;
}

describe('local time against Intl', () => {
  const clocks = new Map(zones.map((zone) => [zone, { local: localTime(zone), wall: wallClock(zone) }]));

  it('reads date and minute of any instant as Intl does', () => {
    fc.assert(
      fc.property(fc.constantFrom(...clocks.values()), instants, ({ local, wall }, instant) => {
        expect(`${local.dateOf(instant)}T${text(local.minuteOf(instant))}`).toBe(wall.at(instant));
      }),
      runs(2_000),
    );
  });

  it('finds the first occurrence to open and the last to close; a skipped time is the first instant after the gap', () => {
    fc.assert(
      fc.property(fc.constantFrom(...clocks.keys()), instants, clockMinutes, (zone, instant, minutes) => {
        const { local, wall } = clocks.get(zone)!;
        const date = local.dateOf(instant);
        const found = occurrences(zone, date, minutes);
        if (found.length > 0) {
          expect(local.instantOf(date, minutes, 'open')).toBe(found[0]);
          expect(local.instantOf(date, minutes, 'close')).toBe(found.at(-1));
          return;
        }
        const after = local.instantOf(date, minutes, 'open');
        expect(local.instantOf(date, minutes, 'close')).toBe(after);
        expect(wall.at(after) > `${date}T${text(minutes)}`).toBe(true);
        expect(wall.at(after - 1) < `${date}T${text(minutes)}`).toBe(true);
      }),
      runs(150),
    );
  });

  // Random days rarely change their clocks; these do, each with every minute around the change.
  it.each([
    ['America/New_York', '2026-03-08'],
    ['America/New_York', '2026-11-01'],
    ['Europe/Berlin', '2026-03-29'],
    ['Europe/Berlin', '2026-10-25'],
    ['Australia/Sydney', '2026-04-05'],
    ['Australia/Sydney', '2026-10-04'],
    ['Australia/Lord_Howe', '2026-04-05'],
    ['Australia/Lord_Howe', '2026-10-04'],
    ['America/Havana', '2026-03-08'],
    ['America/Havana', '2026-11-01'],
    ['Asia/Beirut', '2026-03-29'],
    ['Asia/Beirut', '2026-10-24'],
    ['Pacific/Apia', '2011-12-29'],
  ])('every clock time of a changing day: %s %s', (zone, date) => {
    const local = localTime(zone);
    const wall = wallClock(zone);
    const start = wall.startOf(date);
    const shown = new Map<string, number[]>();
    for (let instant = start; instant < start + 27 * 60 * minute; instant += minute) {
      const key = wall.at(instant);
      shown.set(key, [...(shown.get(key) ?? []), instant]);
    }
    const inOrder = [...shown].map(([key, [first]]) => ({ key, first: first! }));
    for (let minutes = 0; minutes < 1440; minutes += 5) {
      const key = `${date}T${text(minutes)}`;
      const found = shown.get(key);
      const next = inOrder.find((each) => each.key > key)!.first;
      expect([key, local.instantOf(date, minutes, 'open')]).toEqual([key, found?.[0] ?? next]);
      expect([key, local.instantOf(date, minutes, 'close')]).toEqual([key, found?.at(-1) ?? next]);
    }
  });

  it('a date begins where its first minute is shown first, and ends where the next begins', () => {
    fc.assert(
      fc.property(fc.constantFrom(...clocks.values()), instants, ({ local, wall }, instant) => {
        const date = local.dateOf(instant);
        const { start, end } = local.dayOf(date);
        expect(start <= instant && instant < end).toBe(true);
        expect(wall.dateAt(start)).toBe(date);
        expect(wall.dateAt(start - 1) < date).toBe(true);
        expect(local.instantOf(date, 1440, 'close')).toBe(end);
        expect(local.startOf(addDays(date, 1))).toBe(end);
        expect(local.isPlain(date)).toBe(end - start === day);
      }),
      runs(500),
    );
  });

  it('24:00 is where the date ends, also where midnight occurs twice', () => {
    const havana = localTime('America/Havana');
    expect(new Date(havana.instantOf('2026-10-31', 1440, 'close')).toISOString()).toBe('2026-11-01T04:00:00.000Z');
    expect(new Date(havana.instantOf('2026-11-01', 0, 'close')).toISOString()).toBe('2026-11-01T05:00:00.000Z');
  });

  it('a date that a zone left out begins and ends where the next does', () => {
    const apia = localTime('Pacific/Apia');
    expect(apia.dayOf('2011-12-30')).toEqual({ start: apia.startOf('2011-12-31'), end: apia.startOf('2011-12-31') });
  });

  it('refuses a zone that does not exist', () => {
    expect(() => localTime('Europe/Atlantis')).toThrow(/Europe\/Atlantis/);
  });
});

describe('dates', () => {
  it('knows weekdays, month ends and leap years', () => {
    expect(weekdayOf('2026-11-23')).toBe('monday');
    expect(weekdayOf('2026-11-29')).toBe('sunday');
    expect(addDays('2028-02-28', 1)).toBe('2028-02-29');
    expect(addDays('2026-03-01', -1)).toBe('2026-02-28');
    expect(datesBetween('2026-12-30', '2027-01-02')).toEqual(['2026-12-30', '2026-12-31', '2027-01-01', '2027-01-02']);
    expect(datesBetween('2026-12-30', '2026-12-29')).toEqual([]);
  });
});
