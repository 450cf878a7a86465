import type { ObservedDoors } from '../../plan/doors/observed.js';
import type { AccessReader, UnifiSchedule } from '../../unifi/access-controller.js';

/**
 * Everything that a plan of the doors plane looks at: doors, policies, and the schedules that are named or remembered.
 * @throws when any list cannot be had whole
 */
export async function observeDoors(
  unifi: AccessReader,
  wanted: { readonly scheduleNames: ReadonlySet<string>; readonly scheduleIds: ReadonlySet<string> },
): Promise<ObservedDoors> {
  const [doors, policies, schedules, groups] = await Promise.all([
    unifi.listDoors(),
    unifi.listPolicies(),
    unifi.listSchedules(),
    unifi.listHolidayGroups(),
  ]);
  const needed = schedules.filter(({ id, name }) => wanted.scheduleIds.has(id) || wanted.scheduleNames.has(name));
  const read = await Promise.all(needed.map(({ id }) => unifi.getSchedule(id)));
  const defaults = new Set(groups.filter(({ isDefault }) => isDefault).map(({ id }) => id));
  const holidays = await Promise.all(
    read.map(async (schedule) => [schedule.id, await holidaysOf(unifi, schedule, defaults)] as const),
  );
  return { doors, policies, schedules, details: new Map(read.map((schedule) => [schedule.id, schedule])), holidays: new Map(holidays) };
}

async function holidaysOf(unifi: AccessReader, schedule: UnifiSchedule, defaults: ReadonlySet<string>): Promise<string[]> {
  const times = schedule.holidaySchedule.map(({ start, end }) => `holiday hours ${start}-${end}`);
  if (schedule.holidayGroupId === '' || defaults.has(schedule.holidayGroupId)) return times;
  const { holidays } = await unifi.getHolidayGroup(schedule.holidayGroupId);
  return [...holidays.map(({ name, start }) => `${name} ${start.slice(0, 10)}`), ...times];
}
