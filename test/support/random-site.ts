import fc from 'fast-check';
import type { SpecOf } from '../../src/api/resource.js';
import { addDays } from '../../src/desired/calendar/local-time.js';
import { booking, doorGroup, eventOverride, officeHours, roomMapping, safeHours, type SiteDraft } from './declarations.js';
import { todays, zones } from './generators.js';
import { wallClock, type WallClock } from './wall-clock.js';

export const groupNames = ['gym', 'lobby', 'office'] as const;
export const eventNames = ['Choir', 'Youth'] as const;

/** Everything that a site can declare, few enough of each that rules meet. */
export type RandomSite = SiteDraft &
  Required<Pick<SiteDraft, 'zone' | 'now' | 'doorGroups' | 'roomMappings' | 'officeHours' | 'eventOverrides' | 'bookings'>> & { readonly today: string; readonly wall: WallClock };

type Closure = SpecOf<'OfficeHours'>['closures'][number];

const minute = 60_000;
const walls = new Map(zones.map((zone) => [zone, wallClock(zone)]));
const group = fc.constantFrom(...groupNames);
const groups = fc.uniqueArray(group, { minLength: 1 });
const duration = fc.constantFrom('0m', '15m', '90m');
const rarely = fc.integer({ min: 0, max: 3 }).map((n) => n === 0);
const quarter = fc.integer({ min: 0, max: 95 }).map((n) => `${String(Math.floor(n / 4)).padStart(2, '0')}:${String((n % 4) * 15).padStart(2, '0')}`);
const range = fc.tuple(quarter, quarter).map(([from, to]) => `${from}-${to}`);
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
/** Leaves out what is undefined, as a file would. */
const given = <T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };

