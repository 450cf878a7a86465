import type { ObservedDoors } from '../../plan/doors/observed.js';
import { ownerGroupName, type OwnerFacts } from '../../plan/doors/owner.js';
import type { AccessReader } from '../../unifi/access-controller.js';

export interface WantedDoors {
  readonly scheduleNames: ReadonlySet<string>;
  readonly scheduleIds: ReadonlySet<string>;
  /** Today's; null without fences. */
  readonly fenceName: string | null;
}

/** What ownership of this UniFi is judged by. @throws when a list cannot be had whole */
export async function observeOwner(unifi: AccessReader): Promise<OwnerFacts> {
  const [schedules, holidayGroups] = await Promise.all([unifi.listSchedules(), unifi.listHolidayGroups()]);
  const marks = await Promise.all(holidayGroups.filter(({ name }) => name === ownerGroupName).map(({ id }) => unifi.getHolidayGroup(id)));
  return { schedules, holidayGroups, holidays: new Map(marks.map((mark) => [mark.id, mark])) };
}

/**
 * Everything that a plan of the doors plane looks at: doors, policies, the schedules that are named or remembered, and
 * the holiday groups that these hold.
 * @throws when any list cannot be had whole
 */
export async function observeDoors(unifi: AccessReader, wanted: WantedDoors): Promise<ObservedDoors> {
  const [doors, policies, schedules, holidayGroups] = await Promise.all([
    unifi.listDoors(),
    unifi.listPolicies(),
    unifi.listSchedules(),
    unifi.listHolidayGroups(),
  ]);
  const needed = schedules.filter(({ id, name }) => wanted.scheduleIds.has(id) || wanted.scheduleNames.has(name));
  const details = await Promise.all(needed.map(({ id }) => unifi.getSchedule(id)));
  const held = new Set(details.map(({ holidayGroupId }) => holidayGroupId));
  const groups = holidayGroups.filter(
    ({ id, name, isDefault }) => !isDefault && (held.has(id) || name === wanted.fenceName || name === ownerGroupName),
  );
  const holidays = await Promise.all(groups.map(({ id }) => unifi.getHolidayGroup(id)));
  return {
    doors,
    policies,
    schedules,
    details: new Map(details.map((schedule) => [schedule.id, schedule])),
    holidayGroups,
    holidays: new Map(holidays.map((group) => [group.id, group])),
  };
}
