import { addDays, type LocalTime } from '../../desired/calendar/local-time.js';
import type { Clock } from '../../runtime/clock.js';
import { delay } from '../../runtime/clock.js';
import { errorMessage } from '../../runtime/errors.js';
import { weekdays, type AccessController, type UnifiDoor, type UnifiSchedule, type WeekSchedule } from '../../unifi/access-controller.js';

export interface FenceTest {
  readonly unifi: AccessController;
  readonly clock: Clock;
  readonly local: LocalTime;
  /** Names or ids; both spare. */
  readonly schedule: string;
  readonly door: string;
  /** Names and ids of schedules and doors that resources use: never touched. */
  readonly inUse: ReadonlySet<string>;
  /** How long a hub may take to follow, milliseconds. */
  readonly patience: number;
  readonly signal: AbortSignal;
  /** Tells a person what is being done. */
  readonly say: (line: string) => void;
}

export type FenceVerdict =
  | { readonly verdict: 'Honoured' }
  /** A holiday without hours leaves the door open: the fence would not close anything here. */
  | { readonly verdict: 'NotHonoured'; readonly message: string }
  /** Nothing was learned. */
  | { readonly verdict: 'Inconclusive'; readonly message: string };

const pause = 2_000;
const openWeek = Object.fromEntries(weekdays.map((day) => [day, [{ start: '00:00:00', end: '23:59:59' }]])) as unknown as WeekSchedule;

/**
 * Opens a spare door by its schedule, puts holidays without hours around today, and looks whether the door closes: the
 * very thing that shuts doors once a controller is dead. The schedule is put back as it was, whatever happens.
 */
export async function testFence(test: FenceTest): Promise<FenceVerdict> {
  const found = await spareThings(test);
  if ('message' in found) return { verdict: 'Inconclusive', ...found };
  const { door, schedule } = found;
  const groups = await test.unifi.listHolidayGroups();
  const standard = groups.find(({ isDefault }) => isDefault)?.id;
  let groupId: string | null = null;
  try {
    test.say(`"${schedule.name}" is opened for a moment; the door "${door.name}" should unlock`);
    await test.unifi.updateSchedule(schedule.id, { week: openWeek, ...(standard === undefined ? {} : { holidayGroupId: standard }), holidaySchedule: schedule.holidaySchedule });
    if (!(await reads(door, 'Unlocked', test))) {
      return { verdict: 'Inconclusive', message: `the door "${door.name}" did not unlock: set its unlock schedule in UniFi Access to "${schedule.name}", then test again` };
    }
    test.say('holidays without hours are put around today; the door should lock');
    const name = `Sexton fence test ${test.local.dateOf(test.clock.now())}`;
    const left = groups.find((group) => group.name === name);
    if (left !== undefined) await test.unifi.deleteHolidayGroup(left.id);
    groupId = (await test.unifi.createHolidayGroup({ name, holidays: aroundToday(test, name) })).id;
    await test.unifi.updateSchedule(schedule.id, { week: openWeek, holidayGroupId: groupId, holidaySchedule: [] });
    if (await reads(door, 'Locked', test)) return { verdict: 'Honoured' };
    return {
      verdict: 'NotHonoured',
      message: `the door "${door.name}" stayed open on a holiday without hours: on this UniFi the fence closes nothing. Use \`method: LockRule\` where the hubs have it, and keep a heartbeat that tells when the controller is dead`,
    };
  } finally {
    test.say(`"${schedule.name}" is put back as it was`);
    await restore(test, schedule, groupId);
  }
}

async function spareThings({ unifi, door, schedule, inUse }: FenceTest): Promise<{ readonly door: UnifiDoor; readonly schedule: UnifiSchedule } | { readonly message: string }> {
  const doors = (await unifi.listDoors()).filter(({ id, name }) => id === door || name === door);
  const schedules = (await unifi.listSchedules()).filter(({ id, name }) => id === schedule || name === schedule);
  const [spareDoor] = doors;
  const [spare] = schedules;
  if (spareDoor === undefined || doors.length > 1) return { message: `UniFi has ${doors.length} doors "${door}"` };
  if (spare === undefined || schedules.length > 1) return { message: `UniFi has ${schedules.length} schedules "${schedule}"` };
  if (spare.isDefault) return { message: `"${spare.name}" is a schedule of UniFi's own` };
  const used = [spareDoor.id, spareDoor.name, spare.id, spare.name].find((each) => inUse.has(each));
  if (used !== undefined) return { message: `"${used}" belongs to a DoorGroup; the test needs a spare door and a spare schedule` };
  const policies = (await unifi.listPolicies()).filter(({ scheduleId }) => scheduleId === spare.id).map(({ name }) => `"${name}"`);
  if (policies.length > 0) return { message: `the schedule "${spare.name}" is used by the access policy ${policies.join(', ')}; take a spare one` };
  if (!spareDoor.hasHub) return { message: `no hub answers for the door "${spareDoor.name}"` };
  const emergency = await unifi.getEmergency();
  if (emergency.lockdown || emergency.evacuation) return { message: 'UniFi is in lockdown or evacuation' };
  const rule = await unifi.getLockRule(spareDoor.id);
  if (rule.type !== '' && rule.type !== 'reset' && rule.type !== 'schedule') return { message: `a person's rule (${rule.type}) holds the door "${spareDoor.name}"; end it first` };
  return { door: spareDoor, schedule: await unifi.getSchedule(spare.id) };
}

/** Yesterday to tomorrow: whether UniFi means UTC or local dates, the present is inside. */
function aroundToday({ clock, local }: FenceTest, name: string): readonly { readonly name: string; readonly repeat: false; readonly start: string; readonly end: string }[] {
  const today = local.dateOf(clock.now());
  return [-1, 0, 1].map((days) => {
    const date = addDays(today, days);
    return { name: `${name} ${date}`, repeat: false, start: `${date}T00:00:00Z`, end: `${addDays(date, 1)}T00:00:00Z` };
  });
}

async function reads(door: UnifiDoor, wanted: UnifiDoor['lock'], { unifi, clock, patience, signal }: FenceTest): Promise<boolean> {
  const start = clock.monotonic();
  for (;;) {
    const now = (await unifi.listDoors()).find(({ id }) => id === door.id);
    if (now?.lock === wanted) return true;
    if (clock.monotonic() - start >= patience) return false;
    await delay(clock, pause, signal);
  }
}

/** @throws when the schedule could not be put back, saying how to do it by hand */
async function restore({ unifi }: FenceTest, before: UnifiSchedule, groupId: string | null): Promise<void> {
  try {
    await unifi.updateSchedule(before.id, { week: before.week, holidayGroupId: before.holidayGroupId, holidaySchedule: before.holidaySchedule });
  } catch (error) {
    throw new Error(`the schedule "${before.name}" could not be put back (${errorMessage(error)}): it is open on every day now; empty it in UniFi Access`, { cause: error });
  }
  // Nothing holds it any longer; one that stays behind closes nothing and goes with the next test.
  if (groupId !== null) await unifi.deleteHolidayGroup(groupId).catch(() => undefined);
}