const room = fc.record({ name: fc.constantFrom('Gym', 'Hall'), doorGroups: groups, lead: optional(duration) });
const mapping = fc.record({
  suspend: rarely,
  timesFrom: fc.constantFrom('Published', 'Event', 'Booking' as const),
  lag: optional(duration),
  rooms: fc.array(room, { maxLength: 2 }),
  exclude: fc.array(
    fc.oneof(
      fc.record({ eventName: fc.constantFrom(...eventNames), doorGroups: optional(groups) }),
      fc.record({ roomContains: fc.constantFrom('gym', 'hall') }),
    ),
    { maxLength: 1 },
  ),
  onlyLocationContains: optional(fc.constant('campus')),
});
const hours = fc.record({
  suspend: rarely,
  weekly: fc.array(fc.record({ days: fc.subarray(['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const, { minLength: 1 }), hours: range.map((text) => [text]), doorGroups: groups }), { maxLength: 2 }),
  closure: optional(fc.record({ day: fc.integer({ min: 0, max: 6 }), clocks: optional(fc.tuple(quarter, quarter)), scope: fc.constantFrom('OfficeHours', 'Everything' as const), doorGroups: optional(groups) })),
  opening: optional(fc.record({ day: fc.integer({ min: 0, max: 6 }), hours: range, doorGroups: groups })),
});
const override = fc.record({
  suspend: rarely,
  event: fc.constantFrom(...eventNames),
  by: fc.constantFrom('eventName', 'eventNameContains', 'eventId' as const),
  day: optional(fc.integer({ min: 0, max: 6 })),
  priority: fc.integer({ min: 0, max: 1 }),
  action: fc.constantFrom('Adjust', 'Adjust', 'Adjust', 'Approve', 'Approve', 'Cancel', 'Deny' as const),
  doors: fc.uniqueArray(
    fc.oneof(
      fc.record({ name: group, windows: fc.array(fc.record({ open: quarter, close: quarter }), { maxLength: 2 }) }),
      fc.record({ name: group, lead: optional(duration), lag: optional(duration) }),
    ),
    { minLength: 1, maxLength: 2, selector: ({ name }) => name },
  ),
  approved: fc.array(fc.record({ doorGroup: group, start: fc.integer({ min: -90, max: 600 }), length: fc.integer({ min: 1, max: 900 }) }), { maxLength: 2 }),
});
const occurrence = fc.record({
  event: fc.constantFrom(...eventNames),
  start: fc.integer({ min: -96, max: 672 }).map((n) => n * 15),
  length: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 3_000 })),
  setup: fc.constantFrom(0, 0, 60, 240),
  location: fc.constantFrom('Campus', 'Campus', 'elsewhere'),
  rooms: fc.uniqueArray(fc.record({ room: fc.constantFrom('gym ', 'HALL', 'Attic'), approval: fc.constantFrom('Approved', 'Approved', 'Approved', 'Pending', 'Rejected' as const) }), { minLength: 1, maxLength: 2, selector: ({ room: name }) => name }),
});

export const randomSites: fc.Arbitrary<RandomSite> = fc
  .record({
    zone: fc.constantFrom(...zones),
    today: todays,
    unlocks: fc.tuple(...groupNames.map(() => fc.record({ lead: duration, lag: duration, maxContinuous: fc.constantFrom('2h', '16h', '60h') }))),
    mappings: fc.array(mapping, { minLength: 1, maxLength: 2 }),
    hours: fc.array(hours, { maxLength: 2 }),
    overrides: fc.array(override, { maxLength: 4 }),
    gate: optional(fc.record({ default: fc.constantFrom('05:00-23:00', '00:00-24:00', '06:00-02:00'), preApproved: fc.subarray([...eventNames], { maxLength: 1 }), outside: fc.constantFrom('Hold', 'Clamp' as const) })),
    occurrences: fc.array(occurrence, { maxLength: 4 }),
    nowMinute: fc.integer({ min: 0, max: 1_300 }),
  })
  .map((draft) => {
    const wall = walls.get(draft.zone)!;
    const midnight = wall.startOf(draft.today);
    const iso = (minutes: number): string => new Date(midnight + minutes * minute).toISOString();
    const date = (day: number): string => addDays(draft.today, day);
    return {
      zone: draft.zone,
      today: draft.today,
      wall,
      now: iso(draft.nowMinute),
      doorGroups: groupNames.map((name, index) => doorGroup(name, draft.unlocks[index])),
      roomMappings: draft.mappings.map(({ rooms, exclude, ...rest }, index) => roomMapping(`rooms-${index}`, { ...given(rest), rooms: rooms.map(given), exclude: exclude.map((each) => given(each)) })),
      officeHours: draft.hours.map(({ suspend, weekly, closure, opening }, index) =>
        officeHours(`hours-${index}`, {
          suspend,
          weekly,
          closures: closure === undefined ? [] : [closureOf(closure, date)],
          openings: opening === undefined ? [] : [{ date: date(opening.day), hours: [opening.hours], doorGroups: opening.doorGroups }],
        }),
      ),
      eventOverrides: draft.overrides.map(({ suspend, event, by, day, priority, action, doors, approved }, index) => {
        const match = { [by]: event, ...(day === undefined ? {} : { date: date(day) }) };
        const windows = approved.map(({ doorGroup: name, start, length }) => ({ doorGroup: name, start: iso(start * 15), end: iso((start + length) * 15) }));
        return eventOverride(`override-${index}`, match, { suspend, priority, action, ...(action === 'Adjust' ? { doorGroups: doors.map(given) } : {}), ...(action === 'Approve' ? { approvedWindows: windows } : {}) });
      }),
      safeHours: draft.gate === undefined ? null : safeHours(draft.gate),
      bookings: draft.occurrences.flatMap(({ event, start, length, setup, location, rooms }, index) =>
        rooms.map(({ room: name, approval }, part) =>
          booking({
            event, eventId: event, instanceId: String(index), room: name, approval, location,
            at: `${iso(start)}/${iso(start + length)}`,
            setup: `${iso(start - setup)}/${iso(start + length + setup / 4)}`,
            booked: `${iso(start - part * 30)}/${iso(start + length)}`,
          }),
        ),
      ),
    };
  });

interface ClosureDraft {
  readonly day: number;
  readonly clocks?: readonly [string, string] | undefined;
  readonly scope: Closure['scope'];
  readonly doorGroups?: readonly string[] | undefined;
}

function closureOf({ day, clocks, scope, doorGroups }: ClosureDraft, date: (day: number) => string): Closure {
  const [from, to] = clocks === undefined ? [date(day), date(day)] : [`${date(day)}T${clocks[0]}`, `${date(day + 1)}T${clocks[1]}`];
  return { from, to, scope, ...(doorGroups === undefined ? {} : { doorGroups }) };
}
