import type { Calendar } from '../desired/calendar/calendar.js';
import type { Instant } from '../desired/model.js';
import type { GitOpsState } from '../gitops/state.js';
import { gitOpsNotes } from './git-ops-notes.js';
import { isoInstant, isoSeconds } from '../runtime/instant.js';
import type { StatusUpdate } from '../store/resource-store.js';
import { memberCounts, memberViews, noMembers } from './member-status.js';
import { followingOfDoor } from './lock-rule-status.js';
import { doorsPlan, membersPlan } from './plan-view.js';
import { staleness, type DoorsReport, type GroupReport, type MembersReport, type PlaneRun, type SourceReport } from './report.js';
import type {
  AlertingView,
  BookingView,
  DoorGroupView,
  DoorView,
  HeldView,
  MemberView,
  PendingView,
  Plane,
  PlaneView,
  SourceView,
  TroubleView,
  View,
} from './view.js';

export interface ViewInputs {
  readonly site: string;
  readonly mode: 'DryRun' | 'Apply';
  readonly fence: 'On' | 'Off';
  readonly now: Instant;
  readonly doors: PlaneRun<DoorsReport>;
  readonly members: PlaneRun<MembersReport>;
  readonly statuses: readonly StatusUpdate[];
  /** The latest of each source, newer than the reports. */
  readonly sources: readonly SourceReport[];
  readonly troubles: readonly TroubleView[];
  /** Null: git-ops is off. */
  readonly gitOps: GitOpsState | null;
  readonly fenceVerified: boolean;
  /** Where status files are that cannot be written beside their files; null: they stand there. */
  readonly statusElsewhere: string | null;
  /** Null: nobody is told of anything here. */
  readonly alerting: AlertingView | null;
  /** When UniFi last answered a whole round, and what it then held. */
  readonly unifi: { readonly readAt: Instant | null; readonly items: number };
}

/** Everything the read commands show, from reports alone. */
export function buildView(inputs: ViewInputs): View {
  const { now } = inputs;
  const doors = inputs.doors.report;
  const result = inputs.members.report?.result ?? null;
  const members = result === null ? [] : memberViews(result);
  return {
    version: 1,
    status: {
      site: inputs.site,
      mode: inputs.mode,
      now: isoSeconds(now),
      revision: inputs.gitOps?.revision?.commit ?? null,
      gitOps: inputs.gitOps,
      sources: [...inputs.sources.flatMap((source) => sourceView(source, now)), unifiView(inputs)],
      doorGroups: doors === null ? [] : doorGroupViews(doors, inputs.statuses, now),
      members: result === null ? noMembers : memberCounts(members),
      held: [...heldViews(inputs.members.report), ...heldOpenings(doors), ...(doors?.waiting.pending ?? []).map(pendingHeld)],
      // Whether hubs honour holidays only the commissioning test can tell.
      fence: inputs.fence === 'Off' ? 'Off' : inputs.fenceVerified ? 'Verified' : 'Unverified',
      notes: notes(inputs),
      planes: [planeView('doors', inputs.doors, readyReason(doors?.source, doors, now)), planeView('members', inputs.members, readyReason(inputs.members.report?.source, inputs.members.report, now))],
      fencedUntil: earliestFence(doors),
      troubles: inputs.troubles,
      ...(inputs.alerting === null ? {} : { alerting: inputs.alerting }),
    },
    bookings: doors === null ? [] : bookingViews(doors.calendar),
    pending: doors?.waiting.pending ?? [],
    denied: doors?.waiting.denied ?? [],
    doors: doors === null ? [] : doorViews(doors, now),
    members: members satisfies readonly MemberView[],
    windows: doors === null ? [] : doors.calendar.groups.map(({ doorGroup, windows, held }) => ({
      doorGroup,
      windows: [
        ...windows.map((window) => ({ ...span(window), held: false, causes: window.causes })),
        ...held.map((window) => ({ ...span(window), held: true, causes: [...window.causes, { kind: 'held', ref: window.reason, text: 'waits for approval' }] })),
      ].sort((a, b) => (a.start < b.start ? -1 : 1)),
    })),
    diff: { planes: [doorsPlan(inputs.doors), membersPlan(inputs.members)] },
  };
}

