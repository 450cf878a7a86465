import { applyGroup, type AppliedGroup } from '../apply/doors/apply-doors.js';
import { observeDoors } from '../apply/doors/observe-doors.js';
import { planDoors, type DoorsPlan } from '../plan/doors/plan-doors.js';
import { TransientError } from '../runtime/errors.js';
import type { ResourceReading } from '../store/resource-store.js';
import { seenVersions, sourceReport, type DoorsReport } from '../status/report.js';
import { doorFacts, type DoorFacts } from './door-facts.js';
import { rememberGroups } from './remember-groups.js';
import { checkpoint, untilNext, type PlaneDeps } from './plane.js';

export interface DoorsRun {
  readonly reading: ResourceReading;
  readonly report: DoorsReport;
  /** Milliseconds until this plane can change by itself. */
  readonly requeueAfter: number | undefined;
}

/** One round of the doors plane: read, observe, plan, apply group by group, look again. @throws when UniFi cannot be read */
export async function reconcileDoors(deps: PlaneDeps): Promise<DoorsRun> {
  const reading = await deps.store.list();
  const now = deps.clock.now();
  const facts = doorFacts(reading, deps, now);
  const look = async (): Promise<DoorsPlan & { readonly doors: DoorsReport['doors'] }> => {
    const remembered = deps.ledger.current().doorGroups;
    const scheduleIds = new Set(Object.values(remembered).flatMap(({ scheduleId }) => scheduleId ?? []));
    const observed = await observeDoors(deps.unifi, { scheduleNames: facts.scheduleNames, scheduleIds });
    return { ...planDoors(facts.groups, facts.removed, observed, remembered), doors: observed.doors };
  };

  const check = checkpoint(deps);
  const first = await look();
  const withheld = reading.suspended ?? deps.clockCheck(deps.unifi.lastDate());
  const applied = withheld === null && !deps.dryRun ? await apply(first, check, deps) : new Map<string, AppliedGroup>();
  const changed = [...applied.values()].some(({ applied: changes }) => changes.length > 0);
  if (withheld === null && !deps.dryRun) {
    await rememberGroups(first, applied, deps);
    await forgetCalendar(reading, deps);
  }
  // Looked at again, so that Programmed means what UniFi holds and not what it was told.
  const last = changed ? await look() : first;
  const report = doorsReport(reading, facts, { first, last, applied, withheld }, deps);
  const failed = report.groups.find((group) => group.failed.length > 0)?.failed[0] ?? report.removed.find((each) => each.failed.length > 0)?.failed[0];
  if (failed?.error != null) {
    throw new FailedRun({ reading, report, requeueAfter: undefined }, failed.error.message, failed.error.code);
  }
  return { reading, report, requeueAfter: untilNext(facts.edges, now) };
}

/** Calendar resources hold nothing in UniFi by themselves: once their absence is sure, there is nothing to revoke. */
async function forgetCalendar(reading: ResourceReading, { store }: PlaneDeps): Promise<void> {
  const gone = reading.absent.filter(({ kind, confirmed }) => confirmed && kind !== 'DoorGroup' && kind !== 'TierMapping');
  for (const { kind, name } of gone) await store.forget(kind, name);
}

/** Some change failed; the rest was done. Retried with backoff, and what is known is reported. */
export class FailedRun extends TransientError {
  constructor(
    readonly run: DoorsRun,
    message: string,
    code: string,
  ) {
    super(message, { code });
  }
}

async function apply(plan: DoorsPlan, check: () => void, { unifi }: PlaneDeps): Promise<Map<string, AppliedGroup>> {
  const groups = [...plan.removed, ...plan.groups].filter(({ changes }) => changes.length > 0);
  const applied = await Promise.all(groups.map(async ({ name, changes }) => [name, await applyGroup(changes, { unifi, checkpoint: check })] as const));
  return new Map(applied);
}

interface Rounds {
  readonly first: DoorsPlan;
  readonly last: DoorsPlan & { readonly doors: DoorsReport['doors'] };
  readonly applied: ReadonlyMap<string, AppliedGroup>;
  readonly withheld: string | null;
}

function doorsReport(reading: ResourceReading, facts: DoorFacts, { last, applied, withheld }: Rounds, deps: PlaneDeps): DoorsReport {
  const failedOf = (name: string): AppliedGroup['applied'] => (applied.get(name)?.applied ?? []).filter(({ error }) => error !== null);
  return {
    plane: 'doors',
    at: deps.clock.now(),
    seen: seenVersions(reading),
    withheld,
    dryRun: deps.dryRun,
    calendar: facts.calendar,
    groups: last.groups.flatMap((plan) => {
      const calendar = facts.calendar.groups.find(({ doorGroup }) => doorGroup === plan.name);
      const program = facts.programs.get(plan.name);
      if (calendar === undefined || program === undefined) return [];
      const done = (applied.get(plan.name)?.applied ?? []).filter(({ error }) => error === null).map(({ change }) => change);
      return [{ plan, calendar, program, failed: failedOf(plan.name), done }];
    }),
    removed: [
      ...last.removed
        .map(({ name, changes }) => ({ name, confirmed: true, changes, failed: failedOf(name) }))
        .filter(({ changes, failed }) => changes.length > 0 || failed.length > 0),
      ...reading.absent
        .filter(({ kind, confirmed }) => kind === 'DoorGroup' && !confirmed)
        .map(({ name }) => ({ name, confirmed: false, changes: [], failed: [] })),
    ],
    doors: last.doors,
    source: sourceReport('planningCenter', deps.bookings),
  };
}
