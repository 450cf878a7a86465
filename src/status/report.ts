import type { Applied } from '../apply/outcome.js';
import type { Calendar, GroupCalendar } from '../desired/calendar/calendar.js';
import type { WeeklyProgram } from '../desired/calendar/weekly-program.js';
import type { DesiredPerson } from '../desired/members/people.js';
import type { Instant } from '../desired/model.js';
import type { DoorChange } from '../plan/doors/changes.js';
import type { GroupPlan } from '../plan/doors/plan-doors.js';
import type { GuardedPlan } from '../plan/members/guards.js';
import type { MembersPlan } from '../plan/members/plan-members.js';
import type { SourceName, SourceState } from '../sources/source.js';
import type { ResourceReading } from '../store/resource-store.js';
import type { UnifiDoor } from '../unifi/access-controller.js';

/** Hash of the accepted spec that a run worked with, by `Kind/name`: it says nothing of any other version. */
export type SeenVersions = ReadonlyMap<string, string>;

export function seenVersions({ resources }: ResourceReading): SeenVersions {
  return new Map(resources.flatMap(({ kind, name, specHash }) => (specHash === null ? [] : [[`${kind}/${name}`, specHash] as const])));
}

/** What one reconcile of a plane saw, wanted and did. Status, view and events are computed from it alone. */
export interface DoorsReport {
  readonly plane: 'doors';
  readonly at: Instant;
  readonly seen: SeenVersions;
  /** Why nothing was changed, whatever the plan: a suspended directory, a clock that is off. Null: changes may go. */
  readonly withheld: string | null;
  readonly dryRun: boolean;
  readonly calendar: Calendar;
  readonly groups: readonly GroupReport[];
  /** Groups whose file is gone and that are not wholly revoked. */
  readonly removed: readonly RemovedReport[];
  readonly doors: readonly UnifiDoor[];
  readonly source: SourceReport;
}

export interface GroupReport {
  /** After the changes of this run: what is left to do. */
  readonly plan: GroupPlan;
  readonly calendar: GroupCalendar;
  readonly program: WeeklyProgram;
  readonly failed: readonly Applied<DoorChange>[];
  /** Changes that this run made. */
  readonly done: readonly DoorChange[];
}

export interface RemovedReport {
  readonly name: string;
  /** False: waits for the second reading. */
  readonly confirmed: boolean;
  readonly changes: readonly DoorChange[];
  readonly failed: readonly Applied<DoorChange>[];
}

export interface MembersReport {
  readonly plane: 'members';
  readonly at: Instant;
  readonly seen: SeenVersions;
  /** Null: there is no TierMapping, or it is suspended; nothing was planned. */
  readonly result: MembersResult | null;
  readonly withheld: string | null;
  readonly dryRun: boolean;
  readonly source: SourceReport;
}

export interface MembersResult {
  readonly people: readonly DesiredPerson[];
  readonly plan: MembersPlan;
  /** What is left to do after this run, held or failed. */
  readonly guarded: GuardedPlan;
  readonly failed: ReadonlyMap<number, { readonly code: string; readonly message: string }>;
  /** Changes made, by verb. */
  readonly done: Readonly<Record<string, number>>;
}

export interface SourceReport {
  readonly name: SourceName;
  /** Null: not in the configuration. */
  readonly state: Omit<SourceState<unknown>, 'snapshot'> & {
    readonly snapshot: { readonly items: number; readonly revision: string; readonly readAt: Instant; readonly complete: boolean } | null;
  } | null;
  readonly pollInterval: number;
}

export function sourceReport(
  name: SourceName,
  source: { readonly pollInterval: number; state(): SourceState<unknown> } | null,
): SourceReport {
  if (source === null) return { name, state: null, pollInterval: 0 };
  const { snapshot, failure, warnings } = source.state();
  const counted = snapshot === null ? null : { ...snapshot, items: snapshot.items.length };
  return { name, state: { snapshot: counted, failure, ...(warnings === undefined ? {} : { warnings }) }, pollInterval: source.pollInterval };
}

/** Polls that may fail before a stale source makes its resources not Ready. */
const patience = 3;

export type Staleness = 'Fresh' | 'Stale' | 'TooStale';

export function staleness({ state, pollInterval }: SourceReport, now: Instant): Staleness {
  if (state?.failure == null) return 'Fresh';
  const since = state.snapshot?.readAt ?? state.failure.since;
  return now - since > (patience + 1) * pollInterval ? 'TooStale' : 'Stale';
}
