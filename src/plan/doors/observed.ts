import type { UnifiDoor, UnifiHolidayGroup, UnifiPolicy, UnifiSchedule, UnifiScheduleSummary } from '../../unifi/access-controller.js';

/** What UniFi holds for the doors plane. */
export interface ObservedDoors {
  readonly doors: readonly UnifiDoor[];
  readonly policies: readonly UnifiPolicy[];
  readonly schedules: readonly UnifiScheduleSummary[];
  /** Whole schedules, by id, of those that a group names or the inventory remembers. */
  readonly details: ReadonlyMap<string, UnifiSchedule>;
  readonly holidayGroups: readonly HolidayGroupSummary[];
  /** Whole holiday groups, by id: those of `details`, today's fence and the owner's mark. Never a default group. */
  readonly holidays: ReadonlyMap<string, UnifiHolidayGroup>;
}

export type HolidayGroupSummary = Pick<UnifiHolidayGroup, 'id' | 'name' | 'isDefault'>;

export interface DoorRef {
  readonly id?: string;
  readonly name?: string;
}

export interface ResolvedDoors {
  readonly doors: readonly UnifiDoor[];
  readonly missing: readonly DoorRef[];
}

/** Doors by id, or by their name in UniFi when exactly one has it. */
export function resolveDoors(refs: readonly DoorRef[], doors: readonly UnifiDoor[]): ResolvedDoors {
  const resolved = new Map<string, UnifiDoor>();
  const missing: DoorRef[] = [];
  for (const ref of refs) {
    const found = doorsNamed(ref, doors);
    const [door] = found;
    if (door === undefined || found.length > 1) missing.push(ref);
    else resolved.set(door.id, door);
  }
  return { doors: [...resolved.values()], missing };
}

/** Every door that is meant: more than one is none. */
export function doorsNamed(ref: DoorRef, doors: readonly UnifiDoor[]): readonly UnifiDoor[] {
  return doors.filter(({ id, name }) => (ref.id === undefined ? name === ref.name : id === ref.id));
}
