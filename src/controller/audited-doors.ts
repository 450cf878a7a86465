import { onRecord } from '../apply/audit/audit.js';
import type { Approver, AuditCause, AuditedChange } from '../apply/audit/record.js';
import type { AppliedGroup } from '../apply/doors/apply-doors.js';
import type { RuleWrite } from '../apply/doors/lock-rules.js';
import { failure, type Applied } from '../apply/outcome.js';
import { intersect } from '../desired/intervals.js';
import type { Cause, Window } from '../desired/windows.js';
import type { DoorChange, HolidayGroupChange } from '../plan/doors/changes.js';
import type { DoorsPlan } from '../plan/doors/plan-doors.js';
import { isoInstant } from '../runtime/instant.js';
import { doorChangeView, holidayGroupView } from '../status/change-view.js';
import type { ResourceReading } from '../store/resource-store.js';
import type { DoorFacts } from './door-facts.js';
import type { PlaneDeps } from './plane.js';

type Failure = Applied<unknown>['error'];

export interface DoorsOnRecord {
  readonly plan: DoorsPlan;
  readonly facts: DoorFacts;
  readonly reading: ResourceReading;
}

/** Carries a plan out on record: what each write opens, and which declarations, events and persons are behind it. */
export async function applyOnRecord(
  { plan, facts, reading }: DoorsOnRecord,
  deps: PlaneDeps,
  apply: (onHolidayGroup: (name: string, error: Failure) => void) => Promise<ReadonlyMap<string, AppliedGroup>>,
): Promise<ReadonlyMap<string, AppliedGroup>> {
  const settled = new Map<string, Failure>();
  const notDone: Failure = { code: 'NotDone', message: 'it was not tried, or failed; the log says why, and the next reconcile tries again' };
  const holidays = plan.holidayGroups.map((change): [AuditedChange, HolidayGroupChange] => [holidayChange(change), change]);
  const groups = [...plan.removed, ...plan.groups].flatMap(({ name, changes }) =>
    changes.map((change, index): [AuditedChange, string, number] => [doorChange(change, { plan, facts, reading }, deps), name, index]),
  );
  return onRecord(
    deps.audit,
    [...holidays.map(([change]) => change), ...groups.map(([change]) => change)],
    () => apply((name, error) => settled.set(name, error)),
    (applied) => [
      ...holidays.map(([, { name }]) => (settled.has(name) ? (settled.get(name) ?? null) : notDone)),
      ...groups.map(([, name, index]) => applied.get(name)?.applied[index]?.error ?? null),
    ],
  );
}

/** One lock rule on record. What was not sent after all, since something else was found meanwhile, is not done. */
export function ruleOnRecord(deps: PlaneDeps, { facts, reading }: Pick<DoorsOnRecord, 'facts' | 'reading'>) {
  return async ({ door, window, rule }: RuleWrite, carryOut: () => Promise<boolean>): Promise<boolean> => {
    const { windows, causes } = window === null ? { windows: [], causes: [] } : withCauses([window], reading);
    const change: AuditedChange = {
      plane: 'doors',
      verb: window === null ? 'revoke' : 'program',
      object: { kind: 'LockRule', id: door.id, name: door.name },
      doorGroups: door.doorGroups,
      doors: [{ id: door.id, name: door.name }],
      before: rule === '' ? null : { rule },
      after: window === null ? null : { openUntil: isoInstant(window.end) },
      ...(window === null ? {} : { windows }),
      causes: window === null ? [{ kind: 'declaration', ref: door.doorGroups.map((name) => `DoorGroup/${name}`).join(', '), text: 'nothing declares its window any longer' }] : causes,
      ...approval(door.doorGroups, facts, deps),
    };
    const attempt = await onRecord(
      deps.audit,
      [change],
      () =>
        carryOut().then(
          (sent): { sent: boolean; thrown?: { readonly error: unknown } } => ({ sent }),
          (error: unknown) => ({ sent: false, thrown: { error } }),
        ),
      ({ sent, thrown }) => [thrown !== undefined ? failure(thrown.error) : sent ? null : { code: 'NotSent', message: 'nothing was changed; the door is looked at again' }],
    );
    if (attempt.thrown !== undefined) throw attempt.thrown.error;
    return attempt.sent;
  };
}

