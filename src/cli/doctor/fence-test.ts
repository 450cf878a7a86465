import type { LocalTime } from '../../desired/calendar/local-time.js';
import { ruleKind } from '../../plan/doors/lock-rules.js';
import type { Clock } from '../../runtime/clock.js';
import { delay } from '../../runtime/clock.js';
import { errorCode, errorMessage } from '../../runtime/errors.js';
import type { AccessController, UnifiDoor, UnifiSchedule } from '../../unifi/access-controller.js';
import { holidaysFrom, openUntil, testGroupPrefix } from './fence-program.js';
import type { FenceRecord, ScheduleBefore } from './fence-record.js';

export interface FenceTest {
  readonly unifi: AccessController;
  readonly clock: Clock;
  readonly local: LocalTime;
  /** Names or ids; both spare. */
  readonly schedule: string;
  readonly door: string;
  /** Names and ids of schedules and doors that resources use: never touched. */
  readonly inUse: ReadonlySet<string>;
  /** How long a hub may take to follow, and UniFi to answer again, milliseconds. */
  readonly patience: number;
  readonly record: FenceRecord;
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
/** Longer than a hub may take: that the door locks is then the holidays' doing, not the end of the opening. */
const openFor = 10 * 60_000;
/** As far as the clocks of UniFi and ours may differ. */
const skew = 2 * 60_000;

/**
 * Opens a spare door by its schedule, puts holidays without hours around today, and looks whether the door closes: the
 * very thing that shuts doors once a controller is dead. The schedule is put back as it was, whatever happens; where this
 * process is killed, the opening ends by itself, holidays keep it from coming back each week, and the record lets the next
 * one put the schedule back.
 * @throws when the schedule could not be put back, or UniFi fails in the middle
 */
export async function testFence(test: FenceTest): Promise<FenceVerdict> {
  await putBackBrokenOff(test);
  const found = await spareThings(test);
  if ('message' in found) return { verdict: 'Inconclusive', ...found };
  const { door, schedule } = found;
  await test.record.write(schedule);
  try {
    return await tried(door, schedule, test);
  } finally {
    test.say(`"${schedule.name}" is put back as it was`);
    await putBack(schedule, test);
  }
}

/** What an earlier test left when it was killed. @throws when it cannot be put back */
async function putBackBrokenOff(test: Pick<FenceTest, 'record' | 'unifi' | 'clock' | 'patience' | 'say'>): Promise<void> {
  const left = await test.record.read();
  if (left === null) return;
  if (left === 'Unreadable') {
    test.say('an earlier test was broken off, and its record cannot be read: look in UniFi Access whether the spare schedule has hours that nobody wants');
    await test.record.clear();
    return;
  }
  if (!(await test.unifi.listSchedules()).some(({ id }) => id === left.id)) {
    test.say(`an earlier test was broken off, and UniFi has its schedule "${left.name}" no longer`);
    await test.record.clear();
    return;
  }
  test.say(`an earlier test was broken off: "${left.name}" is put back as it was`);
  await putBack(left, test);
}

async function tried(door: UnifiDoor, schedule: UnifiSchedule, test: FenceTest): Promise<FenceVerdict> {
  const { unifi, clock, local, say } = test;
  await dropGroups(unifi);
  const today = local.dateOf(clock.now());
  const ahead = await unifi.createHolidayGroup(holidaysFrom(today, 2));
  say(`"${schedule.name}" is opened for some minutes; the door "${door.name}" should unlock`);
  await program(schedule, ahead.id, test);
  if (!(await reads(door, 'Unlocked', test))) {
    return {
      verdict: 'Inconclusive',
      message: `the door "${door.name}" did not unlock: set its unlock schedule in UniFi Access to "${schedule.name}", look whether First-Person-In is off and the console is in the time zone ${local.zone}, then test again`,
    };
  }
  say('holidays without hours are put around today; the door should lock');
  const now = await unifi.createHolidayGroup(holidaysFrom(today, -1));
  const end = await program(schedule, now.id, test);
  if (!(await reads(door, 'Locked', test))) {
    return {
      verdict: 'NotHonoured',
      message: `the door "${door.name}" stayed open on a holiday without hours: on this UniFi the fence closes nothing. Use \`method: LockRule\` where the hubs have it, and keep a heartbeat that tells when the controller is dead`,
    };
  }
  if (clock.now() > end - skew) return { verdict: 'Inconclusive', message: 'it took so long that the opening itself may have ended; test again' };
  const other = await otherCause(door, unifi);
  return other === null ? { verdict: 'Honoured' } : { verdict: 'Inconclusive', message: `the door locked, but ${other}; test again` };
}

/** When the opening ends. */
async function program({ id }: UnifiSchedule, holidayGroupId: string, { unifi, clock, local }: FenceTest): Promise<number> {
  const now = clock.now();
  await unifi.updateSchedule(id, { week: openUntil(now, now + openFor, local), holidayGroupId, holidaySchedule: [] });
  return now + openFor;
}

/** What else keeps a door shut, or opens it. */
async function otherCause(door: UnifiDoor, unifi: AccessController): Promise<string | null> {
  const emergency = await unifi.getEmergency();
  if (emergency.lockdown || emergency.evacuation) return 'UniFi is in lockdown or evacuation';
  if ((await unifi.listDoors()).find(({ id }) => id === door.id)?.hasHub !== true) return `no hub answers for the door "${door.name}"`;
  const rule = await unifi.getLockRule(door.id).catch((error: unknown) => {
    // A hub without lock rules can have no rule, and needs the fence most.
    if (errorCode(error) === 'CODE_DEVICE_API_NOT_SUPPORTED') return { type: '', endedTime: 0 };
    throw error;
  });
  const kind = ruleKind(rule);
  return kind === 'idle' || kind === 'schedule' ? null : `a person's rule (${rule.type}) holds the door "${door.name}"`;
}

async function spareThings({ unifi, clock, door, schedule, inUse }: FenceTest): Promise<{ readonly door: UnifiDoor; readonly schedule: UnifiSchedule } | { readonly message: string }> {
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
  const other = await otherCause(spareDoor, unifi);
  if (other !== null) return { message: `${other}; that has to change first` };
  const answer = unifi.lastDate();
  if (answer !== null && Math.abs(clock.now() - answer.date) > skew) return { message: 'the clocks of this machine and of UniFi differ by more than 2 min; set both by NTP' };
  return { door: spareDoor, schedule: await unifi.getSchedule(spare.id) };
}

async function reads(door: UnifiDoor, wanted: UnifiDoor['lock'], { unifi, clock, patience, signal }: FenceTest): Promise<boolean> {
  const start = clock.monotonic();
  for (;;) {
    if (signal.aborted) throw new Error('it was interrupted');
    const now = (await unifi.listDoors()).find(({ id }) => id === door.id);
    if (now?.lock === wanted) return true;
    if (clock.monotonic() - start >= patience) return false;
    await delay(clock, pause, signal).catch(() => undefined);
  }
}

/** Tries as long as UniFi may take to answer again. @throws saying how to do it by hand */
async function putBack(before: ScheduleBefore, { unifi, clock, patience, record, say }: Pick<FenceTest, 'unifi' | 'clock' | 'patience' | 'record' | 'say'>): Promise<void> {
  const start = clock.monotonic();
  for (let failures = 0; ; failures += 1) {
    try {
      await unifi.updateSchedule(before.id, { week: before.week, holidayGroupId: before.holidayGroupId, holidaySchedule: before.holidaySchedule });
      break;
    } catch (error) {
      if (clock.monotonic() - start >= patience) {
        throw new Error(
          `the schedule "${before.name}" could not be put back (${errorMessage(error)}): it has a few open minutes now; empty it in UniFi Access, or run this again once UniFi answers`,
          { cause: error },
        );
      }
      if (failures === 0) say(`UniFi does not take it (${errorMessage(error)}); it is tried again for ${Math.ceil(patience / 60_000)} min`);
      await delay(clock, pause);
    }
  }
  await record.clear();
  // Nothing holds them any longer; one that stays behind closes nothing and goes with the next test.
  await dropGroups(unifi).catch(() => undefined);
}

async function dropGroups(unifi: AccessController): Promise<void> {
  for (const { id, name, isDefault } of await unifi.listHolidayGroups()) {
    if (!isDefault && name.startsWith(testGroupPrefix)) await unifi.deleteHolidayGroup(id);
  }
}
