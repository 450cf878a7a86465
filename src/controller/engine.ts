import type { LocalTime } from '../desired/calendar/local-time.js';
import type { GitOpsState } from '../gitops/state.js';
import type { Clock } from '../runtime/clock.js';
import { errorCode, errorMessage } from '../runtime/errors.js';
import type { Logger } from '../runtime/log.js';
import { sourceReport, type DoorsReport, type MembersReport, type PlaneRun } from '../status/report.js';
import { buildView } from '../status/build-view.js';
import { doorEvents, memberEvents, statusEvents, type ControllerEvent } from '../status/events.js';
import { resourceStatuses } from '../status/resource-status.js';
import type { AlertingView, Plane, View } from '../status/view.js';
import type { ResourceReading, StatusUpdate, StoredResource } from '../store/resource-store.js';
import { doorRefusals, memberRefusals, orderRefusals } from './refusals.js';
import type { ControllerObserver } from './observer.js';
import type { PlaneDeps } from './plane.js';
import { FailedRun, reconcileDoors } from './reconcile-doors.js';
import { FailedMembersRun, reconcileMembers } from './reconcile-members.js';
import type { WorkResult } from './work-queue.js';

/** Where a run's findings go. The daemon writes them; a command that only looks drops them. */
export interface Publisher {
  statuses(updates: readonly StatusUpdate[], reading: ResourceReading): Promise<void>;
  view(view: View): Promise<void>;
  events(events: readonly ControllerEvent[]): Promise<void>;
}

export interface EngineOptions {
  readonly deps: PlaneDeps;
  readonly site: string;
  readonly mode: 'DryRun' | 'Apply';
  readonly fence: 'On' | 'Off';
  /** Longest time between two runs of a plane: drift in UniFi is found by then. */
  readonly resync: number;
  readonly publisher: Publisher;
  /** Whom alerts reach, as of now; null where nobody is told. */
  readonly alerting: () => AlertingView | null;
  readonly observer: ControllerObserver;
  /** How git-ops stands; null: it is off. */
  readonly gitOps: () => Promise<GitOpsState | null>;
  /** Whether the commissioning test has seen a hub obey the fence. */
  readonly fenceVerified: () => Promise<boolean>;
  readonly clock: Clock;
  readonly local: LocalTime;
  readonly log: Logger;
}

/** One moment of the planes. */
export interface Publication {
  readonly view: View;
  /** Planes that had looked at the world by then: what the view lacks of another is not known, and not over. */
  readonly reported: readonly Plane[];
}

export interface Engine {
  /** One run of one plane, published. @param gotOn called each time a long one has got something done @throws what the queue should back off from */
  reconcile(plane: Plane, gotOn?: () => void): Promise<WorkResult>;
  /** Publishes again without a run: a source failed or came back. */
  refresh(): Promise<void>;
  view(): View;
  /** What was published last: nobody is told of a run before its statuses are there. */
  published(): Publication;
  /** As last computed; empty before the first publication. */
  statuses(): readonly StatusUpdate[];
  /** The newest reading of the directory; null before the first. */
  reading(): ResourceReading | null;
}

