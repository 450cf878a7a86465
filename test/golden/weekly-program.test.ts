import { describe, expect, it } from 'vitest';
import { clockRange } from '../../src/desired/calendar/clock-range.js';
import { localTime } from '../../src/desired/calendar/local-time.js';
import { weeklyProgram } from '../../src/desired/calendar/weekly-program.js';
import { unlockedIntervals } from '../../src/sim/unifi/hub.js';
import { weekdays, type Week } from '../../src/sim/unifi/model.js';
import { goldenClockTimes, goldenWeeks, type GoldenWeek } from '../support/golden.js';
import { wallClock } from '../support/wall-clock.js';

const day = 86_400_000;
const range = ({ start, end }: { readonly start: string; readonly end: string }): string => `${start}-${end}`;

/** The week as the vector writes it down. */
function handWritten({ week }: GoldenWeek): Record<string, readonly string[]> {
  return Object.fromEntries(weekdays.map((weekday) => [weekday, week[weekday] ?? []]));
}

/** The same in the API's own words, as a hub receives it. */
function onTheHub(vector: GoldenWeek): Week {
  const days = Object.entries(handWritten(vector)).map(([weekday, ranges]) => [
    weekday,
    ranges.map((text) => {
      const [start_time = '', end_time = ''] = text.split('-');
      return { start_time, end_time };
    }),
  ]);
  return Object.fromEntries(days) as Week;
}

function noon({ zone, today }: GoldenWeek): number {
  return wallClock(zone).startOf(today) + day / 2;
}

describe.each(['plain-weeks.json', 'clock-changes.json', 'crowded-days.json'])('%s', (file) => {
  const vectors = goldenWeeks(file);

  it.each(vectors.map((vector) => [vector.name, vector] as const))('rendered: %s', (_, vector) => {
    const windows = vector.windows.map(([start, end]) => ({ start: Date.parse(start), end: Date.parse(end) }));
    const now = vector.now === undefined ? noon(vector) : Date.parse(vector.now);
    const program = weeklyProgram(windows, localTime(vector.zone), now, vector.horizon ?? 7);
    const rendered = Object.fromEntries(weekdays.map((weekday) => [weekday, program.week[weekday].map(range)]));
    expect(rendered).toEqual(handWritten(vector));
    expect(program.leftOut.map((each) => `${each.date} ${range(each.range)}`)).toEqual(vector.leftOut ?? []);
    expect(program.from).toBe(vector.today);
  });

  it.each(vectors.map((vector) => [vector.name, vector] as const))('followed by a hub: %s', (_, vector) => {
    const wall = wallClock(vector.zone);
    const from = wall.startOf(vector.today);
    // Seven local dates, whatever clocks do.
    const to = wall.startOf(new Date(Date.parse(`${vector.today}T00:00:00Z`) + 7 * day).toISOString().slice(0, 10));
    const open = unlockedIntervals({ weekly: onTheHub(vector), timeZone: vector.zone }, from, to);
    const iso = (instant: number): string => new Date(instant).toISOString();
    expect(open.map((span) => [iso(span.from), iso(span.to)])).toEqual(
      vector.open.map(([start, end]) => [iso(Date.parse(start)), iso(Date.parse(end))]),
    );
  });
});

describe('clock-times.json', () => {
  it.each(goldenClockTimes('clock-times.json').map((vector) => [`${vector.zone}, ${vector.name}`, vector] as const))('%s', (_, vector) => {
    const window = clockRange(vector.range, vector.date, localTime(vector.zone));
    const iso = (instant: number): string => new Date(instant).toISOString();
    expect(window === null ? null : [iso(window.start), iso(window.end)]).toEqual(
      vector.window === null ? null : vector.window.map((text) => iso(Date.parse(text))),
    );
  });
});
