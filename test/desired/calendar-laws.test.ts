import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDays } from '../../src/desired/calendar/local-time.js';
import type { Booking } from '../../src/desired/model.js';
import { weekdays } from '../../src/sim/unifi/model.js';
import { calendarOf, doorGroup, eventOverride, officeHours, roomMapping, type SiteDraft } from '../support/declarations.js';
import { todays, zones } from '../support/generators.js';
import { subtractSpans, unionSpans, type Span } from '../support/spans.js';
import { wallClock, type WallClock } from '../support/wall-clock.js';
import { runs } from '../support/property-runs.js';

const minute = 60_000;
const names = ['gym', 'lobby', 'office'] as const;
const clocks = new Map(zones.map((zone) => [zone, { wall: wallClock(zone) }]));

const minutesOf = (duration: string): number => Number(duration.slice(0, -1));
const durations = fc.constantFrom('0m', '15m', '90m');
const someGroups = fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 });
const clock = fc.integer({ min: 0, max: 95 }).map((quarter) => `${String(Math.floor(quarter / 4)).padStart(2, '0')}:${String((quarter % 4) * 15).padStart(2, '0')}`);

/** One site, small enough to be judged minute by minute, with times in minutes from the start of today. */
const drafts = fc.record({
  zone: fc.constantFrom(...zones),
  today: todays,
  groups: fc.tuple(durations, durations, fc.constantFrom('2h', '16h')),
  rooms: fc.array(fc.record({ room: fc.constantFrom('Gym', 'Hall'), doorGroups: someGroups, lead: fc.option(durations, { nil: undefined }) }), { maxLength: 3 }),
  excluded: fc.option(fc.record({ event: fc.constantFrom('Choir', 'Youth'), doorGroups: fc.option(someGroups, { nil: undefined }) }), { nil: undefined }),
  bookings: fc.array(
    fc.record({
      event: fc.constantFrom('Choir', 'Youth'),
      room: fc.constantFrom('gym ', 'HALL', 'Attic'),
      start: fc.integer({ min: -1_440, max: 10_000 }),
      length: fc.integer({ min: 1, max: 1_500 }),
      approval: fc.constantFrom('Approved', 'Approved', 'Approved', 'Pending', 'Rejected' as const),
    }),
    { maxLength: 6 },
  ),
  hours: fc.array(fc.record({ days: fc.subarray([...weekdays], { minLength: 1 }), from: clock, to: clock, doorGroups: someGroups }), { maxLength: 2 }),
  closure: fc.option(fc.record({ start: fc.integer({ min: 0, max: 6 }), scope: fc.constantFrom('OfficeHours', 'Everything' as const), doorGroups: fc.option(someGroups, { nil: undefined }) }), { nil: undefined }),
  override: fc.option(fc.constantFrom('Choir', 'Youth'), { nil: undefined }),
});
type Draft = typeof drafts extends fc.Arbitrary<infer T> ? T : never;

function siteOf(draft: Draft): SiteDraft & { readonly now: string; readonly zone: string } {
  const { wall } = clocks.get(draft.zone)!;
  const midnight = wall.startOf(draft.today);
  const [lead, lag, maxContinuous] = draft.groups;
  const bookings = draft.bookings.map(({ event, room, start, length, approval }, index): Booking => {
    const from = midnight + start * minute;
    const span = { startsAt: from, endsAt: from + length * minute, publishedStartsAt: from, publishedEndsAt: from + length * minute };
    const occurrence = { id: event, instanceId: String(index), name: event, location: null, allDay: false, blockout: false, ...span };
    return { id: String(index), event: occurrence, resourceId: room, room, start: from, end: from + length * minute, approval };
  });
  const closure = draft.closure === undefined ? [] : [{ from: addDays(draft.today, draft.closure.start), to: addDays(draft.today, draft.closure.start), scope: draft.closure.scope, ...(draft.closure.doorGroups === undefined ? {} : { doorGroups: draft.closure.doorGroups }) }];
  return {
    zone: draft.zone,
    now: new Date(midnight + 600 * minute).toISOString(),
    doorGroups: names.map((name) => doorGroup(name, { lead, lag, maxContinuous })),
    roomMappings: [
      roomMapping('rooms', {
        rooms: draft.rooms.map(({ room, doorGroups, lead: own }) => ({ name: room, doorGroups, ...(own === undefined ? {} : { lead: own }) })),
        exclude: draft.excluded === undefined ? [] : [{ eventName: draft.excluded.event, ...(draft.excluded.doorGroups === undefined ? {} : { doorGroups: draft.excluded.doorGroups }) }],
      }),
    ],
    officeHours: [officeHours('hours', { weekly: draft.hours.map(({ days, from, to, doorGroups }) => ({ days, hours: [`${from}-${to}`], doorGroups })), closures: closure })],
    eventOverrides: draft.override === undefined ? [] : [eventOverride('eo', { eventName: draft.override })],
    bookings,
  };
}