/** Runs planes and keeps what they last reported; the two planes fail independently of each other. */
export function createEngine(options: EngineOptions): Engine {
  const { deps, clock, observer } = options;
  let doors: PlaneRun<DoorsReport> = { report: null, lastSuccess: null, failure: null, gotOnAt: null };
  let members: PlaneRun<MembersReport> = { report: null, lastSuccess: null, failure: null, gotOnAt: null };
  let reading: ResourceReading | null = null;
  let statuses: readonly StatusUpdate[] = [];
  let unifi: { readAt: number | null; items: number } = { readAt: null, items: 0 };
  let publishing: Promise<void> = Promise.resolve();
  let published: Publication | null = null;
  let gitOps: GitOpsState | null = null;
  let fenceVerified = false;

  async function reconcile(plane: Plane, gotOn: () => void = () => undefined): Promise<WorkResult> {
    const started = clock.monotonic();
    const before = plane === 'doors' ? doors.report : members.report;
    const error = await (plane === 'doors' ? runDoors() : runMembers(gotOn));
    observer.reconciled(plane, error === null ? 'success' : 'error', (clock.monotonic() - started) / 1000);
    // A run that learned nothing leaves the old report: what that one did was told already.
    const learned = (plane === 'doors' ? doors.report : members.report) !== before;
    // At once: the other plane may be about to publish what this one did.
    if (learned) countChanges(plane);
    await publish(learned ? plane : null);
    if (error !== null) throw error.thrown;
    return { requeueAfter: Math.max(1, Math.min(options.resync, requeue[plane] ?? Infinity, reading?.confirmAbsenceIn ?? Infinity)) };
  }

  const requeue: Record<Plane, number | undefined> = { doors: undefined, members: undefined };

  async function runDoors(): Promise<{ readonly thrown: unknown } | null> {
    try {
      const run = await reconcileDoors(deps, doors.report);
      doors = { report: run.report, lastSuccess: clock.now(), failure: null, gotOnAt: null };
      ({ reading } = run);
      requeue.doors = run.requeueAfter;
      unifi = { readAt: clock.now(), items: run.report.doors.length };
      return null;
    } catch (thrown) {
      const run = thrown instanceof FailedRun ? thrown.run : null;
      doors = { ...doors, ...(run === null ? {} : { report: run.report }), failure: failureOf(thrown), gotOnAt: null };
      reading = run?.reading ?? reading;
      return { thrown };
    }
  }

  async function runMembers(gotOn: () => void): Promise<{ readonly thrown: unknown } | null> {
    try {
      const run = await reconcileMembers(deps, () => {
        members = { ...members, gotOnAt: clock.now() };
        gotOn();
      });
      members = { report: run.report, lastSuccess: clock.now(), failure: null, gotOnAt: null };
      ({ reading } = run);
      requeue.members = run.requeueAfter;
      return null;
    } catch (thrown) {
      const run = thrown instanceof FailedMembersRun ? thrown.run : null;
      members = { ...members, ...(run === null ? {} : { report: run.report }), failure: failureOf(thrown), gotOnAt: null };
      reading = run?.reading ?? reading;
      return { thrown };
    }
  }

  /** One publication at a time: the planes share status files and view. */
  function publish(plane: Plane | null): Promise<void> {
    const next = publishing.then(() => publishNow(plane));
    publishing = next.catch(() => undefined);
    return next;
  }

  async function publishNow(plane: Plane | null): Promise<void> {
    gitOps = await options.gitOps().catch(() => gitOps);
    fenceVerified = await options.fenceVerified();
    // Read again: the other plane may have written statuses since this one's reading.
    const found = await deps.store.list().catch(() => reading);
    if (found !== null) {
      reading = found;
      const current = withStatuses(found, statuses);
      const now = clock.now();
      statuses = resourceStatuses(current, currentReports(), options.local, now);
      await putOnRecord(plane, current);
      const events = [...deps.troubles.news(), ...planeEvents(plane, current), ...statusEvents(current, statuses, now)];
      // Taken now: a run that ends while statuses are written is told with its own.
      const shown = publication();
      try {
        await options.publisher.statuses(statuses, current);
      } finally {
        // A full card must not hide from anybody what happened, and how the doors stand.
        await options.publisher.events(events);
        await publishView(shown);
      }
    } else await publishView(publication());
  }

  /** What is refused, and what people did by commands. A disk that takes nothing is told, and stops nothing. */
  async function putOnRecord(plane: Plane | null, current: ResourceReading): Promise<void> {
    const { audit, approvals, troubles } = deps;
    const refused = approvals.refused();
    if (plane === 'doors' && doors.report?.dryRun === false) await audit.refuse('doors', doorRefusals(doors.report, current));
    if (plane === 'members' && members.report?.dryRun === false) await audit.refuse('members', memberRefusals(members.report, current));
    await audit.refuse('approvals', orderRefusals(refused));
    if (audit.problem() === null) await approvals.takeOrders((orders) => audit.ordered(orders.map(({ at, ...order }) => ({ ...order, given: at }))));
    const problem = audit.problem();
    troubles.keep('approval/', refused.map(({ file, message }) => ({ key: `approval/${file}`, reason: 'ApprovalRefused', object: `Approval/${file}`, message })));
    troubles.keep('audit', problem === null ? [] : [{ key: 'audit', reason: 'AuditUnwritable', object: 'State/audit.jsonl', message: unwritten(problem) }]);
  }

  async function publishView(shown: Publication): Promise<void> {
    try {
      await options.publisher.view(shown.view);
    } finally {
      published = shown;
      observer.published(shown.view, statuses);
    }
  }

  function countChanges(plane: Plane): void {
    if (plane === 'members') {
      for (const [verb, count] of Object.entries(members.report?.result?.done ?? {})) observer.changed('members', verb, count);
      return;
    }
    for (const { done } of doors.report?.groups ?? []) for (const { verb } of done) observer.changed('doors', verb, 1);
    const rules = (doors.report?.rules ?? []).filter(({ state }) => state !== 'Pending').flatMap(({ sent }) => sent);
    for (const { until } of rules) observer.changed('doors', until === null ? 'revoke' : 'program', 1);
  }

  function planeEvents(plane: Plane | null, current: ResourceReading): ControllerEvent[] {
    if (plane === 'doors' && doors.report !== null) return doorEvents(doors.report);
    if (plane === 'members' && members.report !== null) return memberEvents(members.report, current.resources.find(({ kind }) => kind === 'TierMapping')?.name ?? '');
    return [];
  }

  /** Reports with the sources as they are now: a source fails and comes back between two runs. */
  function currentReports(): { doors: DoorsReport | null; members: MembersReport | null } {
    return {
      doors: doors.report === null ? null : { ...doors.report, following: deps.watch.following(), source: sourceReport('planningCenter', deps.bookings) },
      members: members.report === null ? null : { ...members.report, source: sourceReport('civicrm', deps.members) },
    };
  }

  function view(): View {
    const reports = currentReports();
    return buildView({
      site: options.site,
      mode: options.mode,
      fence: options.fence,
      now: clock.now(),
      doors: { ...doors, report: reports.doors },
      members: { ...members, report: reports.members },
      statuses,
      troubles: deps.troubles.standing(),
      gitOps,
      fenceVerified,
      statusElsewhere: reading?.statusElsewhere ?? null,
      alerting: options.alerting(),
      sources: [sourceReport('planningCenter', deps.bookings), sourceReport('civicrm', deps.members)],
      unifi,
    });
  }

  function publication(): Publication {
    const reported = [...(doors.report === null ? [] : ['doors' as const]), ...(members.report === null ? [] : ['members' as const])];
    return { view: view(), reported };
  }

  const unpublished = publication();
  return { reconcile, refresh: () => publish(null), view, published: () => published ?? unpublished, statuses: () => statuses, reading: () => reading };
}

