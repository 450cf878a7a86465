import type { Instant, Interval } from '../desired/model.js';
import type { Clock } from '../runtime/clock.js';
import { errorCode } from '../runtime/errors.js';
import { isNearEdge, judgeFollowing, type DoorFollowing, type DoorSample } from '../status/following.js';
import type { AccessReader, Emergency, UnifiDoor } from '../unifi/access-controller.js';

/** When a door should stand open. */
export interface DoorExpectation {
  readonly windows: readonly Interval[];
  /** Why nobody can tell; null: the windows tell. */
  readonly unknown: string | null;
}

/** Looks at the doors themselves and judges whether they do what is declared. Samples live in memory only. */
export interface DoorWatch {
  /** From now on, by door id. */
  expect(doors: ReadonlyMap<string, DoorExpectation>): void;
  /** One look at every door; answers them, or null when UniFi could not be read. */
  sample(): Promise<readonly UnifiDoor[] | null>;
  following(): ReadonlyMap<string, DoorFollowing>;
}

const kept = 12;
/** Looks that say the same within this are one: many reconciles must not push older samples out. */
const apart = 20_000;
const watchInterval = 60_000;

export function createDoorWatch({ unifi, clock }: { readonly unifi: AccessReader; readonly clock: Clock }): DoorWatch {
  let expected: ReadonlyMap<string, DoorExpectation> = new Map();
  const samples = new Map<string, readonly DoorSample[]>();

  function keep(doorId: string, sample: DoorSample): void {
    const before = samples.get(doorId) ?? [];
    const last = before.at(-1);
    const told = last !== undefined && sample.at - last.at < apart && saysSame(last, sample);
    if (!told) samples.set(doorId, [...before, sample].slice(-kept));
  }

  async function look(door: UnifiDoor, emergency: Emergency, { windows }: DoorExpectation): Promise<DoorSample> {
    const at = clock.now();
    const open = windows.some(({ start, end }) => start <= at && at < end);
    const wrong = door.lock === (open ? 'Locked' : 'Unlocked');
    const rule = wrong && door.hasHub ? await readRule(door.id) : { type: null, offline: false };
    return {
      at,
      desired: open ? 'Open' : 'Closed',
      nearEdge: isNearEdge(windows, at),
      lock: door.lock === 'Unlocked' ? 'Unlocked' : 'Locked',
      unknown: whyUnknown(door, emergency, rule.offline),
      rule: rule.type,
    };
  }

  async function readRule(doorId: string): Promise<{ readonly type: string | null; readonly offline: boolean }> {
    try {
      return { type: (await unifi.getLockRule(doorId)).type, offline: false };
    } catch (error) {
      return { type: null, offline: errorCode(error) === 'CODE_DEVICE_DEVICE_OFFLINE' };
    }
  }

  return {
    expect(doors) {
      expected = doors;
      for (const id of samples.keys()) if (!doors.has(id)) samples.delete(id);
    },
    async sample() {
      try {
        const [doors, emergency] = await Promise.all([unifi.listDoors(), unifi.getEmergency()]);
        for (const door of doors) {
          const expectation = expected.get(door.id);
          if (expectation?.unknown === null) keep(door.id, await look(door, emergency, expectation));
        }
        return doors;
      } catch {
        // The next reconcile tells why UniFi cannot be read.
        const at = clock.now();
        for (const id of expected.keys()) keep(id, unread(at));
        return null;
      }
    },
    following() {
      return new Map(
        [...expected].map(([id, { unknown }]) => [id, unknown === null ? judgeFollowing(samples.get(id) ?? []) : { status: 'Unknown', fault: null, why: unknown }]),
      );
    },
  };
}

function saysSame(a: DoorSample, b: DoorSample): boolean {
  return a.lock === b.lock && a.desired === b.desired && a.unknown === b.unknown && a.nearEdge === b.nearEdge && a.rule === b.rule;
}

function whyUnknown(door: UnifiDoor, { lockdown, evacuation }: Emergency, offline: boolean): string | null {
  if (!door.hasHub) return 'it has no hub';
  if (offline || door.lock === 'Unknown') return 'its hub is offline';
  if (evacuation) return 'evacuation is on';
  return lockdown ? 'lockdown is on' : null;
}

function unread(at: Instant): DoorSample {
  return { at, desired: 'Closed', nearEdge: false, lock: 'Locked', unknown: 'UniFi cannot be read', rule: null };
}

/** Looks each minute until stopped. */
export function watchEachMinute(watch: DoorWatch, clock: Clock): () => void {
  let cancel: (() => void) | null = null;
  let stopped = false;
  const next = (): void => {
    if (!stopped) cancel = clock.after(watchInterval, () => void watch.sample().then(next));
  };
  next();
  return () => {
    stopped = true;
    cancel?.();
  };
}
