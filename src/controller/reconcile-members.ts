import { applyMembers } from '../apply/members/apply-members.js';
import { onRecord } from '../apply/audit/audit.js';
import { failure, type Applied } from '../apply/outcome.js';
import type { Resource } from '../api/resource.js';
import { isSuspended, suspensionEnd } from '../desired/calendar/site.js';
import { identity } from '../desired/members/identity.js';
import { nextBlockEnd } from '../desired/members/blocks.js';
import type { MemberChange } from '../plan/members/changes.js';
import { emailHash } from '../plan/members/emails.js';
import { TransientError } from '../runtime/errors.js';
import { seenVersions, sourceReport, type MembersReport, type MembersResult } from '../status/report.js';
import type { ResourceReading } from '../store/resource-store.js';
import { memberChanges } from './audited-members.js';
import { membersHold, rememberActiveUsers } from './members-owner.js';
import { checkpoint, inForce, tryAll, untilNext, type PlaneDeps } from './plane.js';
import { countChanges, settleChanges } from './spent-changes.js';
import { planPeople, rememberPeople, type PlannedPeople, type Planning } from './plan-people.js';

export interface MembersRun {
  readonly reading: ResourceReading;
  readonly report: MembersReport;
  readonly requeueAfter: number | undefined;
}

type TierMapping = Resource<'TierMapping'>;

/** Failures that a fresh look repairs, so that the run goes on with one. */
const outdated: ReadonlySet<string> = new Set(['StalePlan', 'UserAppeared', 'UserChanged']);

/**
 * One run of the members plane. Without a complete snapshot nothing changes but blocks. A plan that outlived its time is
 * made anew as long as each one gets something done: a first provisioning may take minutes. @throws when UniFi cannot be read
 */
export async function reconcileMembers(deps: PlaneDeps): Promise<MembersRun> {
  return runRound(deps, { done: {}, look: null });
}

interface EarlierRounds {
  /** Changes made, by verb. */
  readonly done: MembersResult['done'];
  /** What the last one saw in the end, and by which facts; null before the first. */
  readonly look: { readonly planned: PlannedPeople; readonly planning: Planning } | null;
}

