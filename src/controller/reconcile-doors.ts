import type { AppliedGroup } from '../apply/doors/apply-doors.js';
import { applyPlan } from '../apply/doors/apply-plan.js';
import { observeDoors } from '../apply/doors/observe-doors.js';
import { failure } from '../apply/outcome.js';
import { fenceGroup } from '../desired/calendar/fence.js';
import { planDoors, type DoorsPlan } from '../plan/doors/plan-doors.js';
import { TransientError } from '../runtime/errors.js';
import type { ResourceReading } from '../store/resource-store.js';
import { seenVersions, sourceReport, type DoorsReport, type Withheld } from '../status/report.js';
import { doorAlerts } from '../status/door-alerts.js';
import { waitingOf } from '../status/waiting.js';
import { applyOnRecord } from './audited-doors.js';
import { doorFacts, type DoorFacts } from './door-facts.js';
import { expectations, runLockRules, untilNextLook } from './lock-rules.js';
import type { HeldOpenings } from './held-openings.js';
import { rememberGroups } from './remember-groups.js';
import { checkpoint, tryAll, untilNext, type PlaneDeps } from './plane.js';

export interface DoorsRun {
  readonly reading: ResourceReading;
  readonly report: DoorsReport;
  /** Milliseconds until this plane can change by itself. */
  readonly requeueAfter: number | undefined;
}

/** One round of the doors plane: read, observe, plan, apply group by group, look again. @throws when UniFi cannot be read */
export async function reconcileDoors(deps: PlaneDeps, previous: DoorsReport | null = null): Promise<DoorsRun> {
  const reading = await deps.store.list();
  const now = deps.clock.now();
  const facts = doorFacts(reading, deps, { approved: await deps.approvals.open(), resources: previous?.resources ?? null }, now);
  const today = deps.local.dateOf(now);
  const fence = deps.fence === 'On' ? fenceGroup(today, deps.horizon, deps.local) : null;
  const look = async (fenceFailed: string | null = null): Promise<Look> => {
    const remembered = deps.ledger.current();
    const scheduleIds = new Set(Object.values(remembered.doorGroups).flatMap(({ scheduleId }) => scheduleId ?? []));
    const observed = await observeDoors(deps.unifi, { scheduleNames: facts.scheduleNames, scheduleIds, fenceName: fence?.name ?? null });
    const { groups, removed } = facts;
    const plan = planDoors({ groups, removed, observed, remembered, installationId: deps.installationId, fence, fenceFailed, today, local: deps.local });
    return { ...plan, doors: observed.doors };
  };

  const check = checkpoint(deps);
  const first = await look();
  const withheld = whyWithheld(reading, first, deps);
  const writes = withheld === null && !deps.dryRun;
  const unused = withheld === null ? await tryAll(() => judgeOpenings(facts.openings, deps)) : null;
  const carryOut = (plan: DoorsPlan): Promise<ReadonlyMap<string, AppliedGroup>> =>
    applyOnRecord({ plan, facts, reading }, deps, (onHolidayGroup) => applyPlan(plan, { ...deps, checkpoint: check, onHolidayGroup }));
  const applied = writes ? await carryOut(first) : new Map<string, AppliedGroup>();
  const changed = first.holidayGroups.length > 0 || [...applied.values()].some(({ applied: changes }) => changes.length > 0);
  // What the disk does not take must not keep a door open: what closes it comes below.
  const forgetful = writes ? await tryAll(() => rememberGroups(first, applied, deps), () => forgetCalendar(reading, deps)) : null;
  const unfenced = withoutFence(applied);
  if (unfenced !== null) await carryOut(onlyClosing(await look(unfenced)));
  // Looked at again, so that Programmed means what UniFi holds and not what it was told.
  const last = writes && changed ? await look() : first;
  const plans = last.groups;
  // Without the mark of this installation nothing is written.
  const write = writes && deps.ledger.current().ownerSeen;
  const rules = await runLockRules({ reading, facts, plans, doors: last.doors, write, checkpoint: check }, deps);
  deps.watch.expect(expectations({ facts, plans }, withheld?.message ?? (deps.dryRun ? 'mode is DryRun' : null)));
  const doors = writes ? ((await deps.watch.sample()) ?? last.doors) : last.doors;
  const report = doorsReport(reading, facts, { first, last: { ...last, doors }, applied, rules, withheld, previous }, deps);
  const failed = report.groups.find((group) => group.failed.length > 0)?.failed[0] ?? report.removed.find((each) => each.failed.length > 0)?.failed[0];
  const lost = unused ?? forgetful;
  const error = failed?.error ?? rules.find(({ state }) => state === 'Failed')?.error ?? (lost === null ? null : failure(lost.error));
  const ended = deps.clock.now();
  const untilEdge = untilNext(facts.edges, now);
  // An edge that came while the run was under way is next at once.
  const requeueAfter = earlier(untilEdge === undefined ? undefined : Math.max(1, untilEdge - (ended - now)), untilNextLook(rules, ended));
  if (error != null) throw new FailedRun({ reading, report, requeueAfter: earlier(requeueAfter, reading.confirmAbsenceIn ?? undefined) }, error.message, error.code);
  return { reading, report, requeueAfter };
}

