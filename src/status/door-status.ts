import { createHash } from 'node:crypto';
import { canonicalWeek } from '../desired/calendar/weekly-program.js';
import type { LocalTime } from '../desired/calendar/local-time.js';
import type { Instant } from '../desired/model.js';
import { isoInstant } from '../runtime/instant.js';
import type { StoredResource } from '../store/resource-store.js';
import { conditionsOf, type NextCondition, type ReadyInputs } from './conditions.js';
import { followingOfGroup, rulesProgrammed } from './lock-rule-status.js';
import type { DoorsReport, GroupReport } from './report.js';
import { localSpan } from './local-span.js';
import type { KindStatus, StatusContext } from './status-context.js';

/** Status of a DoorGroup: what it is programmed to, why, and what is left out. */
export function doorGroupStatus(stored: StoredResource<'DoorGroup'>, report: DoorsReport, context: StatusContext): KindStatus {
  const spec = stored.accepted?.spec;
  const group = report.groups.find(({ plan }) => plan.name === stored.name);
  const base = { ...context.inputs(stored), summary: 'accepted' };
  if (spec === undefined || group === undefined) return { conditions: conditionsOf({ ...base, programmed: null }), fields: {} };
  const missing = group.plan.doors.missing.map(({ id, name }) => `spec.doors: UniFi has no door ${id === undefined ? `named "${name ?? ''}"` : `with id ${id}`}`);
  const today = context.local.startOf(group.program.from);
  const end = context.local.dayOf(group.program.to).end;
  const windows = group.calendar.windows.filter((window) => window.end > today && window.start < end);
  const following = followingOfGroup(group, report);
  const observed = stored.accepted?.metadata.generation;
  const conditions = conditionsOf({
    ...base,
    brokenReferences: [...base.brokenReferences, ...missing],
    programmed: programmed(group, report),
    summary: summaryOf(group, windows.length),
  });
  return {
    conditions: [...conditions, ...following.conditions.map((each) => ({ ...each, ...(observed === undefined ? {} : { observedGeneration: observed }) }))],
    fields: {
      doorCount: group.plan.doors.doors.length,
      doors: group.plan.doors.doors.map(({ id, name }) => ({ id, name })),
      scheduleId: group.plan.scheduleId,
      policyId: group.plan.policyId,
      next: nextWindow(group, report.at, context.local),
      windows: windows.map(({ start, end: close, causes }) => ({ start: isoInstant(start), end: isoInstant(close), causes })),
      programHash: spec.unlock.method === 'Schedule' ? programHash(group) : null,
      fencedUntil: group.plan.fencedUntil,
      following: following.status,
    },
  };
}

function programmed(group: GroupReport, report: DoorsReport): ReadyInputs['programmed'] {
  const { plan, method } = group;
  const { withheldFor } = report;
  const disowned = withheldFor === 'NotOwner' || withheldFor === 'ControllerReplaced';
  if (disowned && method !== 'None') return { status: 'False', reason: withheldFor, message: report.withheld ?? withheldFor };
  if (plan.problem !== null) return { status: 'False', ...plan.problem };
  const failed = group.failed[0]?.error;
  if (failed != null) return { status: 'False', reason: failureReason(failed.code), message: `${failed.message} (${failed.code}); it is tried again` };
  if (plan.changes.length === 0) {
    if (method === 'LockRule') return rulesProgrammed(group, report);
    return { status: 'True', reason: 'Programmed', message: method === 'None' ? 'method None: nothing is written' : 'UniFi holds the program, read back' };
  }
  const count = `${plan.changes.length} ${plan.changes.length === 1 ? 'change' : 'changes'}`;
  if (report.withheld !== null) return { status: 'False', reason: withheldFor ?? 'ClockSkew', message: `${count} withheld: ${report.withheld}` };
  if (report.dryRun) return { status: 'False', reason: 'DryRun', message: `${count} not written: mode is DryRun` };
  return { status: 'False', reason: 'Reconciling', message: `${count} to write` };
}

/** Failures that have a name of their own. */
function failureReason(code: string): 'FenceFailed' | 'SharedSchedule' | 'NotOwner' | 'WriteFailed' {
  return code === 'FenceFailed' || code === 'SharedSchedule' || code === 'NotOwner' ? code : 'WriteFailed';
}

function summaryOf(group: GroupReport, windows: number): string {
  const held = group.calendar.held.length;
  const ranges = group.program.leftOut.length;
  return [
    `${windows} ${windows === 1 ? 'window' : 'windows'} from ${group.program.from} to ${group.program.to}`,
    ...(held > 0 ? [`${held} held for approval`] : []),
    ...(ranges > 0 ? [`${ranges} left out (TooManyRanges)`] : []),
  ].join('; ');
}

/** The window that is open now or opens next, in the site's own time. */
function nextWindow(group: GroupReport, now: Instant, local: LocalTime): string | null {
  const next = group.calendar.windows.find(({ end }) => end > now);
  return next === undefined ? null : localSpan(next, local);
}

function programHash({ program }: GroupReport): string {
  return createHash('sha256').update(JSON.stringify(canonicalWeek(program.week))).digest('hex').slice(0, 12);
}

/** Every condition but the kind's own, for kinds that UniFi does not hold by themselves. */
export function declaredConditions(stored: StoredResource, context: StatusContext, inputs: Partial<ReadyInputs>): NextCondition[] {
  return conditionsOf({ ...context.inputs(stored), programmed: null, summary: 'in force', ...inputs });
}
