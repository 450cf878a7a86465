import type { SpecOf } from '../../src/api/resource.js';
import { emptyWeek } from '../../src/desired/calendar/weekly-program.js';
import type { DoorChange } from '../../src/plan/doors/changes.js';
import type { DesiredGroup, OwnedGroup } from '../../src/plan/doors/group.js';
import type { ObservedDoors } from '../../src/plan/doors/observed.js';
import type { UnifiDoor, UnifiPolicy, UnifiSchedule, WeekSchedule } from '../../src/unifi/access-controller.js';
import { doorGroup } from './declarations.js';

export const monday = (start: string, end: string): WeekSchedule => ({ ...emptyWeek, monday: [{ start, end }] });
export const evening = monday('18:00:00', '20:00:59');
export const morning = monday('09:00:00', '11:00:59');

export function door(name: string): UnifiDoor {
  return { id: `d-${name}`, name, hasHub: true, lock: 'Locked', position: 'Closed' };
}

export function schedule(name: string, more: Partial<UnifiSchedule> = {}): UnifiSchedule {
  return { id: `s-${name}`, name, isDefault: false, holidayGroupId: 'none', week: emptyWeek, holidaySchedule: [], ...more };
}

export function policy(name: string, scheduleId: string, doorIds: readonly string[] = []): UnifiPolicy {
  return { id: `p-${name}`, name, resources: doorIds.map((id) => ({ type: 'door', id })), scheduleId };
}

export interface UnifiDraft {
  readonly doors?: readonly UnifiDoor[];
  readonly schedules?: readonly UnifiSchedule[];
  readonly policies?: readonly UnifiPolicy[];
  readonly holidays?: Readonly<Record<string, readonly string[]>>;
}

export function unifiDoors({ doors = [door('Door gym')], schedules = [], policies = [], holidays = {} }: UnifiDraft): ObservedDoors {
  return {
    doors,
    policies,
    schedules: schedules.map(({ id, name, isDefault, holidayGroupId }) => ({ id, name, isDefault, holidayGroupId })),
    details: new Map(schedules.map((each) => [each.id, each])),
    holidays: new Map(Object.entries(holidays)),
  };
}

export interface GroupDraft {
  readonly week?: WeekSchedule;
  readonly unlock?: Partial<SpecOf<'DoorGroup'>['unlock']>;
  readonly spec?: Partial<SpecOf<'DoorGroup'>>;
  readonly acceptedAt?: string;
  readonly unknown?: string;
}

/** A group that wants the evening, with the door and the schedule of its name. */
export function group(name: string, { week = evening, unlock = {}, spec = {}, acceptedAt = '2026-01-01T00:00:00Z', unknown }: GroupDraft = {}): DesiredGroup {
  const declared = doorGroup(name, unlock, spec);
  return { name, spec: declared.spec, suspended: declared.suspended, acceptedAt, week, unknown: unknown ?? null };
}

export function owns(more: Partial<OwnedGroup>): OwnedGroup {
  return { scheduleId: null, scheduleName: null, policyId: null, policyCreated: false, ...more };
}

/** What UniFi holds when the changes have gone through. @throws when they name what is not there */
export function afterDoorChanges(observed: ObservedDoors, changes: readonly DoorChange[]): ObservedDoors {
  const schedules = new Map(observed.details);
  const policies = new Map(observed.policies.map((each) => [each.id, each]));
  const setWeek = (id: string, week: WeekSchedule): void => {
    const before = schedules.get(id);
    if (before === undefined) throw new Error(`there is no schedule ${id}`);
    schedules.set(id, { ...before, week });
  };
  let made = '';
  for (const change of changes) {
    switch (change.verb) {
      case 'create':
        made = `s-${change.name}`;
        if ([...schedules.values()].some(({ name }) => name === change.name)) throw new Error(`${change.name} exists`);
        schedules.set(made, schedule(change.name, { week: change.week }));
        break;
      case 'program':
        setWeek(change.scheduleId, change.week);
        break;
      case 'revoke':
        setWeek(change.scheduleId, emptyWeek);
        break;
      case 'policy': {
        const id = change.policyId ?? `p-${change.name}`;
        if (policies.has(id) !== (change.policyId !== null)) throw new Error(`policy ${id}`);
        policies.set(id, { ...policy(change.name, change.scheduleId ?? made, change.doorIds), id });
        break;
      }
      case 'revoke-policy':
        if (!policies.delete(change.policyId)) throw new Error(`there is no policy ${change.policyId}`);
        break;
    }
  }
  return unifiDoors({ doors: observed.doors, schedules: [...schedules.values()], policies: [...policies.values()], holidays: Object.fromEntries(observed.holidays) });
}
