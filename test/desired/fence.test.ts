import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fenceGroup, fenceUntil, holdsFence, isFence } from '../../src/desired/calendar/fence.js';
import { addDays, localTime } from '../../src/desired/calendar/local-time.js';
import { unlockedIntervals, type HubReading } from '../../src/sim/unifi/hub.js';
import { goldenFences } from '../support/golden.js';
import { todays, zones } from '../support/generators.js';
import { wallClock } from '../support/wall-clock.js';
import { runs } from '../support/property-runs.js';

const vectors = goldenFences('fence-bodies.json');

describe('fence-bodies.json', () => {
  it.each(vectors.map((vector) => [vector.name, vector] as const))('%s', (_, { zone, today, horizon, until, group, dates, beyond }) => {
    const fence = fenceGroup(today, horizon, localTime(zone));
    const next = (date: string): string => new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
    const entry = (date: string, end: string): unknown => ({ name: `Sexton ${today} ${date}`, repeat: false, start: `${date}T00:00:00Z`, end: `${end}T00:00:00Z` });
    expect(fence.name).toBe(group);
    expect(fence.entries).toEqual(dates.map((date) => entry(date, next(date))));
    expect(fence.beyond).toEqual(entry(beyond[0], beyond[1]));
    expect(fence.until).toBe(until);
    expect(fenceUntil(group, localTime(zone))).toBe(until);
  });
});

describe('a fence', () => {
  const fence = fenceGroup('2026-11-21', 7, localTime('America/New_York'));

  it('is known by its name alone', () => {
    expect(isFence(fence.name)).toBe(true);
    for (const name of ['Sexton owner', 'Sexton fence', 'Sexton fence 2026-11-21', `${fence.name} copy`, 'Church holidays', 'sexton fence 2026-11-21 abcdef']) {
      expect(isFence(name), name).toBe(false);
    }
    expect(fenceUntil('Sexton fence 2026-11-21 000000', localTime('America/New_York'))).toBeNull();
    expect(fenceUntil('Sexton fence 2026-13-41 000000', localTime('America/New_York'))).toBeNull();
  });

  it('is held whole, with or without its long entry, in any order, and not otherwise', () => {
    const { entries, beyond } = fence;
    expect(holdsFence(fence, entries)).toBe(true);
    expect(holdsFence(fence, [beyond, ...[...entries].reverse()])).toBe(true);
    expect(holdsFence(fence, entries.slice(1))).toBe(false);
    expect(holdsFence(fence, [])).toBe(false);
    expect(holdsFence(fence, [...entries, { ...beyond, end: '2026-12-01T00:00:00Z' }])).toBe(false);
    expect(holdsFence(fence, [...entries, ...entries.slice(0, 1)])).toBe(false);
    expect(holdsFence(fence, entries.map((entry, index) => (index === 9 ? { ...entry, repeat: true } : entry)))).toBe(false);
  });

  it('closes every date after the program for weeks, and none before, however a hub reads it', () => {
    const allDay = [{ start_time: '00:00:00', end_time: '23:59:59' }];
    const always = { monday: allDay, tuesday: allDay, wednesday: allDay, thursday: allDay, friday: allDay, saturday: allDay, sunday: allDay };
    fc.assert(
      fc.property(
        fc.constantFrom(...zones, 'Pacific/Honolulu', 'Europe/London'),
        todays,
        fc.integer({ min: 3, max: 7 }),
        fc.boolean(),
        fc.constantFrom('utc', 'local'),
        fc.constantFrom('exclusive', 'inclusive'),
        (zone, today, horizon, long, holidayZone, holidayEnd) => {
          const { entries, beyond, until } = fenceGroup(today, horizon, localTime(zone));
          const wall = wallClock(zone);
          const closing = wall.startOf(addDays(until, 1));
          const holidays = [...entries, ...(long ? [beyond] : [])].map((entry, index) => ({
            ...entry,
            id: String(index),
            description: '',
            is_template: false,
            start: Date.parse(entry.start),
            end: Date.parse(entry.end),
          }));
          const reading: HubReading = { emptyHoliday: 'deny', holidayZone, holidayEnd, customOverSchedule: 'extend' };
          const open = (from: number, to: number): ReturnType<typeof unlockedIntervals> =>
            unlockedIntervals({ weekly: always, timeZone: zone, holidays, holidaySchedule: [] }, from, to, reading);
          expect(open(closing, closing + (long ? 90 : 58) * 86_400_000)).toEqual([]);
          // A living controller moves it before the last date of the program comes.
          const [from, to] = [wall.startOf(today), wall.startOf(until) - 1];
          expect(open(from, to)).toEqual([{ from, to }]);
        },
      ),
      runs(60),
    );
  });
});