function holidayChange(change: HolidayGroupChange): AuditedChange {
  const { verb, object, before, after } = holidayGroupView(change, false);
  const text = { mark: 'says which installation may write to this UniFi', fence: 'closes all doors once nothing writes them any longer', 'drop-fence': 'no schedule holds it any longer' }[change.verb];
  return { plane: 'doors', verb, object, before, after, causes: [{ kind: 'sexton', ref: change.verb, text }] };
}

function doorChange(change: DoorChange, { plan, facts, reading }: DoorsOnRecord, deps: PlaneDeps): AuditedChange {
  const { verb, object, before, after } = doorChangeView(change, false);
  const group = plan.groups.find(({ name }) => name === change.doorGroup);
  const program = change.verb === 'program' || change.verb === 'create' ? facts.programs.get(change.doorGroup) : undefined;
  const all = facts.calendar.groups.find(({ doorGroup }) => doorGroup === change.doorGroup)?.windows ?? [];
  const span = program === undefined ? null : { start: deps.local.startOf(program.from), end: deps.local.dayOf(program.to).end };
  const { windows, causes } = withCauses(span === null ? [] : all.filter((window) => intersect(window, span) !== null), reading);
  const declared = declaration('DoorGroup', change.doorGroup, reading);
  const why = group === undefined ? 'its file is gone' : change.verb === 'revoke' || change.verb === 'revoke-policy' ? 'it asks for another schedule, method or policy' : 'declares it';
  return {
    plane: 'doors',
    verb,
    object,
    doorGroups: [change.doorGroup],
    doors: (group?.doors.doors ?? []).map(({ id, name }) => ({ id, name })),
    before,
    after,
    ...(span === null ? {} : { windows }),
    causes: [...causes, { kind: 'group', ref: `DoorGroup/${change.doorGroup}`, text: why, ...declared }],
    ...approval([change.doorGroup], facts, deps),
  };
}

/** Who let openings go that had come all at once. */
function approval(doorGroups: readonly string[], { openings }: DoorFacts, { approvals }: PlaneDeps): { readonly approved?: Approver } {
  const released = openings.released.filter(({ doorGroup }) => doorGroups.includes(doorGroup)).flatMap(({ operation }) => approvals.releasedBy(operation) ?? []);
  return released[0] === undefined ? {} : { approved: released[0] };
}

/** Each cause once, whatever the number of its windows. */
function withCauses(windows: readonly Window[], reading: ResourceReading): Required<Pick<AuditedChange, 'windows' | 'causes'>> {
  const places = new Map<string, number>();
  const causes: AuditCause[] = [];
  const placeOf = (cause: Cause): number => {
    const key = `${cause.kind} ${cause.ref} ${cause.text}`;
    const known = places.get(key);
    if (known !== undefined) return known;
    const [kind = '', name = ''] = cause.ref.split('/', 2);
    places.set(key, causes.length);
    return causes.push({ kind: cause.kind, ref: cause.ref, text: cause.text, ...declaration(kind, name, reading) }) - 1;
  };
  const placed = windows.map(({ start, end, causes: each }) => ({ start: isoInstant(start), end: isoInstant(end), causes: each.map(placeOf) }));
  return { windows: placed, causes };
}

/** Where a resource is declared, and who wrote it where a command did. */
function declaration(kind: string, name: string, { resources }: ResourceReading): Partial<AuditCause> {
  const stored = resources.find((each) => each.kind === kind && each.name === name);
  if (stored?.accepted == null) return {};
  const { generation, annotations } = stored.accepted.metadata;
  const by = annotations?.['sexton.dev/by'];
  const reason = annotations?.['sexton.dev/reason'];
  return {
    file: stored.file,
    ...(generation === undefined ? {} : { generation }),
    ...(by === undefined ? {} : { by }),
    ...(by === undefined || reason === undefined ? {} : { reason }),
  };
}
