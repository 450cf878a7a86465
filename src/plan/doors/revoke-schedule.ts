import { emptyWeek, sameWeek } from '../../desired/calendar/weekly-program.js';
import { isFence } from '../../desired/calendar/fence.js';
import type { RevokeSchedule } from './changes.js';
import type { PlanContext } from './context.js';
import type { OwnedGroup } from './group.js';

/** Empties the schedule that a group held, and takes our fence off it; nothing when another group asks for it now. */
export function revokeSchedule(name: string, owned: OwnedGroup | undefined, context: PlanContext): readonly RevokeSchedule[] {
  if (owned?.scheduleId == null || context.inUse.has(owned.scheduleId)) return [];
  const schedule = context.observed.details.get(owned.scheduleId);
  if (schedule === undefined) return [];
  const { standard } = context.fence;
  const fenced = isFence(context.holidaysOf(schedule.id)?.name ?? '') && standard !== null;
  if (sameWeek(schedule.week, emptyWeek) && !fenced) return [];
  return [
    {
      verb: 'revoke',
      doorGroup: name,
      scheduleId: schedule.id,
      name: schedule.name,
      before: schedule.week,
      holidays: fenced ? { id: standard.id, name: standard.name } : null,
      ownPolicyId: owned.policyId,
    },
  ];
}