function span({ start, end }: { readonly start: Instant; readonly end: Instant }): { start: string; end: string } {
  return { start: isoInstant(start), end: isoInstant(end) };
}

function sourceView({ name, state }: SourceReport, now: Instant): SourceView[] {
  if (state === null) return [];
  const { snapshot, failure } = state;
  return [
    {
      name,
      complete: failure === null && snapshot?.complete === true,
      readAt: snapshot === null ? null : isoSeconds(snapshot.readAt),
      ageSeconds: snapshot === null ? null : Math.max(0, Math.round((now - snapshot.readAt) / 1000)),
      items: snapshot?.items ?? 0,
      revision: snapshot?.revision ?? null,
      error: failure?.message ?? null,
      ...(failure === null ? {} : { errorCode: failure.code }),
      ...(snapshot?.kept === undefined ? {} : { kept: snapshot.kept.text }),
    },
  ];
}

function unifiView({ unifi, doors, members, now }: ViewInputs): SourceView {
  const failure = doors.failure ?? members.failure;
  return {
    name: 'unifi',
    complete: unifi.readAt !== null && failure === null,
    readAt: unifi.readAt === null ? null : isoSeconds(unifi.readAt),
    ageSeconds: unifi.readAt === null ? null : Math.max(0, Math.round((now - unifi.readAt) / 1000)),
    items: unifi.items,
    revision: null,
    error: failure?.message ?? null,
    ...(failure === null ? {} : { errorCode: failure.code }),
  };
}

/** Dates compare as text. */
function earliestFence(report: DoorsReport | null): string | null {
  const dates = (report?.groups ?? []).flatMap(({ method, plan }) => (method === 'Schedule' ? (plan.fencedUntil ?? []) : []));
  return [...dates].sort()[0] ?? null;
}

function doorGroupViews(report: DoorsReport, statuses: readonly StatusUpdate[], now: Instant): DoorGroupView[] {
  const ready = new Set(statuses.filter(({ kind, status }) => kind === 'DoorGroup' && isReady(status)).map(({ name }) => name));
  return report.groups.map((group) => {
    const { plan, calendar } = group;
    const coming = isProgrammed(group) ? calendar.windows.filter(({ end }) => end > now) : [];
    const current = coming.find(({ start }) => start <= now);
    const next = coming.find(({ start }) => start > now);
    const until = current?.end ?? next?.start;
    return {
      name: plan.name,
      now: current === undefined ? 'Closed' : 'Open',
      until: until === undefined ? null : isoInstant(until),
      next: next === undefined ? null : span(next),
      ready: ready.has(plan.name),
    };
  });
}

export function isReady(status: Readonly<Record<string, unknown>>): boolean {
  const conditions = status['conditions'];
  return Array.isArray(conditions) && conditions.some((each: { type?: unknown; status?: unknown }) => each.type === 'Ready' && each.status === 'True');
}

function heldViews(report: MembersReport | null): HeldView[] {
  const guarded = report?.result?.guarded;
  if (guarded?.hash == null) return [];
  const summary = guarded.braked.map(({ verb, reason }) => `${verb}: ${reason}`).join('; ');
  return [{ kind: 'plan', ref: `plan/${guarded.hash}`, summary, release: `sexton approve plan/${guarded.hash}` }];
}

function heldOpenings(report: DoorsReport | null): HeldView[] {
  if (report?.openings.hash == null) return [];
  const ref = `plan/${report.openings.hash}`;
  return [{ kind: 'plan', ref, summary: report.openings.reason, release: `sexton approve ${ref}` }];
}

function pendingHeld({ eventId, eventName, startsAt, reason, release }: PendingView): HeldView {
  return { kind: 'pending', ref: `${eventId}@${startsAt}`, summary: `${eventName}: ${reason}`, release };
}

