import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fenceGroup } from '../../src/desired/calendar/fence.js';
import { addDays, localTime } from '../../src/desired/calendar/local-time.js';
import { weeklyProgram } from '../../src/desired/calendar/weekly-program.js';
import { unlockedIntervals, type HubReading, type UnlockProgram } from '../../src/sim/unifi/hub.js';
import { calendarOf } from '../support/declarations.js';
import { zones } from '../support/generators.js';
import { onTheHub } from '../support/hub.js';
import { runs } from '../support/property-runs.js';
import { groupNames, randomSites, type RandomSite } from '../support/random-site.js';
import { subtractSpans, unionSpans, type Span } from '../support/spans.js';

const minute = 60_000;
const locals = new Map(zones.map((zone) => [zone as string, localTime(zone)]));
const threeWeeks = 21;

const readings: fc.Arbitrary<HubReading> = fc.record({
  emptyHoliday: fc.constantFrom('deny', 'deny', 'deny', 'weekly' as const),
  holidayZone: fc.constantFrom('utc', 'local' as const),
  holidayEnd: fc.constantFrom('exclusive', 'inclusive' as const),
  customOverSchedule: fc.constant('extend' as const),
});

interface Written {
  readonly program: UnlockProgram;
  /** The last date of the program. */
  readonly until: string;
  readonly released: readonly Span[];
}

/** What a controller writes on a date for one group, program and fence, and what it was told to open. */
function written(site: RandomSite, group: string, { today, horizon, long }: { readonly today: string; readonly horizon: number; readonly long: boolean }): Written {
  const local = locals.get(site.zone)!;
  const now = site.wall.startOf(today) + 10_000;
  const windows = calendarOf({ ...site, now: new Date(now).toISOString(), days: 9 }).groups.find(({ doorGroup }) => doorGroup === group)?.windows ?? [];
  const { entries, beyond, until } = fenceGroup(today, horizon, local);
  const holidays = [...entries, ...(long ? [beyond] : [])].map((entry, index) => ({
    ...entry, id: String(index), description: '', is_template: false, start: Date.parse(entry.start), end: Date.parse(entry.end),
  }));
  const weekly = onTheHub(weeklyProgram(windows, local, now, horizon).week);
  return { program: { weekly, timeZone: site.zone, holidays, holidaySchedule: [] }, until, released: windows.map(({ start, end }): Span => [start, end]) };
}

function openSpans(program: UnlockProgram, [from, to]: Span, reading: HubReading): Span[] {
  return unlockedIntervals(program, from, to, reading).map((each): Span => [each.from, each.to]);
}

/** Whole minutes, the closing one included. */
function rendered(spans: readonly Span[]): Span[] {
  return unionSpans(spans.map(([from, to]): Span => [Math.floor(from / minute) * minute, Math.floor(to / minute) * minute + minute]));
}

const within = (spans: readonly Span[], [from, to]: Span): Span[] => subtractSpans(spans, [[-Infinity, from], [to, Infinity]]);

describe('random sites on hubs that read holidays in every way', () => {
  it('alive, a door is open exactly while a released window is, every minute of the coming week, up to the rendered one; a subset in a repeated hour', () => {
    fc.assert(
      fc.property(randomSites, fc.integer({ min: 3, max: 7 }), fc.boolean(), readings, fc.constantFrom(...groupNames), (site, horizon, long, reading, group) => {
        for (let index = 0; index < 7; index += 1) {
          const today = addDays(site.today, index);
          const date: Span = [site.wall.startOf(today), site.wall.startOf(addDays(today, 1))];
          const { program, released } = written(site, group, { today, horizon, long });
          const open = openSpans(program, date, reading);
          const wanted = within(released, date);
          expect(subtractSpans(open, rendered(wanted))).toEqual([]);
          expect(subtractSpans(subtractSpans(wanted, open), site.wall.repeated(...date).map(([a, b]): Span => [a, b]))).toEqual([]);
        }
      }),
      runs(200),
    );
  });

  it('dead, it is never open outside a released window for three weeks, and not at all once its program is over', () => {
    fc.assert(
      fc.property(randomSites, fc.integer({ min: 3, max: 7 }), fc.boolean(), readings, fc.constantFrom(...groupNames), (site, horizon, long, reading, group) => {
        const { program, until, released } = written(site, group, { today: site.today, horizon, long });
        const over = site.wall.startOf(addDays(until, 1));
        const span: Span = [site.wall.startOf(site.today), site.wall.startOf(addDays(site.today, threeWeeks))];
        const open = openSpans(program, span, reading);
        expect(subtractSpans(within(open, [span[0], over]), rendered(within(released, [span[0], over])))).toEqual([]);
        // A hub that takes an empty holiday for none is the exception that the status names.
        if (reading.emptyHoliday === 'deny') expect(within(open, [over, span[1]])).toEqual([]);
      }),
      runs(700),
    );
  });
});
