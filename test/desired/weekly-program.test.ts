import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDays, localTime } from '../../src/desired/calendar/local-time.js';
import { canonicalWeek, emptyWeek, sameWeek, weeklyProgram } from '../../src/desired/calendar/weekly-program.js';
import type { Interval } from '../../src/desired/model.js';
import { unlockedIntervals } from '../../src/sim/unifi/hub.js';
import { weekdays } from '../../src/sim/unifi/model.js';
import { todays, windowsAround, zones } from '../support/generators.js';
import { onTheHub } from '../support/hub.js';
import { subtractSpans, unionSpans, type Span } from '../support/spans.js';
import { wallClock } from '../support/wall-clock.js';
import { runs } from '../support/property-runs.js';

const minute = 60_000;

/** What the windows promise on these dates: whole minutes, the closing one included, nothing beyond a midnight at 24:00. */
function promised(windows: readonly Interval[], dates: readonly Span[]): Span[] {
  return unionSpans(
    windows.flatMap(({ start, end }) =>
      dates.flatMap((date): Span[] => {
        const from = Math.max(start, date[0]);
        const to = Math.min(end, date[1]);
        if (from >= to) return [];
        return [[Math.floor(from / minute) * minute, to === date[1] ? to : Math.floor(to / minute) * minute + minute]];
      }),
    ),
  );
}

const clocks = new Map(zones.map((zone) => [zone, { local: localTime(zone), wall: wallClock(zone) }]));

const weeks = fc
  .record({
    zone: fc.constantFrom(...zones),
    today: todays,
    horizon: fc.integer({ min: 3, max: 7 }),
    nowOffset: fc.integer({ min: 0, max: 22 * 60 }),
  })
  .chain((week) => windowsAround(clocks.get(week.zone)!.wall.startOf(week.today)).map((windows) => ({ ...week, windows })));

describe('a hub that follows the rendered program', () => {
  it('is open exactly when a window covers the instant, up to the rendered minute; a subset inside repeated hours', () => {
    fc.assert(
      fc.property(weeks, ({ zone, today, horizon, nowOffset, windows }) => {
        const { local, wall } = clocks.get(zone)!;
        const starts = Array.from({ length: 8 }, (_, index) => wall.startOf(addDays(today, index)));
        const span = (index: number): Span => [starts[index]!, starts[index + 1]!];
        const now = starts[0]! + nowOffset * minute;
        const program = weeklyProgram(windows, local, now, horizon);
        expect(program.leftOut).toEqual([]);

        const [from, to] = [starts[0]!, starts[7]!];
        const open = unlockedIntervals({ weekly: onTheHub(program.week), timeZone: zone }, from, to).map((each): Span => [each.from, each.to]);
        const wanted = promised(windows, Array.from({ length: horizon }, (_, index) => span(index)));
        // Never outside, not for a second.
        expect(subtractSpans(open, wanted)).toEqual([]);
        const repeated = wall.repeated(from, to).map(([start, end]): Span => [start, end]);
        expect(subtractSpans(subtractSpans(wanted, open), repeated)).toEqual([]);
      }),
      runs(300),
    );
  });

  it('also through the autumn nights, where windows begin and end around the change', () => {
    const nights = fc.constantFrom(
      ['America/New_York', '2026-11-01'],
      ['Europe/Berlin', '2026-10-25'],
      ['Australia/Lord_Howe', '2026-04-05'],
      ['America/Havana', '2026-11-01'],
      ['Asia/Beirut', '2026-10-24'],
    ) as fc.Arbitrary<[(typeof zones)[number], string]>;
    const edges = fc.array(fc.tuple(fc.integer({ min: -60, max: 1_560 }), fc.integer({ min: 1, max: 180 })), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(nights, edges, fc.integer({ min: 0, max: 59 }), ([zone, today], drafts, seconds) => {
        const { local, wall } = clocks.get(zone)!;
        const [from, to] = [wall.startOf(today), wall.startOf(addDays(today, 1))];
        const windows = drafts.map(([offset, length]) => {
          const start = from + offset * minute + seconds * 1_000;
          return { start, end: start + length * minute };
        });
        const program = weeklyProgram(windows, local, from + minute, 7);
        const open = unlockedIntervals({ weekly: onTheHub(program.week), timeZone: zone }, from, to).map((each): Span => [each.from, each.to]);
        const wanted = promised(windows, [[from, to]]);
        const repeated = wall.repeated(from, to).map(([start, end]): Span => [start, end]);
        expect(subtractSpans(open, wanted)).toEqual([]);
        expect(subtractSpans(subtractSpans(wanted, open), repeated)).toEqual([]);
        // Inside the repeated hours: a minute that every occurrence wants is held.
        for (const [start, end] of repeated) {
          const half = (end - start) / 2;
          const inside = ([a, b]: Span, shift: number): Span => [Math.max(a, start) + shift, Math.min(b, start + half) + shift];
          const first = wanted.map((each) => inside(each, 0)).filter(([a, b]) => a < b);
          const second = wanted.map(([a, b]): Span => [Math.max(a, start + half) - half, Math.min(b, end) - half]).filter(([a, b]) => a < b);
          const both = subtractSpans(first, subtractSpans(first, second));
          expect(subtractSpans(both, open)).toEqual([]);
          // And one that an occurrence does not want is not.
          expect(subtractSpans(open.map((each) => inside(each, 0)).filter(([a, b]) => a < b), both)).toEqual([]);
        }
      }),
      runs(150),
    );
  });

  it('does not depend on the order of the windows, nor on how they are split', () => {
    fc.assert(
      fc.property(weeks, fc.integer({ min: 1, max: 99 }), ({ zone, today, horizon, windows }, percent) => {
        const { local, wall } = clocks.get(zone)!;
        const now = wall.startOf(today) + 12 * 60 * minute;
        const program = weeklyProgram(windows, local, now, horizon);
        const split = windows.flatMap(({ start, end }) => {
          const middle = start + Math.floor(((end - start) * percent) / 100);
          return [{ start: middle, end }, { start, end: middle }].filter((each) => each.start < each.end);
        });
        expect(weeklyProgram([...windows].reverse(), local, now, horizon)).toEqual(program);
        expect(weeklyProgram(split, local, now, horizon)).toEqual(program);
      }),
      runs(200),
    );
  });

  it('changes at no minute of the day, only with the date', () => {
    fc.assert(
      fc.property(weeks, ({ zone, today, horizon, nowOffset, windows }) => {
        const { local, wall } = clocks.get(zone)!;
        const start = wall.startOf(today);
        expect(weeklyProgram(windows, local, start + nowOffset * minute, horizon)).toEqual(weeklyProgram(windows, local, start, horizon));
      }),
      runs(100),
    );
  });
});

