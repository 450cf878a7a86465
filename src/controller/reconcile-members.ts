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
import { cutLeavers, failedCut, type Cuts } from './cut-leavers.js';
import { membersHold, rememberActiveUsers } from './members-owner.js';
import { checkpoint, inForce, tryAll, untilNext, type PlaneDeps } from './plane.js';
import { planPeople, rememberPeople, type PlannedPeople } from './plan-people.js';
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
  return runRound(deps, { done: {}, survey: null, looks: new Map(), cuts: new Map(), gotOn });
}

interface EarlierRounds {
  /** Changes made, by verb. */
  readonly done: MembersResult['done'];
  /** What the last one saw in the end; null where it has to be seen anew. */
  readonly survey: Survey | null;
  readonly looks: Looks;
  readonly cuts: Cuts;
  readonly gotOn: () => void;
}

async function runRound(deps: PlaneDeps, earlier: EarlierRounds): Promise<MembersRun> {
  const { done: before, gotOn } = earlier;
  const again = (rounds: EarlierRounds): Promise<MembersRun> => {
    gotOn();
    return runRound(deps, rounds);
  };
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
  if (withheld === null && writes) {
    const cuts = await cutLeavers(survey, metadata.name, earlier.cuts, deps);
    if (cuts !== earlier.cuts) checkpoint(deps)();
    // From what is left then: their cards are free, and whatever is still to be asked may take its time.
    if (cuts !== earlier.cuts) return again({ ...earlier, done: withCuts(before, earlier.cuts, cuts), survey: null, cuts });
  }
  const { looks, whole } = await lookCloser(survey.plan.unclear, survey.observed.users, earlier.looks, deps);
  if (!whole) {
    checkpoint(deps)();
    return again({ ...earlier, survey: null, looks });
  }
  const first = await planPeople(survey, looks, deps);
  if (withheld !== null || !writes) return { reading, report: report(resultOf(first, [], before), withheld, withheldFor), requeueAfter };
  const wanted = first.guarded.changes.filter(({ held }) => held === null);
  const forgetful = await tryAll(
    // Counted also while the others fail, or the brakes would not see what goes on without them.
    () => countChanges(first, wanted, deps),
    () => rememberPeople(first, deps),
    () => rememberActiveUsers(users, deps),
  );
  const isCut = ({ change }: GuardedChange): boolean => change.verb === 'deactivate';
  // What cannot be remembered must not be given.
  const released = forgetful === null ? wanted.filter((each) => !isCut(each)) : [];
  const failedCuts = wanted.filter(isCut).map(({ change }) => failedCut(change, earlier.cuts));
  const { applied: given, unused } = await carryOut(released, { ...first, spec: survey.spec }, metadata.name, deps);
  const applied = [...failedCuts, ...given];
  // Looked at again, so that Programmed means what UniFi holds and not what it was told.
  const last = released.length === 0 ? first : await lookAgain(facts, { looks, written: released, gotOn }, deps);
  const unsettled = await tryAll(
    () => rememberPeople(last, deps),
    () => rememberActiveUsers({ ...users, count: last.plan.activeCount }, deps),
    () => settleChanges(last, released.length > 0 || earlier.cuts.size > 0, deps),
  );
  const lost = forgetful ?? unused ?? unsettled;
  const result = resultOf(last, applied, before);
  const moved = last.guarded.operations.join() !== first.guarded.operations.join();
  if (lost === null && moved && applied.some(({ error }) => error !== null && outdated.has(error.code))) {
    return again({ ...earlier, done: result.done, survey: last.survey, looks });
  }
  const failed = applied.find(({ error }) => error !== null)?.error ?? (lost === null ? null : failure(lost.error));
  if (failed != null) throw new FailedMembersRun({ reading, report: report(result, null), requeueAfter }, failed.message, failed.code);
  return { reading, report: report(result, null), requeueAfter };
}

interface LookBack {
  readonly looks: Looks;
  readonly written: readonly GuardedChange[];
  readonly gotOn: () => void;
}

/** By the same facts. Whom this run has not written to is not asked for once more. */
async function lookAgain(facts: MemberFacts, { looks, written, gotOn }: LookBack, deps: PlaneDeps): Promise<PlannedPeople> {
  const survey = await surveyPeople(facts, deps);
  const changed = new Set(written.flatMap(({ change }) => change.userId ?? []));
  let known: Looks = new Map([...looks].filter(([id]) => !changed.has(id)));
  for (let whole = false; !whole; ) {
    ({ looks: known, whole } = await lookCloser(survey.plan.unclear, survey.observed.users, known, deps));
    if (!whole) checkpoint(deps)();
    gotOn();
  }
  return planPeople(survey, known, deps);
}

function withCuts(done: MembersResult['done'], before: Cuts, after: Cuts): MembersResult['done'] {
  const ended = [...after].filter(([id, error]) => error === null && !before.has(id)).length;
  return ended === 0 ? done : { ...done, deactivate: (done['deactivate'] ?? 0) + ended };
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