/** A status file that somebody edited or removed is no news: what this process told last is what was told. */
function withStatuses(reading: ResourceReading, told: readonly StatusUpdate[]): ResourceReading {
  const left = new Map<string, StatusUpdate[]>();
  const keyOf = ({ kind, name, file }: { readonly kind: string; readonly name: string; readonly file: string }): string => `${kind}/${name} ${file}`;
  // Two documents of one kind and name keep their order.
  for (const update of told) left.set(keyOf(update), [...(left.get(keyOf(update)) ?? []), update]);
  const resources = reading.resources.map((stored): StoredResource => {
    const update = left.get(keyOf(stored))?.shift();
    return update === undefined ? stored : { ...stored, status: update.status };
  });
  return { ...reading, resources };
}

function unwritten({ code, waiting }: { readonly code: string; readonly waiting: number }): string {
  const remedy = code === 'ENOSPC' ? 'free space on its disk' : 'look whether its disk is full, read-only or failing, and to whom the file belongs';
  if (waiting === 0) return `audit-head.json, which holds where the audit trail ends, cannot be written (${code}): all records are on disk; ${remedy}`;
  return `the audit trail cannot be written (${code}): changes go on, and ${waiting} ${waiting === 1 ? 'record waits' : 'records wait'} in memory, which a restart would lose; ${remedy}`;
}

function failureOf(thrown: unknown): { readonly code: string; readonly message: string } {
  return { code: errorCode(thrown), message: errorMessage(thrown) };
}
