import type { Problem } from './problem.js';

export type ConditionStatus = 'True' | 'False' | 'Unknown';

export type ConditionType =
  | 'Accepted'
  | 'ResolvedRefs'
  | 'Programmed'
  | 'Ready'
  | 'Following'
  | 'Reconciling'
  | 'Stalled'
  | 'Suspended'
  | 'SourceStale'
  | 'Braked'
  | 'StatusJobLate'
  | 'UnnamedPolicies'
  | 'DefaultSitePolicy';

export type ConditionReason =
  | 'Valid'
  | 'Invalid'
  | 'Duplicate'
  | 'Singleton'
  | 'RefNotFound'
  | 'Conflict'
  | 'Programmed'
  | 'WriteFailed'
  | 'ScheduleMissing'
  | 'SharedSchedule'
  | 'PolicyMissing'
  | 'SourceMissing'
  | 'ControllerReplaced'
  | 'ForeignHolidays'
  | 'ForeignSchedule'
  | 'LockRuleUnsupported'
  | 'AsDeclared'
  | 'OpenOutsideWindow'
  | 'ClosedInWindow'
  | 'NotObserved'
  | 'FenceFailed'
  | 'NotOwner'
  | 'ClockSkew'
  | 'SourceStale'
  | 'SourceIncomplete'
  | 'Braked'
  | 'Suspended'
  | 'Overridden'
  | 'YieldedToPerson'
  | 'EndedByPerson'
  | 'NotImplemented'
  | 'StatusJobLate'
  | 'UnnamedPolicies'
  | 'DefaultSitePolicy'
  | 'TooManyRanges'
  | 'Reconciling'
  | 'DryRun';

/** One statement about a resource, as Kubernetes writes them. */
export interface Condition {
  readonly type: ConditionType;
  readonly status: ConditionStatus;
  readonly reason: ConditionReason;
  readonly message: string;
  readonly observedGeneration?: number;
  /** ISO 8601 UTC. */
  readonly lastTransitionTime: string;
}

/** What a status says while the file holds a version that is not in force. */
export interface RefusedVersion {
  readonly since: string;
  readonly problems: readonly Problem[];
}

/**
 * The conditions that hold now, in the order of `next`. `lastTransitionTime` is the previous one while the status is
 * the same, else `nowIso`. Conditions that `next` does not name are gone.
 */
export function mergeConditions(
  previous: readonly Condition[],
  next: readonly Omit<Condition, 'lastTransitionTime'>[],
  nowIso: string,
): readonly Condition[] {
  return next.map((condition) => {
    const before = findCondition(previous, condition.type);
    return { ...condition, lastTransitionTime: before?.status === condition.status ? before.lastTransitionTime : nowIso };
  });
}

export function findCondition(conditions: readonly Condition[] | undefined, type: ConditionType): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** True only where Ready is True and speaks of the generation that is in force. */
export function isReady(conditions: readonly Condition[] | undefined, generation?: number): boolean {
  const ready = findCondition(conditions, 'Ready');
  if (ready?.status !== 'True') return false;
  return generation === undefined || ready.observedGeneration === undefined || ready.observedGeneration >= generation;
}