function notes({ gitOps, now, doors, members, statuses, sources, troubles, statusElsewhere }: ViewInputs): string[] {
  const refused = statuses.filter(({ status }) => 'refused' in status).map(({ kind, name, file }) => `${kind}/${name}: ${file} is refused; see sexton describe ${kind}/${name}`);
  const removed = (doors.report?.removed ?? []).map(({ kind, name, confirmed }) => `${kind}/${name}: its file is gone; ${confirmed ? 'it is being revoked' : 'revoked once a second reading confirms it'}`);
  const withheld = [...new Set([doors.report?.withheld, members.report?.withheld, members.report?.suspended].flatMap((text) => text ?? []))];
  return [
    ...troubles.map(({ message }) => message),
    ...gitOpsNotes(gitOps, now),
    ...(statusElsewhere === null ? [] : [`the resource directory cannot be written: status files are in ${statusElsewhere}`]),
    ...withheld,
    ...sources.flatMap(({ state }) => [...(state?.snapshot?.kept === undefined ? [] : [state.snapshot.kept.text]), ...(state?.warnings ?? [])]),
    ...refused,
    ...removed,
  ];
}

function readyReason(
  source: SourceReport | undefined,
  report: (Pick<DoorsReport | MembersReport, 'withheld' | 'withheldFor'> & Partial<Pick<MembersReport, 'suspended'>>) | null,
  now: Instant,
): { reason: string; message: string } | null {
  if (report?.withheld != null) return { reason: report.withheldFor ?? 'Suspended', message: report.withheld };
  if (report?.suspended != null) return { reason: 'Suspended', message: report.suspended };
  if (source?.state == null) return null;
  if (source.state.snapshot === null) return { reason: 'SourceIncomplete', message: source.state.failure?.message ?? `${source.name} has not been read yet` };
  if (source.state.failure === null) return null;
  return staleness(source, now) === 'TooStale' ? { reason: 'SourceStale', message: source.state.failure.message } : null;
}

function planeView(plane: Plane, run: PlaneRun<unknown>, problem: { reason: string; message: string } | null): PlaneView {
  const why = run.failure === null ? problem : { reason: run.failure.code, message: run.failure.message };
  return {
    plane,
    ready: run.lastSuccess !== null && why === null,
    lastSuccess: run.lastSuccess === null ? null : isoSeconds(run.lastSuccess),
    reason: why?.reason ?? (run.lastSuccess === null ? 'Reconciling' : null),
    message: why?.message ?? null,
    ...(run.gotOnAt === null ? {} : { gotOnAt: isoSeconds(run.gotOnAt) }),
  };
}

function bookingViews(calendar: Calendar): BookingView[] {
  return calendar.bookings.map(({ booking, state, reason, windows, shut }) => ({
    id: booking.id,
    event: { id: booking.event.id, name: booking.event.name, startsAt: isoInstant(booking.event.startsAt), endsAt: isoInstant(booking.event.endsAt) },
    room: booking.room,
    resourceId: booking.resourceId,
    start: isoInstant(booking.start),
    end: isoInstant(booking.end),
    approval: booking.approval,
    state,
    reason,
    windows: windows.map((window) => ({ doorGroup: window.doorGroup, ...span(window) })),
    shut,
  }));
}

/** What is not programmed does not open, whatever was declared. */
function isProgrammed({ plan, method }: GroupReport): boolean {
  return plan.problem === null && method !== 'None';
}

function doorViews(report: DoorsReport, now: Instant): DoorView[] {
  return report.doors.map((door) => {
    const groups = report.groups.filter(({ plan }) => plan.doors.doors.some(({ id }) => id === door.id));
    const opening = groups.filter(isProgrammed);
    const open = opening.some(({ calendar }) => calendar.windows.some(({ start, end }) => start <= now && now < end));
    const { status: following, fault, why } = followingOfDoor(door, report);
    return {
      doorGroup: (opening[0] ?? groups[0])?.plan.name ?? null,
      id: door.id,
      name: door.name,
      lock: door.lock,
      position: door.position,
      rule: report.rules.find(({ doorId }) => doorId === door.id)?.rule ?? '',
      desired: open ? 'Open' : 'Closed',
      following,
      ...(fault === null ? {} : { fault: { door: fault.desired === 'Open' ? 'Closed' : 'Open', since: fault.since === 0 ? null : isoSeconds(fault.since), why } }),
    };
  });
}