/** Why changes wait for a fence that could not be made; null: none does. */
function withoutFence(applied: ReadonlyMap<string, AppliedGroup>): string | null {
  return [...applied.values()].flatMap((each) => each.applied).find(({ error }) => error?.code === 'FenceFailed')?.error?.message ?? null;
}

/** What has to close goes through without today's fence: the one that a schedule holds closes the rest. */
function onlyClosing(plan: Look): DoorsPlan {
  const groups = plan.groups.map((group) => ({ ...group, changes: group.problem?.reason === 'FenceFailed' ? group.changes : [] }));
  return { ...plan, holidayGroups: [], groups, removed: [] };
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

/** Before the first write: what waits is not forgotten if the process dies, and an approval counts once. */
async function judgeOpenings({ seen, waiting, released }: HeldOpenings, { newBookings, approvals, dryRun }: PlaneDeps): Promise<void> {
  if (seen.size === 0) return;
  await newBookings?.judged(seen, dryRun ? new Set([...waiting, ...released.flatMap(({ bookings }) => bookings)]) : waiting);
  if (!dryRun) await approvals.use(released.map(({ operation }) => operation));
}

/** Calendar resources hold nothing in UniFi by themselves: once their absence is sure, there is nothing to revoke. */
async function forgetCalendar(reading: ResourceReading, { store }: PlaneDeps): Promise<void> {
  const gone = reading.absent.filter(({ kind, confirmed }) => confirmed && kind !== 'DoorGroup' && kind !== 'TierMapping');
  const failed = await tryAll(...gone.map(({ kind, name }) => () => store.forget(kind, name)));
  if (failed !== null) throw failed.error;
}

/** Some change failed; the rest was done. Retried with backoff, and what is known is reported. */
export class FailedRun extends TransientError {
  constructor(
    readonly run: DoorsRun,
    message: string,
    code: string,
  ) {
    super(message, { code, ...(run.requeueAfter === undefined ? {} : { dueIn: run.requeueAfter }) });
  }
}

type Look = DoorsPlan & { readonly doors: DoorsReport['doors'] };

function whyWithheld({ suspended }: ResourceReading, { hold }: DoorsPlan, { clockCheck, unifi }: PlaneDeps): Withheld | null {
  if (suspended !== null) return { reason: 'Suspended', message: suspended };
  const skew = clockCheck(unifi.lastDate());
  return skew === null ? hold : { reason: 'ClockSkew', message: skew };
}

interface Rounds {
  readonly first: DoorsPlan;
  readonly last: Look;
  readonly applied: ReadonlyMap<string, AppliedGroup>;
  readonly rules: DoorsReport['rules'];
  readonly withheld: Withheld | null;
  /** The report of the run before. */
  readonly previous: DoorsReport | null;
}

function doorsReport(reading: ResourceReading, facts: DoorFacts, { last, applied, rules, withheld, previous }: Rounds, deps: PlaneDeps): DoorsReport {
  const failedOf = (name: string): AppliedGroup['applied'] => (applied.get(name)?.applied ?? []).filter(({ error }) => error !== null);
  return {
    plane: 'doors',
    at: deps.clock.now(),
    seen: seenVersions(reading),
    withheld: withheld?.message ?? null,
    withheldFor: withheld?.reason ?? null,
    dryRun: deps.dryRun,
    calendar: facts.calendar,
    waiting: waitingOf(facts.calendar, reading, previous?.waiting ?? null, deps.clock.now()),
    groups: last.groups.flatMap((plan) => {
      const calendar = facts.calendar.groups.find(({ doorGroup }) => doorGroup === plan.name);
      const program = facts.programs.get(plan.name);
      if (calendar === undefined || program === undefined) return [];
      const done = (applied.get(plan.name)?.applied ?? []).filter(({ error }) => error === null).map(({ change }) => change);
      const method = facts.groups.find(({ name }) => name === plan.name)?.spec.unlock.method ?? 'None';
      return [{ method, plan, calendar, program, failed: failedOf(plan.name), done }];
    }),
    removed: [
      ...last.removed
        .map(({ name, changes }) => ({ kind: 'DoorGroup' as const, name, confirmed: true, changes, failed: failedOf(name) }))
        .filter(({ changes, failed }) => changes.length > 0 || failed.length > 0),
      ...reading.absent.flatMap(({ kind, name, confirmed }) => (kind === 'TierMapping' || confirmed ? [] : [{ kind, name, confirmed, changes: [], failed: [] }])),
    ],
    holidayGroups: last.holidayGroups,
    doors: last.doors,
    rules,
    following: deps.watch.following(),
    source: sourceReport('planningCenter', deps.bookings),
    resources: facts.resources,
    openings: facts.openings,
    alerts: doorAlerts(facts.openings, deps.bookings?.state().snapshot?.kept ?? null, previous),
  };
}
