import { isFence } from '../../desired/calendar/fence.js';
import { addDays, datesBetween, weekdayOf, type LocalDate } from '../../desired/calendar/local-time.js';
import { emptyWeek, sameWeek } from '../../desired/calendar/weekly-program.js';
import type { TimeRange, UnifiScheduleSummary, Weekday, WeekSchedule } from '../../unifi/access-controller.js';
import type { HolidayTarget, ProgramSchedule } from './changes.js';
import type { GroupProblem, PlanContext } from './context.js';
import { asOfficeHours } from './foreign-holidays.js';
import type { DesiredGroup, OwnedGroup } from './group.js';
import { narrowedWeek } from './narrowed-week.js';
import { foreignPolicies, ownPolicy, sharedSchedule } from './policy.js';

/** Why a schedule of that name must not be written. */
export function refusal(group: DesiredGroup, schedule: UnifiScheduleSummary, owned: OwnedGroup | undefined, context: PlanContext): GroupProblem | null {
  const { observed, today } = context;
  if (schedule.isDefault) {
    return { reason: 'Conflict', message: `"${schedule.name}" is a default schedule of UniFi; name another one in spec.unlock.schedule.name` };
  }
  const others = foreignPolicies(observed.policies, schedule.id, ownPolicy(group, observed, owned)?.id ?? null);
  if (others.length > 0) return { reason: 'SharedSchedule', message: sharedSchedule(others) };
  // Once adopted, holidays that somebody puts back are drift, and the fence belongs there.
  if (owned?.scheduleId === schedule.id) return null;
  const held = context.holidaysOf(schedule.id);
  if (held !== undefined && isFence(held.name)) return null;
  const holidays = held?.holidays ?? [];
  const hours = observed.details.get(schedule.id)?.holidaySchedule ?? [];
  if (holidays.length === 0 && hours.length === 0) return null;
  const remedy = `set the schedule's holidays to "No Holidays" in UniFi, without holiday hours`;
  if (holidays.length === 0) return { reason: 'ForeignHolidays', message: `the schedule has holiday hours of its own; ${remedy}` };
  const declared = asOfficeHours({ doorGroup: group.name, holidays, hours }, today);
  return { reason: 'ForeignHolidays', message: `the schedule has holidays of its own ("${held?.name ?? ''}"); put them into an OfficeHours: ${declared}; then ${remedy}` };
}

export interface SchedulePlan {
  /** Why the schedule does not get its program. */
  readonly problem: GroupProblem | null;
  readonly changes: readonly ProgramSchedule[];
}

/** At most one write: a schedule needs one when its week differs or its fence is not today's. */
export function planSchedule(group: DesiredGroup, { id, name }: UnifiScheduleSummary, owned: OwnedGroup | undefined, context: PlanContext): SchedulePlan {
  const detail = context.observed.details.get(id);
  const before = detail?.week ?? emptyWeek;
  const change = (week: WeekSchedule, holidays: HolidayTarget | null): ProgramSchedule => ({
    verb: 'program',
    doorGroup: group.name,
    scheduleId: id,
    name,
    before,
    week,
    holidays,
    holidaysBefore: context.holidaysOf(id)?.name ?? context.fence.standard?.name ?? '',
    ownPolicyId: ownPolicy(group, context.observed, owned)?.id ?? null,
  });
  // What is not known of bookings can open a door, never one that a closure shuts.
  const onlyClosed = (message: string): SchedulePlan => {
    const fenced = heldFence(id, context);
    const ours = owned?.scheduleId === id || fenced !== null;
    const week = group.most === null || !ours ? before : narrowedWeek(before, group.most);
    return { problem: { reason: 'SourceIncomplete', message }, changes: sameWeek(before, week) ? [] : [change(week, fenced)] };
  };
  if (group.unknown !== null) return onlyClosed(group.unknown);
  const target = holidaysFor(group, id, context);
  const shrunk = suspendedWeek(group, before, context.fencedUntil(id), context.today);
  if (target !== null && 'reason' in target) {
    // What is to close needs no new fence: less than before is closed by the one that it has.
    const fenced = heldFence(id, context);
    const ours = owned?.scheduleId === id || fenced !== null;
    return { problem: target, changes: ours && !sameWeek(before, shrunk) ? [change(shrunk, fenced)] : [] };
  }
  const week = group.suspended ? shrunk : group.week;
  const unfenced = target !== null && (target.id === null || target.id !== detail?.holidayGroupId || detail.holidaySchedule.length > 0);
  if (sameWeek(before, week) && !unfenced) return { problem: null, changes: [] };
  // A schedule that was never ours holds no program of ours.
  if (group.keeps !== null && owned?.scheduleId === id && !sameWeek(narrowedWeek(before, week), before)) return onlyClosed(group.keeps);
  return { problem: null, changes: [change(week, target)] };
}

/** A group that may not have its program (a quarrel, a suspension) still shrinks on the schedule that it holds, wherever it wants to go. */
export function shrinkHeld(group: DesiredGroup, owned: OwnedGroup | undefined, context: PlanContext): readonly ProgramSchedule[] {
  const { observed, inUse } = context;
  const held = observed.schedules.find(({ id }) => id === owned?.scheduleId);
  if (held === undefined || held.isDefault || inUse.has(held.id) || !observed.details.has(held.id)) return [];
  if (foreignPolicies(observed.policies, held.id, ownPolicy(group, observed, owned)?.id ?? null).length > 0) return [];
  return planSchedule({ ...group, suspended: true }, held, owned, context).changes;
}

/** The fence of ours that a schedule holds; null when it holds none. */
function heldFence(scheduleId: string, context: PlanContext): HolidayTarget | null {
  const held = context.holidaysOf(scheduleId);
  return held !== undefined && isFence(held.name) ? { id: held.id, name: held.name } : null;
}

/** The holiday group that the schedule is to hold; null: it may keep what it has. */
function holidaysFor(group: DesiredGroup, scheduleId: string, context: PlanContext): HolidayTarget | GroupProblem | null {
  const { fence } = context;
  const fenced = heldFence(scheduleId, context);
  if (fence.state === 'Off') {
    if (fenced === null) return null;
    if (fence.standard !== null) return { id: fence.standard.id, name: fence.standard.name };
    return { reason: 'FenceFailed', message: 'UniFi lists no default holiday group to put the schedule back on; set its holidays to "No Holidays" there' };
  }
  // A suspended group is closed by the fence that it has, which therefore stays where it is.
  if (group.suspended && fenced !== null) return fenced;
  if (fence.state === 'Failed') return { reason: 'FenceFailed', message: fence.message };
  return { id: fence.state === 'Held' ? fence.id : null, name: fence.fence.name };
}

/** Nothing is added, and nothing is left of dates that its fence closes: the program then ends without the fence, too. */
function suspendedWeek({ week }: DesiredGroup, held: WeekSchedule, until: LocalDate | null, today: LocalDate): WeekSchedule {
  const narrowed = narrowedWeek(held, week);
  if (until === null) return narrowed;
  const kept: Record<Weekday, readonly TimeRange[]> = { ...narrowed };
  for (const date of datesBetween(today, addDays(today, 6))) if (date > until) kept[weekdayOf(date)] = [];
  return kept;
}
