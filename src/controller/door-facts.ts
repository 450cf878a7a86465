import { calendar, type Calendar } from '../desired/calendar/calendar.js';
import { addDays } from '../desired/calendar/local-time.js';
import { calendarDeclarations, suspensionEnd } from '../desired/calendar/site.js';
import { weeklyProgram, type WeeklyProgram } from '../desired/calendar/weekly-program.js';
import type { Instant } from '../desired/model.js';
import { scheduleNameOf, type DesiredGroup } from '../plan/doors/group.js';
import type { RemovedGroup } from '../plan/doors/plan-doors.js';
import type { ResourceReading } from '../store/resource-store.js';
import { inForce, type PlaneDeps } from './plane.js';

/** What the doors plane wants, before it looks at UniFi. */
export interface DoorFacts {
  readonly calendar: Calendar;
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

export function doorFacts(reading: ResourceReading, deps: PlaneDeps, now: Instant): DoorFacts {
  const { local, horizon } = deps;
  const declarations = calendarDeclarations(inForce(reading), now, local);
  const bookings = deps.bookings?.state().snapshot?.items ?? [];
  const planned = calendar({ declarations, bookings, local, days: daysAhead }, now);
  const windows = new Map(planned.groups.map((group) => [group.doorGroup, group.windows]));
  const programs = new Map(
    declarations.doorGroups.map(({ name }) => [name, weeklyProgram(windows.get(name) ?? [], local, now, horizon)]),
  );
  // Without a first snapshot nobody knows whether an event opens these doors now: what UniFi holds stays.
  const waiting = deps.bookings !== null && deps.bookings.state().snapshot === null;
  const mapped = new Set(declarations.roomMappings.flatMap(({ spec }) => spec.rooms.flatMap(({ doorGroups }) => doorGroups)));
  const acceptedAt = new Map(reading.resources.flatMap((each) => (each.kind === 'DoorGroup' ? [[each.name, each.acceptedAt ?? '']] : [])));
  const groups = declarations.doorGroups.map(({ name, spec, suspended }): DesiredGroup => ({
    name,
    spec,
    suspended,
    acceptedAt: acceptedAt.get(name) ?? '',
    week: programs.get(name)?.week ?? weeklyProgram([], local, now, horizon).week,
    unknown: waiting && mapped.has(name) ? 'Planning Center has not been read yet; what UniFi holds stays as it is' : null,
  }));
  const suspensions = inForce(reading).flatMap(({ spec }) => ('suspend' in spec ? (suspensionEnd(spec, local) ?? []) : []));
  return {
    calendar: planned,
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