async function runRound(deps: PlaneDeps, { done: before, look }: EarlierRounds): Promise<MembersRun> {
  const reading = await deps.store.list();
  const now = deps.clock.now();
  const report = (result: MembersResult | null, withheld: string | null, withheldFor: MembersReport['withheldFor'] = null): MembersReport => ({
    plane: 'members',
    at: now,
    seen: seenVersions(reading),
    result,
    suspended: result?.suspended ?? null,
    withheld,
    withheldFor,
    dryRun: deps.dryRun,
    source: sourceReport('civicrm', deps.members),
  });
  const mapping = inForce(reading).find((each): each is TierMapping => each.kind === 'TierMapping');
  const writes = !deps.dryRun;
  // What the disk does not let go is told, and tried again with the next run.
  if (writes && reading.suspended === null) await tryAll(() => forgetMapping(reading, deps));
  if (mapping === undefined) return { reading, report: report(null, null), requeueAfter: undefined };
  const { spec } = mapping;
  const suspended = isSuspended(spec, now, deps.local) ? (spec.suspendReason ?? 'spec.suspend is true') : null;
  const snapshot = deps.members?.state().snapshot ?? null;
  const edges = [suspensionEnd(spec, deps.local), nextBlockEnd(spec.blocked, now, deps.local)];
  const requeueAfter = untilNext(edges.flatMap((edge) => edge ?? []), now);
  // A block needs no reading of the database.
  if (snapshot === null && spec.blocked.length === 0) return { reading, report: { ...report(null, null), suspended }, requeueAfter };

  const planning = { spec, snapshot, suspended, now };
  const first = look !== null && sameFacts(look.planning, planning) ? look.planned : await planPeople(planning, deps);
  // From here on: where the look alone takes longer than a plan lives, nothing would ever get done.
  const check = checkpoint(deps);
  const users = { template: first.spec.identity.employeeNumber, count: first.plan.activeCount };
  const hold = await membersHold(users, deps);
  const skew = deps.clockCheck(deps.unifi.lastDate());
  const withheld = reading.suspended ?? hold?.message ?? skew;
  const withheldFor = reading.suspended !== null ? 'Suspended' : hold !== null ? hold.reason : skew !== null ? 'ClockSkew' : null;
  if (withheld !== null || !writes) return { reading, report: report(resultOf(first, [], before), withheld, withheldFor), requeueAfter };
  const wanted = first.guarded.changes.filter(({ held }) => held === null);
  const leaving = wanted.filter(({ change }) => change.verb === 'deactivate').length;
  const forgetful = await tryAll(
    () => rememberPeople(first, deps),
    () => rememberActiveUsers({ ...users, count: users.count - leaving }, deps),
    // Counted also while the others fail, or the brakes would not see what goes on without them.
    () => countChanges(first, wanted, deps),
  );
  // What cannot be remembered must not be given; a cut needs no memory, and waits for no disk.
  const released = wanted.filter(({ change }) => forgetful === null || change.verb === 'deactivate');
  const apply = (): Promise<Applied<MemberChange>[]> => applyMembers(released.map(({ change }) => change), {
    unifi: deps.unifi,
    clock: deps.clock,
    log: deps.log,
    ids: identity(first.spec.identity.employeeNumber),
    adoptable: mapping.spec.identity.adoptFrom === undefined ? null : identity(mapping.spec.identity.adoptFrom),
    aliasPrefix: mapping.spec.cards.aliasPrefix,
    people: first.people,
    managed: first.plan.policies.managed,
    refuseEmail: (contact, email) =>
      deps.ledger.update((inventory) => ({ ...inventory, refusedEmails: { ...inventory.refusedEmails, [contact]: emailHash(deps.installationKey, contact, email) } })),
    checkpoint: check,
  });
  const audited = memberChanges(released, { people: first.people, mapping: mapping.metadata.name, approvals: deps.approvals });
  const applied = await onRecord(deps.audit, audited, apply, (all) => all.map(({ error }) => error));
  const done = new Set(applied.filter(({ error }) => error === null).map(({ change }) => change));
  const unused = await tryAll(() => deps.approvals.use(released.filter(({ change }) => done.has(change)).map(({ operation }) => operation)));
  // Looked at again, so that Programmed means what UniFi holds and not what it was told.
  const last = applied.length === 0 ? first : await planPeople(planning, deps);
  const unsettled = await tryAll(
    () => rememberPeople(last, deps),
    () => rememberActiveUsers({ ...users, count: last.plan.activeCount }, deps),
    () => settleChanges(last, applied.length > 0, deps),
  );
  const lost = forgetful ?? unused ?? unsettled;
  const result = resultOf(last, applied, before);
  const moved = last.guarded.operations.join() !== first.guarded.operations.join();
  if (lost === null && moved && applied.some(({ error }) => error !== null && outdated.has(error.code))) return runRound(deps, { done: result.done, look: { planned: last, planning } });
  const failed = applied.find(({ error }) => error !== null)?.error ?? (lost === null ? null : failure(lost.error));
  if (failed != null) throw new FailedMembersRun({ reading, report: report(result, null), requeueAfter }, failed.message, failed.code);
  return { reading, report: report(result, null), requeueAfter };
}

function sameFacts(a: Planning, b: Planning): boolean {
  return a.snapshot === b.snapshot && a.suspended === b.suspended && JSON.stringify(a.spec) === JSON.stringify(b.spec);
}

/** Some change failed; the rest was done. Retried with backoff, and what is known is reported. */
export class FailedMembersRun extends TransientError {
  constructor(
    readonly run: MembersRun,
    message: string,
    code: string,
  ) {
    super(message, { code });
  }
}

/** Removing the TierMapping deactivates nobody; there is nothing to revoke. */
async function forgetMapping({ absent }: ResourceReading, { store }: PlaneDeps): Promise<void> {
  for (const { kind, name, confirmed } of absent) if (kind === 'TierMapping' && confirmed) await store.forget(kind, name);
}

function resultOf(planned: PlannedPeople, applied: readonly Applied<MemberChange>[], before: MembersResult['done']): MembersResult {
  const { people, plan, guarded, suspended, late, leftOver, openToEveryone, memory } = planned;
  const done: Record<string, number> = { ...before };
  for (const { change, error } of applied) if (error === null) done[change.verb] = (done[change.verb] ?? 0) + 1;
  const failed = new Map(applied.flatMap(({ change, error }) => (error === null ? [] : [[change.contact, error] as const])));
  return { people, plan, guarded, suspended, late, leftOver, openToEveryone, read: memory.readAt !== null, failed, done };
}
