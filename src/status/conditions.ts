import type { Condition, ConditionReason, ConditionType } from '../api/conditions.js';
import type { StoredResource } from '../store/resource-store.js';

export type NextCondition = Omit<Condition, 'lastTransitionTime'>;

export interface Notice {
  readonly type: ConditionType;
  readonly reason: ConditionReason;
  readonly message: string;
}

export interface ReadyInputs {
  readonly stored: StoredResource;
  /** Names that the resource points at and that do not exist. */
  readonly brokenReferences: readonly string[];
  /** Null: the kind is not programmed into UniFi by itself. */
  readonly programmed: { readonly status: 'True' | 'False' | 'Unknown'; readonly reason: ConditionReason; readonly message: string } | null;
  readonly suspended: string | null;
  readonly stale: { readonly ready: boolean; readonly message: string } | null;
  readonly braked: string | null;
  /** Why it cannot be Ready although it is accepted and its references hold (`SourceMissing`). */
  readonly blocked: { readonly reason: ConditionReason; readonly message: string } | null;
  /** What else an operator should know, each a condition that is True while it holds; Ready does not depend on it. */
  readonly notices?: readonly Notice[];
  /** Ready's message while it is True. */
  readonly summary: string;
}

/** Conditions in their order; the abnormal ones only while they hold. Follows kstatus: Stalled waits for a person. */
export function conditionsOf(inputs: ReadyInputs): NextCondition[] {
  const { stored, programmed } = inputs;
  const observed = stored.accepted?.metadata.generation;
  const condition = (type: ConditionType, status: Condition['status'], reason: ConditionReason, message: string): NextCondition => ({
    type,
    status,
    reason,
    message,
    ...(observed === undefined ? {} : { observedGeneration: observed }),
  });
  const conditions: NextCondition[] = [accepted(stored, condition)];
  if (stored.accepted === null) {
    return [...conditions, condition('Ready', 'False', stored.refused?.reason ?? 'Invalid', 'never accepted; nothing of it is in force')];
  }
  const references = inputs.brokenReferences.join('; ');
  conditions.push(
    references === ''
      ? condition('ResolvedRefs', 'True', 'Valid', 'every name it points at exists')
      : condition('ResolvedRefs', 'False', 'RefNotFound', references),
  );
  if (programmed !== null) conditions.push(condition('Programmed', programmed.status, programmed.reason, programmed.message));
  conditions.push(ready(inputs, references, condition));
  if (programmed?.status === 'False') {
    const stalled = stalledReasons.has(programmed.reason);
    conditions.push(condition(stalled ? 'Stalled' : 'Reconciling', 'True', programmed.reason, programmed.message));
  }
  if (inputs.suspended !== null) conditions.push(condition('Suspended', 'True', 'Suspended', inputs.suspended));
  if (inputs.stale !== null) conditions.push(condition('SourceStale', 'True', 'SourceStale', inputs.stale.message));
  if (inputs.braked !== null) conditions.push(condition('Braked', 'True', 'Braked', inputs.braked));
  for (const { type, reason, message } of inputs.notices ?? []) conditions.push(condition(type, 'True', reason, message));
  return conditions;
}

/** Waiting helps nothing: a person has to change something. */
const stalledReasons: ReadonlySet<ConditionReason> = new Set([
  'Conflict',
  'ScheduleMissing',
  'SharedSchedule',
  'ForeignHolidays',
  'NotOwner',
  'ControllerReplaced',
  'PolicyMissing',
  'RefNotFound',
  'LockRuleUnsupported',
]);

type Make = (type: ConditionType, status: Condition['status'], reason: ConditionReason, message: string) => NextCondition;

function accepted({ refused, accepted: inForce }: StoredResource, condition: Make): NextCondition {
  if (refused === null) return condition('Accepted', 'True', 'Valid', 'the file is in force');
  const rest = inForce === null ? '' : `; generation ${inForce.metadata.generation ?? 1} stays in force`;
  const count = refused.problems.length;
  const first = refused.problems[0]?.message ?? 'refused';
  return condition('Accepted', 'False', refused.reason, `${first}${count > 1 ? ` (and ${count - 1} more)` : ''}${rest}`);
}

function ready(inputs: ReadyInputs, references: string, condition: Make): NextCondition {
  const { stored, programmed } = inputs;
  if (stored.refused !== null) return condition('Ready', 'False', stored.refused.reason, 'the file as it stands is refused');
  if (inputs.blocked !== null) return condition('Ready', 'False', inputs.blocked.reason, inputs.blocked.message);
  if (references !== '') return condition('Ready', 'False', 'RefNotFound', references);
  if (inputs.braked !== null) return condition('Ready', 'False', 'Braked', inputs.braked);
  if (programmed !== null && programmed.status !== 'True') return condition('Ready', programmed.status, programmed.reason, programmed.message);
  if (inputs.stale?.ready === false) return condition('Ready', 'False', 'SourceStale', inputs.stale.message);
  return condition('Ready', 'True', programmed === null ? 'Valid' : 'Programmed', inputs.summary);
}
