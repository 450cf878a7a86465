import { failure, type Applied } from '../apply/outcome.js';
import type { Resource } from '../api/resource.js';
import { isSuspended, suspensionEnd } from '../desired/calendar/site.js';
import { nextBlockEnd } from '../desired/members/blocks.js';
import type { MemberChange } from '../plan/members/changes.js';
import type { GuardedChange } from '../plan/members/guarded-plan.js';
import { TransientError } from '../runtime/errors.js';
import { seenVersions, sourceReport, type MembersReport, type MembersResult } from '../status/report.js';
import type { ResourceReading } from '../store/resource-store.js';
import { carryOut } from './carry-out-members.js';
import { lookCloser, type Looks } from './closer-look.js';
import { cutLeavers } from './cut-leavers.js';
import { membersHold, rememberActiveUsers } from './members-owner.js';
import { checkpoint, inForce, tryAll, untilNext, type PlaneDeps } from './plane.js';
import { needsMore, planPeople, rememberPeople, type PlannedPeople } from './plan-people.js';
import { countChanges, settleChanges } from './spent-changes.js';
import { surveyPeople, type MemberFacts, type Survey } from './survey-people.js';

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
 * made anew as long as each one gets something done: a first provisioning may take an hour, and a look at thousands of
 * users minutes.
 * @param gotOn called with each further plan @throws when UniFi cannot be read
 */
export async function reconcileMembers(deps: PlaneDeps, gotOn: () => void): Promise<MembersRun> {
  return runRound(deps, { done: {}, survey: null, looks: new Map(), cut: new Set(), gotOn });
}

interface EarlierRounds {
  /** Changes made, by verb. */
  readonly done: MembersResult['done'];
  /** What the last one saw in the end; null where it has to be seen anew. */
  readonly survey: Survey | null;
  readonly looks: Looks;
  /** Users that were deactivated, or tried to be, before anybody was looked at closer. */
  readonly cut: ReadonlySet<string>;
  readonly gotOn: () => void;
}

async function runRound(deps: PlaneDeps, earlier: EarlierRounds): Promise<MembersRun> {
  const { done: before, cut } = earlier;
  earlier.gotOn();
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
  const { spec, metadata } = mapping;
  const suspended = isSuspended(spec, now, deps.local) ? (spec.suspendReason ?? 'spec.suspend is true') : null;
  const snapshot = deps.members?.state().snapshot ?? null;
  const edges = [suspensionEnd(spec, deps.local), nextBlockEnd(spec.blocked, now, deps.local)];
  const requeueAfter = untilNext(edges.flatMap((edge) => edge ?? []), now);
  // A block needs no reading of the database.
  if (snapshot === null && spec.blocked.length === 0) return { reading, report: { ...report(null, null), suspended }, requeueAfter };

  const facts = { spec, snapshot, suspended, now };
  const survey = earlier.survey !== null && sameFacts(earlier.survey.facts, facts) ? earlier.survey : await surveyPeople(facts, deps);
  const users = { template: survey.spec.identity.employeeNumber, count: survey.plan.activeCount };
  const hold = await membersHold(users, deps);
  const skew = deps.clockCheck(deps.unifi.lastDate());
  const withheld = reading.suspended ?? hold?.message ?? skew;
  const withheldFor = reading.suspended !== null ? 'Suspended' : hold !== null ? hold.reason : skew !== null ? 'ClockSkew' : null;
  if (withheld === null && writes && needsMore(survey, deps)) {
    const leavers = await cutLeavers(survey, metadata.name, cut, deps);
    const deactivated = (before['deactivate'] ?? 0) + leavers.done;
    const rest = { ...earlier, survey: null, cut: new Set([...cut, ...leavers.tried]), done: leavers.done === 0 ? before : { ...before, deactivate: deactivated } };
    if (leavers.tried.size > 0) return runRound(deps, rest);
  }
  const { looks, whole } = await lookCloser(survey.plan.unclear, survey.observed.users, earlier.looks, deps);
  if (!whole) {
    checkpoint(deps)();
    return runRound(deps, { ...earlier, survey: null, looks });
  }
  const first = await planPeople(survey, looks, deps);
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
  const { applied, unused } = await carryOut(released, { ...first, spec: survey.spec }, metadata.name, deps);
  // Looked at again, so that Programmed means what UniFi holds and not what it was told.
  const last = applied.length === 0 ? first : await lookAgain(facts, { looks, written: released }, deps);
  const unsettled = await tryAll(
    () => rememberPeople(last, deps),
    () => rememberActiveUsers({ ...users, count: last.plan.activeCount }, deps),
    () => settleChanges(last, applied.length > 0 || cut.size > 0, deps),
  );
  const lost = forgetful ?? unused ?? unsettled;
  const result = resultOf(last, applied, before);
  const moved = last.guarded.operations.join() !== first.guarded.operations.join();
  if (lost === null && moved && applied.some(({ error }) => error !== null && outdated.has(error.code))) {
    return runRound(deps, { ...earlier, done: result.done, survey: last.survey, looks });
  }
  const failed = applied.find(({ error }) => error !== null)?.error ?? (lost === null ? null : failure(lost.error));
  if (failed != null) throw new FailedMembersRun({ reading, report: report(result, null), requeueAfter }, failed.message, failed.code);
  return { reading, report: report(result, null), requeueAfter };
}

/** By the same facts. Whom this run has not written to is not asked for once more. */
async function lookAgain(facts: MemberFacts, { looks, written }: { readonly looks: Looks; readonly written: readonly GuardedChange[] }, deps: PlaneDeps): Promise<PlannedPeople> {
  const survey = await surveyPeople(facts, deps);
  const changed = new Set(written.flatMap(({ change }) => change.userId ?? []));
  let known: Looks = new Map([...looks].filter(([id]) => !changed.has(id)));
  for (let whole = false; !whole; ) {
    ({ looks: known, whole } = await lookCloser(survey.plan.unclear, survey.observed.users, known, deps));
    if (!whole) checkpoint(deps)();
  }
  return planPeople(survey, known, deps);
}

function sameFacts(a: MemberFacts, b: MemberFacts): boolean {
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
  const { people, plan, guarded, late, leftOver, openToEveryone, survey } = planned;
  const done: Record<string, number> = { ...before };
  for (const { change, error } of applied) if (error === null) done[change.verb] = (done[change.verb] ?? 0) + 1;
  const failed = new Map(applied.flatMap(({ change, error }) => (error === null ? [] : [[change.contact, error] as const])));
  return { people, plan, guarded, suspended: survey.suspended, late, leftOver, openToEveryone, read: survey.memory.readAt !== null, failed, done };
}
