import { mergeConditions, type Condition } from '../api/conditions.js';
import { checkReferences, formatReference } from '../api/references.js';
import type { Resource } from '../api/resource.js';
import { hoursOutlook } from '../desired/calendar/hours-outlook.js';
import { isSuspended } from '../desired/calendar/site.js';
import type { LocalTime } from '../desired/calendar/local-time.js';
import type { Instant } from '../desired/model.js';
import { isoInstant, isoSeconds } from '../runtime/instant.js';
import type { ResourceReading, StatusUpdate, StoredResource } from '../store/resource-store.js';
import type { ReadyInputs } from './conditions.js';
import type { KindStatus, StatusContext } from './status-context.js';
import { declaredConditions, doorGroupStatus } from './door-status.js';
import { localSpan } from './local-span.js';
import { tierMappingStatus } from './member-status.js';
import { staleness, type DoorsReport, type MembersReport, type SourceReport } from './report.js';

export interface Reports {
  readonly doors: DoorsReport | null;
  readonly members: MembersReport | null;
}

/**
 * The whole set of statuses, as far as the planes have reported. A version that its plane has not worked with yet keeps
 * the status of the one before; a new resource has none. Pure: the same reports give the same bytes, but for the moment
 * a condition changes.
 */
export function resourceStatuses(reading: ResourceReading, reports: Reports, local: LocalTime, now: Instant): StatusUpdate[] {
  const inForce = reading.resources.flatMap(({ accepted }) => (accepted === null ? [] : [accepted]));
  const broken = new Map<Resource, string[]>();
  for (const reference of checkReferences(inForce)) {
    broken.set(reference.resource, [...(broken.get(reference.resource) ?? []), formatReference(reference)]);
  }
  const context: StatusContext = {
    local,
    now,
    inputs: (stored) => ({
      stored,
      brokenReferences: stored.accepted === null ? [] : (broken.get(stored.accepted) ?? []),
      suspended: suspensionOf(stored, reading, local, now),
      stale: staleOf(stored, reports, now),
      braked: null,
      blocked: blockedBy(stored, reports),
    }),
  };
  return reading.resources.flatMap((stored): StatusUpdate[] => {
    const { kind, name, file, line } = stored;
    const status = statusOf(stored, reports, context, now);
    return status === null ? [] : [{ kind, name, file, line, status }];
  });
}

/** Null: there is nothing to say of it yet. */
function statusOf(stored: StoredResource, reports: Reports, context: StatusContext, now: Instant): Readonly<Record<string, unknown>> | null {
  const next = kindStatus(stored, reports, context);
  const previous: readonly Condition[] = stored.status?.conditions ?? [];
  const refused = stored.refused === null ? {} : { refused: { since: stored.refused.since, problems: stored.refused.problems } };
  if (next === null) {
    if (stored.status === null && stored.refused === null) return null;
    const { observedGeneration, specHash } = stored.status ?? {};
    return {
      ...(observedGeneration === undefined ? {} : { observedGeneration }),
      ...(specHash === undefined ? {} : { specHash }),
      conditions: previous,
      ...refused,
      ...withoutShared(stored.status ?? {}),
    };
  }
  const specHash = stored.specHash ?? stored.status?.specHash;
  return {
    ...(stored.accepted?.metadata.generation === undefined ? {} : { observedGeneration: stored.accepted.metadata.generation }),
    // Of what was in force, also once the state directory has lost it: its file says so then.
    ...(specHash === undefined ? {} : { specHash }),
    conditions: mergeConditions(previous, next.conditions, isoSeconds(now)),
    ...refused,
    ...next.fields,
  };
}

function withoutShared(status: object): Readonly<Record<string, unknown>> {
  const shared = new Set(['observedGeneration', 'specHash', 'conditions', 'refused']);
  return Object.fromEntries(Object.entries(status).filter(([field]) => !shared.has(field)));
}