/** The rules read a second time, as plainly as they can be said: what may open this group at all. Events only. */
function released(draft: Draft, group: string, wall: WallClock): Span[] {
  const midnight = wall.startOf(draft.today);
  const [lead, lag, maxContinuous] = draft.groups;
  return draft.bookings.flatMap(({ event, room, start, length, approval }) => {
    if (approval !== 'Approved' || event === draft.override) return [];
    if (draft.excluded?.event === event && (draft.excluded.doorGroups?.includes(group as 'gym') ?? true)) return [];
    return draft.rooms.flatMap((entry): Span[] => {
      if (entry.room.toLowerCase() !== room.trim().toLowerCase() || !entry.doorGroups.includes(group as 'gym')) return [];
      const from = midnight + (start - minutesOf(entry.lead ?? lead)) * minute;
      const to = midnight + (start + length + minutesOf(lag)) * minute;
      if (to - from > (maxContinuous === '2h' ? 120 : 960) * minute) return [];
      for (let instant = from; instant < to; instant += minute) {
        const shown = wall.at(instant);
        if (shown.slice(11) < '05:00' || shown.slice(11) >= '23:00') return [];
      }
      const { closure } = draft;
      const closed = closure?.scope === 'Everything' && (closure.doorGroups?.includes(group as 'gym') ?? true);
      return closed ? subtractSpans([[from, to]], [[wall.startOf(addDays(draft.today, closure.start)), wall.startOf(addDays(draft.today, closure.start + 1))]]) : [[from, to]];
    });
  });
}

function windowSpans(site: SiteDraft, group: string): Span[] {
  return (calendarOf(site).groups.find(({ doorGroup: name }) => name === group)?.windows ?? []).map(({ start, end }): Span => [start, end]);
}

describe('random sites, the rules read a second time', () => {
  it('events open exactly what the rules, read a second time, release', () => {
    fc.assert(
      fc.property(drafts, (draft) => {
        const { wall } = clocks.get(draft.zone)!;
        const site = { ...siteOf(draft), officeHours: siteOf(draft).officeHours!.map((each) => officeHours(each.name, { closures: each.spec.closures })) };
        for (const group of names) expect(windowSpans(site, group)).toEqual(unionSpans(released(draft, group, wall)));
      }),
      runs(250),
    );
  });

  it('standing hours open only inside their clock times, never on a closed date', () => {
    fc.assert(
      fc.property(drafts, (draft) => {
        const { wall } = clocks.get(draft.zone)!;
        const site = { ...siteOf(draft), bookings: [] };
        const midnight = wall.startOf(draft.today);
        const repeated = wall.repeated(midnight - 2_880 * minute, midnight + 14_400 * minute);
        for (const group of names) {
          for (const [from, to] of windowSpans(site, group)) {
            for (let instant = from; instant < to; instant += 15 * minute) {
              const [date = '', time = ''] = wall.at(instant).split('T');
              const on = (day: string): string => weekdays[(new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7]!;
              const wanted = draft.hours.some(({ days, from: open, to: close, doorGroups }) => {
                if (!doorGroups.includes(group)) return false;
                const sameDay = days.includes(on(date) as 'monday') && time >= open && (close <= open || time < close);
                const dayBefore = days.includes(on(addDays(date, -1)) as 'monday') && close <= open && time < close;
                return sameDay || dayBefore;
              });
              // Between the two occurrences of a repeated time a declared range stays open.
              const twice = repeated.some(([a, b]) => a <= instant && instant < b);
              expect([wall.at(instant), wanted || twice]).toEqual([wall.at(instant), true]);
              const closed = draft.closure !== undefined && (draft.closure.doorGroups?.includes(group) ?? true) && date === addDays(draft.today, draft.closure.start);
              expect(closed).toBe(false);
            }
          }
        }
      }),
      runs(50),
    );
  });
});
