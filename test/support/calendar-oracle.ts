import { addDays } from '../../src/desired/calendar/local-time.js';
import type { Booking } from '../../src/desired/model.js';
import type { RandomSite } from './random-site.js';
import type { Span } from './spans.js';

/**
 * The precedence read a second time, instant by instant: is this group open now? It knows wall clocks only from Intl,
 * builds no list of windows, merges nothing and shares no code with what it judges.
 */
export interface CalendarOracle {
  readonly isOpen: (group: string, instant: number) => boolean;
  /** Instants at which some answer may change. */
  readonly edges: ReadonlySet<number>;
}

type Groups = readonly string[] | null;
type Override = RandomSite['eventOverrides'][number];

interface Named {
  readonly times: Span;
  readonly lead: string | undefined;
  readonly lag: string | undefined;
  /** False: excluded by the event's name, or the mapping is suspended. */
  readonly opens: boolean;
  /** The booking does not exist for the mapping that names the door. */
  readonly gone: boolean;
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const weekdayNames = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;
const weekdayAt = (date: string): (typeof weekdayNames)[number] => weekdayNames[new Date(`${date}T00:00:00Z`).getUTCDay()]!;
const fold = (name: string): string => name.trim().toLowerCase();
const length = (duration: string): number => Number(duration.slice(0, -1)) * (duration.endsWith('h') ? hour : minute);
const covers = (spans: readonly Span[], instant: number): boolean => spans.some(([from, to]) => from <= instant && instant < to);
const speaksOf = (groups: Groups, group: string): boolean => groups === null || groups.includes(group);

export function calendarOracle(site: RandomSite): CalendarOracle {
  const edges = new Set<number>();
  const openings: { readonly group: string; readonly open: (instant: number) => boolean }[] = [];
  const noted = (spans: readonly Span[]): readonly Span[] => {
    for (const [from, to] of spans) edges.add(from).add(to);
    return spans;
  };
  const { at, range, point, dates } = clocks(site);

  const closures = site.officeHours.flatMap(({ spec }) =>
    spec.closures.map(({ from, to, scope, doorGroups }) => ({ span: [point(from, 'open'), point(to, 'close')] as Span, scope, groups: doorGroups ?? null })),
  );
  noted(closures.map(({ span }) => span));
  const isClosed = (group: string, instant: number, scopes: readonly string[]): boolean =>
    closures.some(({ span, scope, groups }) => scopes.includes(scope) && speaksOf(groups, group) && covers([span], instant));

  const safety = site.safeHours?.spec;
  const safe = noted(dates.flatMap((date) => range(safety?.days[weekdayAt(date)] ?? safety?.default ?? '05:00-23:00', date)));
  const isSafe = ([from, to]: Span): boolean => {
    for (let instant = from; instant < to; instant += minute) if (!covers(safe, instant)) return false;
    return covers(safe, to - 1);
  };

  for (const bookings of byInstance(site.bookings)) {
    const { event } = bookings[0]!;
    const matching = site.eventOverrides.filter((override) => matches(override, event, site)).sort(specificFirst);
    if (matching.some(({ spec }) => spec.action === 'Cancel' || spec.action === 'Deny')) continue;
    const existing = bookings.filter((booking) => exists(booking, site));
    for (const { name: group, spec } of site.doorGroups) {
      const { lead, lag, maxContinuous } = spec.unlock;
      const named = bookings.flatMap((booking) => namings(booking, group, site));
      const adjust = matching.find(({ spec: { action, doorGroups } }) => action === 'Adjust' && doorGroups?.some(({ name }) => name === group) === true);
      const entry = adjust?.spec.doorGroups?.find(({ name }) => name === group);
      const around = ([from, to]: Span, before: string, after: string): Span => [from - length(before), to + length(after)];
      const windows: Span[] = [];
      if (adjust === undefined || entry === undefined) {
        windows.push(...named.filter(({ opens, gone }) => opens && !gone).map((each) => around(each.times, each.lead ?? lead, each.lag ?? lag)));
      } else if (!adjust.suspended) {
        const live = named.filter(({ gone }) => !gone);
        const unnamed = named.length > 0 || existing.length === 0 ? [] : [{ times: [event.publishedStartsAt, event.publishedEndsAt] as Span, lead: undefined, lag: undefined }];
        for (const each of live.length > 0 ? live : unnamed) {
          const [before, after] = [entry.lead ?? each.lead ?? lead, entry.lag ?? each.lag ?? lag];
          if (entry.windows === undefined) windows.push(around(each.times, before, after));
          const [from, to] = each.times;
          const days = to - from < day ? [site.wall.dateAt(from)] : dates.filter((date) => at(date, '00:00', 'open') < to && at(addDays(date, 1), '00:00', 'open') > from);
          const clocked = days.flatMap((date) => (entry.windows ?? []).flatMap(({ open, close }) => range(`${open}-${close}`, date)));
          windows.push(...clocked.filter(([start]) => start <= to + length(after)));
        }
      }
      const approvals = matching.filter(({ spec: { action }, suspended }) => action === 'Approve' && !suspended).flatMap((each) => each.spec.approvedWindows ?? []);
      const approved = noted(approvals.filter(({ doorGroup }) => doorGroup === group).map(({ start, end }): Span => [Date.parse(start), Date.parse(end)]));
      for (const window of noted(windows.filter(([from, to]) => from < to))) {
        const inside = (safety?.preApproved ?? []).some((name) => fold(name) === fold(event.name)) || isSafe(window);
        const long = window[1] - window[0] > length(maxContinuous);
        const passes = (instant: number): boolean => {
          if (inside && !long) return true;
          return covers(approved, instant) || (safety?.outside === 'Clamp' && !long && covers(safe, instant));
        };
        openings.push({ group, open: (instant) => covers([window], instant) && passes(instant) && !isClosed(group, instant, ['Everything']) });
      }
    }
  }

  for (const { spec } of site.officeHours.filter(({ suspended }) => !suspended)) {
    const weekly = spec.weekly.flatMap(({ days, hours, doorGroups }) =>
      doorGroups.map((group) => ({ group, spans: dates.filter((date) => days.includes(weekdayAt(date))).flatMap((date) => hours.flatMap((text) => range(text, date))) })),
    );
    for (const { group, spans } of weekly) {
      noted(spans);
      openings.push({ group, open: (instant) => covers(spans, instant) && !isClosed(group, instant, ['OfficeHours', 'Everything']) });
    }
    for (const { from, to, date, hours, doorGroups } of spec.openings) {
      const spans = noted(from === undefined || to === undefined ? (hours ?? []).flatMap((text) => range(text, date ?? '')) : [[point(from, 'open'), point(to, 'close')]]);
      for (const group of doorGroups) openings.push({ group, open: (instant) => covers(spans, instant) && !isClosed(group, instant, ['Everything']) });
    }
  }
  return { isOpen: (group, instant) => openings.some((each) => each.group === group && each.open(instant)), edges };
}

/** Wall-clock times of the site as instants, looked for a quarter of an hour at a time. */
function clocks({ wall, today }: RandomSite) {
  const known = new Map<string, number>();
  const search = (date: string, clock: string, edge: 'open' | 'close'): number => {
    if (clock === '24:00') return wall.startOf(addDays(date, 1));
    const target = `${date}T${clock}`;
    const from = Date.parse(`${target}:00Z`) - 16 * hour;
    const quarters = Array.from({ length: 34 * 4 }, (_, index) => from + index * 15 * minute);
    const shown = quarters.filter((instant) => wall.at(instant) === target);
    return (edge === 'open' ? shown[0] : shown.at(-1)) ?? quarters.find((instant) => wall.at(instant) > target)!;
  };
  const at = (date: string, clock: string, edge: 'open' | 'close'): number => {
    const key = `${date} ${clock} ${edge}`;
    const found = known.get(key) ?? search(date, clock, edge);
    known.set(key, found);
    return found;
  };
  return {
    at,
    range: (text: string, date: string): readonly Span[] => {
      const [open = '', close = ''] = text.split('-');
      const span: Span = [at(date, open, 'open'), at(close <= open ? addDays(date, 1) : date, close, 'close')];
      return span[0] < span[1] ? [span] : [];
    },
    point: (text: string, edge: 'open' | 'close'): number => {
      const [date = '', clock] = text.split('T');
      return clock === undefined ? wall.startOf(edge === 'open' ? date : addDays(date, 1)) : at(date, clock, edge);
    },
    /** All that the events of a random site touch; standing hours of earlier days are over. */
    dates: Array.from({ length: 16 }, (_, index) => addDays(today, index - 3)),
  };
}

function byInstance(bookings: readonly Booking[]): (readonly Booking[])[] {
  const keys = [...new Set(bookings.map(({ event }) => event.instanceId))];
  return keys.map((key) => bookings.filter(({ event }) => event.instanceId === key));
}

function matches({ spec: { match } }: Override, event: Booking['event'], { wall }: RandomSite): boolean {
  const starts = [event.startsAt, event.publishedStartsAt];
  return (
    (match.eventId === undefined || match.eventId === event.id) &&
    (match.eventName === undefined || fold(match.eventName) === fold(event.name)) &&
    (match.eventNameContains === undefined || fold(event.name).includes(fold(match.eventNameContains))) &&
    (match.startsAt === undefined || starts.includes(Date.parse(match.startsAt))) &&
    (match.date === undefined || starts.some((start) => wall.dateAt(start) === match.date))
  );
}

function specificFirst(a: Override, b: Override): number {
  const fields = ['startsAt', 'date', 'eventId', 'eventName', 'eventNameContains'] as const;
  const decisive = fields.find((field) => (a.spec.match[field] === undefined) !== (b.spec.match[field] === undefined));
  if (decisive !== undefined) return a.spec.match[decisive] === undefined ? 1 : -1;
  return b.spec.priority - a.spec.priority || (a.name < b.name ? -1 : 1);
}

type Mapping = RandomSite['roomMappings'][number];

/** Why a mapping does not know the booking; null: it does, if it names its room. */
function foreignTo({ spec }: Mapping, { room, event }: Booking): 'campus' | 'room' | null {
  if (spec.onlyLocationContains !== undefined && !fold(event.location ?? '').includes(fold(spec.onlyLocationContains))) return 'campus';
  return spec.exclude.some(({ roomContains }) => roomContains !== undefined && fold(room).includes(fold(roomContains))) ? 'room' : null;
}

function roomsOf({ spec }: Mapping, { room }: Booking): Mapping['spec']['rooms'] {
  return spec.rooms.filter(({ name }) => name !== undefined && fold(name) === fold(room));
}

function exists(booking: Booking, { roomMappings }: RandomSite): boolean {
  if (booking.approval !== 'Approved' || booking.event.blockout) return false;
  if (roomMappings.some((mapping) => foreignTo(mapping, booking) === null && roomsOf(mapping, booking).length > 0)) return true;
  const foreign = roomMappings.filter((mapping) => foreignTo(mapping, booking) !== null);
  const named = foreign.some((mapping) => foreignTo(mapping, booking) === 'room' || roomsOf(mapping, booking).length > 0);
  return foreign.length === 0 || (foreign.length < roomMappings.length && !named);
}

/** Every time that a mapping names the group for the room of the booking. */
function namings(booking: Booking, group: string, { roomMappings }: RandomSite): Named[] {
  const { event } = booking;
  return roomMappings.flatMap((mapping) => {
    const { timesFrom, exclude, lead, lag } = mapping.spec;
    const times: Record<typeof timesFrom, Span> = { Published: [event.publishedStartsAt, event.publishedEndsAt], Event: [event.startsAt, event.endsAt], Booking: [booking.start, booking.end] };
    const excluded = exclude.some(({ eventName, doorGroups }) => eventName !== undefined && fold(eventName) === fold(event.name) && speaksOf(doorGroups ?? null, group));
    const gone = booking.approval !== 'Approved' || event.blockout || foreignTo(mapping, booking) !== null;
    return roomsOf(mapping, booking)
      .filter(({ doorGroups }) => doorGroups.includes(group))
      .map((room) => ({ times: times[timesFrom], lead: room.lead ?? lead, lag: room.lag ?? lag, opens: !mapping.suspended && !excluded, gone }));
  });
}