/** Null: its plane has not worked with this version yet. */
function kindStatus(stored: StoredResource, reports: Reports, context: StatusContext): KindStatus | null {
  const { doors, members } = reports;
  const report = stored.kind === 'TierMapping' ? members : doors;
  const unseen = stored.specHash !== null && report?.seen.get(`${stored.kind}/${stored.name}`) !== stored.specHash;
  if (unseen) return null;
  if (isOf(stored, 'TierMapping')) return members === null ? null : tierMappingStatus(stored, members, context);
  if (doors === null) return null;
  if (isOf(stored, 'DoorGroup')) return doorGroupStatus(stored, doors, context);
  if (isOf(stored, 'RoomMapping')) {
    const report = doors.calendar.mappings.find(({ name }) => name === stored.name);
    if (report === undefined || stored.accepted === null) return { conditions: declaredConditions(stored, context, {}), fields: {} };
    const { seen, mapped, excluded, unmapped, unmappedRooms } = report;
    const summary = `${mapped} of ${seen} bookings mapped, ${excluded} excluded, ${unmapped} unmapped`;
    return {
      conditions: declaredConditions(stored, context, { summary }),
      fields: { roomCount: stored.accepted.spec.rooms.length, bookings: { seen, mapped, excluded, unmapped }, unmappedRooms },
    };
  }
  if (isOf(stored, 'OfficeHours')) {
    if (stored.accepted === null) return { conditions: declaredConditions(stored, context, {}), fields: {} };
    return officeHoursStatus(stored, stored.accepted, context);
  }
  if (isOf(stored, 'EventOverride')) {
    const report = doors.calendar.overrides.find(({ name }) => name === stored.name);
    if (report === undefined) return { conditions: declaredConditions(stored, context, {}), fields: {} };
    const { matched, nextOccurrence, overridden } = report;
    const match = stored.accepted?.spec.match;
    const pinned = match?.startsAt === undefined ? match?.date : context.local.dateOf(Date.parse(match.startsAt));
    const over = matched === 0 && pinned !== undefined && pinned < context.local.dateOf(context.now) ? '; its date is past and the file can be removed' : '';
    const lost = overridden.map(({ doorGroup, by }) => `${doorGroup} to EventOverride/${by}`).join(', ');
    const summary = `matches ${matched} ${matched === 1 ? 'occurrence' : 'occurrences'}${over}${lost === '' ? '' : `; yields ${lost} (Overridden)`}`;
    return {
      conditions: declaredConditions(stored, context, { summary }),
      fields: { matched, nextOccurrence: nextOccurrence === null ? null : isoInstant(nextOccurrence) },
    };
  }
  if (stored.accepted === null) return { conditions: declaredConditions(stored, context, {}), fields: {} };
  const { pending, denied } = doors.waiting;
  const summary = `${pending.length} ${pending.length === 1 ? 'event waits' : 'events wait'} for approval, ${denied.length} denied`;
  return {
    conditions: declaredConditions(stored, context, { summary }),
    fields: { pendingCount: pending.length, deniedCount: denied.length, pending, denied },
  };
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** A one-off opening that is over stays in its file, which nobody removes but its owner: the status says that it may go. */
function officeHoursStatus(stored: StoredResource<'OfficeHours'>, { spec, metadata }: Resource<'OfficeHours'>, context: StatusContext): KindStatus {
  const { local, now } = context;
  const { weekly, closures, openings, next } = hoursOutlook({ name: metadata.name, spec, suspended: false }, local, now);
  const over = weekly + closures + openings === 0 && spec.closures.length + spec.openings.length > 0;
  const summary = over ? 'over: nothing of it is in force or to come, and the file can be removed' : `${counted(weekly, 'weekly entry', 'weekly entries')}; in force or to come: ${counted(closures, 'closure')}, ${counted(openings, 'opening')}`;
  return {
    conditions: declaredConditions(stored, context, { summary }),
    fields: { weeklyCount: weekly, closureCount: closures, openingCount: openings, next: next === null ? null : `${next.what} ${localSpan(next, local)}` },
  };
}

function isOf<K extends StoredResource['kind']>(stored: StoredResource, kind: K): stored is StoredResource<K> {
  return stored.kind === kind;
}

function suspensionOf({ accepted }: StoredResource, reading: ResourceReading, local: LocalTime, now: Instant): string | null {
  if (reading.suspended !== null) return reading.suspended;
  if (accepted === null || !('suspend' in accepted.spec) || !isSuspended(accepted.spec, now, local)) return null;
  return accepted.spec.suspendReason ?? 'spec.suspend is true';
}

function staleOf({ kind }: StoredResource, { doors, members }: Reports, now: Instant): ReadyInputs['stale'] {
  const source: SourceReport | undefined = kind === 'TierMapping' ? members?.source : kind === 'SafeHours' || kind === 'OfficeHours' ? undefined : doors?.source;
  if (source?.state?.failure == null) return null;
  const state = staleness(source, now);
  const since = isoSeconds(source.state.failure.since);
  return { ready: state !== 'TooStale', message: `failing since ${since}: ${source.state.failure.message}` };
}

function blockedBy({ kind }: StoredResource, { doors, members }: Reports): ReadyInputs['blocked'] {
  if (kind === 'RoomMapping' && doors?.source.state === null) {
    return { reason: 'SourceMissing', message: 'the configuration has no planningCenter, so no room is ever booked' };
  }
  if (kind === 'TierMapping' && members?.source.state === null) {
    return { reason: 'SourceMissing', message: 'the configuration has no civicrm, so there are no members' };
  }
  return null;
}
