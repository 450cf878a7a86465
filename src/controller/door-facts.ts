import { calendar, type Calendar } from '../desired/calendar/calendar.js';
import { addDays } from '../desired/calendar/local-time.js';
import { calendarDeclarations, suspensionEnd, type CalendarDeclarations } from '../desired/calendar/site.js';
import { weeklyProgram, type WeeklyProgram } from '../desired/calendar/weekly-program.js';
import { without } from '../desired/intervals.js';
import type { Instant, Interval } from '../desired/model.js';
import { scheduleNameOf, type DesiredGroup } from '../plan/doors/group.js';
import type { RemovedGroup } from '../plan/doors/plan-doors.js';
import type { ResourceReading } from '../store/resource-store.js';
import type { WeekSchedule } from '../unifi/access-controller.js';
import { calendarHash, holdOpenings, type HeldOpenings } from './held-openings.js';
import { inForce, type PlaneDeps } from './plane.js';

/** What the doors plane wants, before it looks at UniFi. */
export interface DoorFacts {
  readonly calendar: Calendar;
  /** What waits for a person because it came all at once. */
  readonly openings: HeldOpenings;
  /** Of the resources that the doors go by. */
  readonly resources: string;
  readonly programs: ReadonlyMap<string, WeeklyProgram>;
  readonly groups: readonly DesiredGroup[];
  /** Confirmed absent: to revoke. */
  readonly removed: readonly RemovedGroup[];
  readonly scheduleNames: ReadonlySet<string>;
  /** Every instant at which this plan may change by itself. */
  readonly edges: readonly Instant[];
}

/** Days of standing hours looked at beyond the program, so that status can name the next window. */
const daysAhead = 14;

interface EarlierRuns {
  /** Operations that a person has released. */
  readonly approved: ReadonlySet<string>;
  /** Of the last run's resources; null: there was none in this process. */
  readonly resources: string | null;
}

/** What facts are made of, besides the directory: nothing of UniFi. */
export type FactDeps = Pick<PlaneDeps, 'local' | 'horizon' | 'daysAhead' | 'bookings' | 'newBookings' | 'ledger' | 'installationKey'>;

/** A lock rule leaves nothing in the inventory. */
function programmedBefore({ doorGroups }: CalendarDeclarations, { ledger }: Pick<FactDeps, 'ledger'>): boolean {
  return Object.keys(ledger.current().doorGroups).length > 0 || doorGroups.some(({ spec }) => spec.unlock.method === 'LockRule');
}

export function doorFacts(reading: ResourceReading, deps: FactDeps, earlier: EarlierRuns, now: Instant): DoorFacts {
  const { local, horizon } = deps;
  const declarations = calendarDeclarations(inForce(reading), now, local);
  const snapshot = deps.bookings?.state().snapshot ?? null;
  const resources = calendarHash(inForce(reading));
  const openings = holdOpenings(
    {
      bookings: snapshot?.items ?? [],
      compute: (bookings) => calendar({ declarations, bookings, local, days: deps.daysAhead ?? daysAhead }, now),
      news: deps.newBookings,
      guarded: (earlier.resources ?? resources) === resources && programmedBefore(declarations, deps),
      approved: earlier.approved,
      key: deps.installationKey,
      local,
    },
    now,
  );
  const planned = openings.calendar;
  const windows = new Map(planned.groups.map((group) => [group.doorGroup, group.windows]));
  const programs = new Map(
    declarations.doorGroups.map(({ name }) => [name, weeklyProgram(windows.get(name) ?? [], local, now, horizon)]),
  );
  // Without a first snapshot nobody knows whether an event opens these doors now: what UniFi holds stays.
  const waiting = deps.bookings !== null && snapshot === null;
  const unsettled = snapshot?.settled === false;
  const mapped = new Set([
    ...declarations.roomMappings.flatMap(({ spec }) => spec.rooms.flatMap(({ doorGroups }) => doorGroups)),
    ...declarations.eventOverrides.flatMap(({ spec }) => (spec.doorGroups ?? []).map((each) => each.name)),
  ]);
  const acceptedAt = new Map(reading.resources.flatMap((each) => (each.kind === 'DoorGroup' ? [[each.name, each.acceptedAt ?? '']] : [])));
  const groups = declarations.doorGroups.map(({ name, spec, suspended }): DesiredGroup => ({
    name,
    spec,
    suspended,
    acceptedAt: acceptedAt.get(name) ?? '',
    week: programs.get(name)?.week ?? weeklyProgram([], local, now, horizon).week,
    unknown: waiting && mapped.has(name) ? 'Planning Center has not been read yet; what UniFi holds stays as it is, less what is closed' : null,
    keeps: unsettled && mapped.has(name) ? 'Planning Center has been read once, and what it held before is not known; nothing goes until a second reading agrees' : null,
    most: (waiting || unsettled) && mapped.has(name) ? openWeek(planned.groups.find(({ doorGroup }) => doorGroup === name)?.closed ?? [], deps, now) : null,
  }));
  const suspensions = inForce(reading).flatMap(({ spec }) => ('suspend' in spec ? (suspensionEnd(spec, local) ?? []) : []));
  return {
    calendar: planned,
    openings,
    resources,
    programs,
    groups,
    removed: reading.absent.flatMap(({ kind, name, confirmed, accepted }): RemovedGroup[] => {
      if (kind !== 'DoorGroup' || !confirmed) return [];
      return [{ name, deletionPolicy: accepted.kind === 'DoorGroup' ? accepted.spec.deletionPolicy : 'Lock' }];
    }),
    scheduleNames: new Set(groups.map((group) => scheduleNameOf(group.name, group.spec))),
    edges: [
      ...planned.groups.flatMap(({ windows: all }) => all.flatMap(({ start, end }) => [start, end])),
      local.startOf(addDays(local.dateOf(now), 1)),
      ...suspensions,
    ],
  };
}

/** All that closures leave of the coming week; null when they leave all of it. */
function openWeek(closed: readonly Interval[], { local }: Pick<FactDeps, 'local'>, now: Instant): WeekSchedule | null {
  const today = local.dateOf(now);
  const week = { start: local.startOf(today), end: local.startOf(addDays(today, 7)) };
  const open = without(week, closed);
  return open.length === 1 && open[0]?.start === week.start && open[0].end === week.end ? null : weeklyProgram(open, local, now, 7).week;
}