describe('a day with more than twenty ranges', () => {
  it('holds twenty of them at most, every one wanted, and reports the rest', () => {
    const local = localTime('America/New_York');
    const start = local.startOf('2026-11-23');
    const slots = fc.uniqueArray(fc.integer({ min: 0, max: 140 }), { minLength: 15, maxLength: 40 });
    fc.assert(
      fc.property(slots, fc.integer({ min: 0, max: 1_439 }), (tens, nowMinute) => {
        // Five minutes in every ten, so that none of them touch.
        const windows = tens.map((ten) => ({ start: start + ten * 10 * minute, end: start + (ten * 10 + 5) * minute }));
        const program = weeklyProgram(windows, local, start + nowMinute * minute, 7);
        const monday = program.week.monday;
        expect(monday.length).toBe(Math.min(20, tens.length));
        const open = unlockedIntervals({ weekly: onTheHub(program.week), timeZone: local.zone }, start, start + 1_440 * minute);
        const wanted = promised(windows, [[start, start + 1_440 * minute]]);
        expect(subtractSpans(open.map((each): Span => [each.from, each.to]), wanted)).toEqual([]);
        // What is left out is later than everything that is held, and not over yet.
        const last = monday.at(-1)!.start;
        expect(program.leftOut.every(({ range }) => range.start > last)).toBe(true);
        const past = tens.filter((ten) => ten * 10 + 5 < nowMinute).length;
        expect(program.leftOut.length).toBe(Math.max(0, tens.length - 20 - Math.min(past, Math.max(0, tens.length - 20))));
      }),
      runs(200),
    );
  });
});

describe('comparing weeks', () => {
  it('sees the same week whatever the order of its ranges', () => {
    const morning = { start: '09:00:00', end: '10:00:59' };
    const evening = { start: '18:00:00', end: '20:00:59' };
    const a = { ...emptyWeek, monday: [morning, evening] };
    expect(sameWeek(a, { ...emptyWeek, monday: [evening, morning] })).toBe(true);
    expect(sameWeek(a, { ...emptyWeek, monday: [morning] })).toBe(false);
    expect(sameWeek(a, { ...emptyWeek, tuesday: [morning, evening] })).toBe(false);
    expect(Object.keys(canonicalWeek(a))).toEqual([...weekdays]);
  });
});
