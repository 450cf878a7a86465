import type { ConditionReason } from '../api/conditions.js';
import type { Kind } from '../api/resource.js';
import type { RuleOutcome } from '../apply/doors/lock-rules.js';
import type { Applied } from '../apply/outcome.js';
import type { Calendar, GroupCalendar } from '../desired/calendar/calendar.js';
import type { NewOpening } from '../desired/calendar/sudden-gain.js';
import type { WeeklyProgram } from '../desired/calendar/weekly-program.js';
import type { DesiredPerson } from '../desired/members/people.js';
import type { LateStatuses } from '../desired/members/status-job.js';
import type { Instant } from '../desired/model.js';
import type { DoorChange, HolidayGroupChange } from '../plan/doors/changes.js';
import type { GroupPlan } from '../plan/doors/plan-doors.js';
import type { GuardedPlan } from '../plan/members/guarded-plan.js';
import type { MembersPlan } from '../plan/members/plan-members.js';
import type { UnnamedPolicy } from '../plan/members/policies.js';
import type { KeptItems, SourceName, SourceState } from '../sources/source.js';
import type { DoorFollowing } from './following.js';
import type { ResourceReading } from '../store/resource-store.js';
import type { Waiting } from './waiting.js';
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
  /** Of `withheld`; null with it. */
  readonly withheldFor: Withheld['reason'] | null;
  readonly dryRun: boolean;
  readonly calendar: Calendar;
  /** Occurrences that a person has to look at, with the moment since when. */
  readonly waiting: Waiting;
  readonly groups: readonly GroupReport[];
  /** Resources whose file is gone and that still count, and groups that are not wholly revoked. */
  readonly removed: readonly RemovedReport[];
  /** What is left to do about holiday groups: the owner's mark, fences. */
  readonly holidayGroups: readonly HolidayGroupChange[];
  readonly doors: readonly UnifiDoor[];
  /** Doors that are driven by lock rules, or were. */
  readonly rules: readonly RuleOutcome[];
  /** Whether doors do what is declared, by id; a door that no group opens is absent. */
  readonly following: ReadonlyMap<string, DoorFollowing>;
  readonly source: SourceReport;
  /** Of the resources that the doors went by. */
  readonly resources: string;
  /** Openings that came all at once and wait for a person. */
  readonly openings: OpeningsReport;
  /** What a person should hear of, as of this run. */
  readonly alerts: readonly DoorAlert[];
}

/** Why a plane writes nothing, whatever it plans. */
export interface Withheld {
  readonly reason: Extract<ConditionReason, 'Suspended' | 'ClockSkew' | 'NotOwner' | 'ControllerReplaced'>;
  readonly message: string;
}

export interface OpeningsReport {
  /** Null when nothing waits. */
  readonly hash: string | null;
  readonly reason: string;
  readonly held: readonly (NewOpening & { readonly operation: string })[];
}

export interface DoorAlert {
  readonly reason: 'SuddenLoss' | 'SuddenGain';
  readonly message: string;
}

export interface GroupReport {
  readonly method: 'Schedule' | 'LockRule' | 'None';
  /** After the changes of this run: what is left to do. */
  readonly plan: GroupPlan;
  readonly calendar: GroupCalendar;
  readonly program: WeeklyProgram;
  readonly failed: readonly Applied<DoorChange>[];
  /** Changes that this run made. */
  readonly done: readonly DoorChange[];
}

export interface RemovedReport {
  /** Other kinds than a DoorGroup hold nothing in UniFi: they are listed only until their absence is sure. */
  readonly kind: Exclude<Kind, 'TierMapping'>;
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
  /** Null: there is no TierMapping, or nothing to judge it by; nothing was planned. */
  readonly result: MembersResult | null;
  /** Why nothing but blocks was carried out; null: the TierMapping is not suspended. */
  readonly suspended: string | null;
  readonly withheld: string | null;
  /** Of `withheld`; null with it. */
  readonly withheldFor: Withheld['reason'] | null;
  readonly dryRun: boolean;
  readonly source: SourceReport;
}

export interface MembersResult {
  readonly people: readonly DesiredPerson[];
  readonly plan: MembersPlan;
  /** What is left to do after this run, held or failed. */
  readonly guarded: GuardedPlan;
  readonly suspended: string | null;
  readonly late: LateStatuses | null;
  /** False: the membership database was never read, so nobody is judged but whoever is blocked. */
  readonly read: boolean;
  readonly failed: ReadonlyMap<number, { readonly code: string; readonly message: string }>;
  /** Policies that rules of a lost inventory may have given. */
  readonly leftOver: readonly UnnamedPolicy[];
  /** Id of a policy that lets everybody in at all times. */
  readonly openToEveryone: string | null;
  /** Changes made, by verb. */
  readonly done: Readonly<Record<string, number>>;
}

export interface SourceReport {
  readonly name: SourceName;
  /** Null: not in the configuration. */
  readonly state: Omit<SourceState<unknown>, 'snapshot'> & {
    readonly snapshot: { readonly items: number; readonly revision: string; readonly readAt: Instant; readonly complete: boolean; readonly kept?: KeptItems } | null;
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
  // Counted from the first poll that failed: a snapshot kept over a restart is old without being out of date.
  const since = Math.max(state.failure.since, state.snapshot?.readAt ?? 0);
  return now - since > patience * pollInterval ? 'TooStale' : 'Stale';
}

/** What one plane has come to in this process. */
export interface PlaneRun<Report> {
  /** The newest report; null before the first. */
  readonly report: Report | null;
  readonly lastSuccess: Instant | null;
  /** Why the last run failed; null when it did not. */
  readonly failure: { readonly code: string; readonly message: string } | null;
  /** When the run that is under way last got something done; null: none is, or it is no long one. */
  readonly gotOnAt: Instant | null;
}
