import type { SpecOf } from '../../src/api/resource.js';
import { localTime } from '../../src/desired/calendar/local-time.js';
import { emptyWeek } from '../../src/desired/calendar/weekly-program.js';
import type { DoorChange } from '../../src/plan/doors/changes.js';
import type { DesiredGroup, OwnedGroup } from '../../src/plan/doors/group.js';
import type { ObservedDoors } from '../../src/plan/doors/observed.js';
import { planDoors, type DoorsPlan, type RemovedGroup } from '../../src/plan/doors/plan-doors.js';
import type { UnifiDoor, UnifiHolidayGroup, UnifiPolicy, UnifiSchedule, WeekSchedule } from '../../src/unifi/access-controller.js';
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
  /** Groups of a person's own, with one holiday each. */
  readonly holidays?: readonly string[];
}

export function unifiDoors({ doors = [door('Door gym')], schedules = [], policies = [], holidays = [] }: UnifiDraft): ObservedDoors {
  return {
    doors,
    policies,
    schedules: schedules.map(({ id, name, isDefault, holidayGroupId }) => ({ id, name, isDefault, holidayGroupId })),
    details: new Map(schedules.map((each) => [each.id, each])),
    holidayGroups: [{ id: 'none', name: 'No Holidays', isDefault: true }, ...holidays.map((id) => ({ id, name: id, isDefault: false }))],
    holidays: new Map(holidays.map((id) => [id, foreignHolidays(id)])),
  };
}

function foreignHolidays(id: string): UnifiHolidayGroup {
  const christmas = { name: 'Christmas', repeat: false, start: '2026-12-25T00:00:00Z', end: '2026-12-26T00:00:00Z' };
  return { id, name: id, description: '', isDefault: false, holidays: [christmas] };
}

/** A plan without a fence: what groups hold is what it is about. */
export function planGroups(
  groups: readonly DesiredGroup[],
  removed: readonly RemovedGroup[],
  observed: ObservedDoors,
  owned: Readonly<Record<string, OwnedGroup>>,
): DoorsPlan {
  return planDoors({
    groups,
    removed,
    observed,
    remembered: { doorGroups: owned, ownerSeen: false },
    installationId: 'ours',
    fence: null,
    fenceFailed: null,
    today: '2026-11-21',
    local: localTime('America/New_York'),
  });
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
  return { name, spec: declared.spec, suspended: declared.suspended, acceptedAt, week, unknown: unknown ?? null, keeps: null, most: null };
}

export function owns(more: Partial<OwnedGroup>): OwnedGroup {
  return { scheduleId: null, scheduleName: null, policyId: null, policyCreated: false, doorIds: null, ...more };
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
  return unifiDoors({ doors: observed.doors, schedules: [...schedules.values()], policies: [...policies.values()], holidays: [...observed.holidays.keys()] });
}
