import type * as inventories from '../../src/apply/inventory.js';
import type * as facts from '../../src/controller/door-facts.js';
import type * as fences from '../../src/desired/calendar/fence.js';
import type * as times from '../../src/desired/calendar/local-time.js';
import type * as plans from '../../src/plan/doors/plan-doors.js';
import type { Resource } from '../../src/api/resource.js';
import type { Booking } from '../../src/desired/model.js';
import type { ObservedDoors } from '../../src/plan/doors/observed.js';
import type { ResourceReading, StoredResource } from '../../src/store/resource-store.js';
import { built } from './composition.js';

/** CPU milliseconds of one desired and plan each, in a process that has done nothing else. */
export interface PlanningReport {
  readonly first: Part;
  /** In the order in which they ran. */
  readonly later: readonly Part[];
  /** Released windows, so that nobody measures an empty calendar. */
  readonly windows: number;
}

interface Part {
  readonly desired: number;
  readonly plan: number;
}

const hour = 3_600_000;
const day = 24 * hour;
/** A Wednesday; on the Sunday after it clocks change in New York, which costs more than another week. */
const now = Date.parse('2026-10-28T13:00:00Z');
/** The compiler works on for a while after the first. */
const warmUps = 10;
const runs = 20;

async function measure(bookingCount: number, groupCount: number): Promise<PlanningReport> {
  const { doorFacts } = (await built('controller/door-facts.js')) as typeof facts;
  const { emptyInventory } = (await built('apply/inventory.js')) as typeof inventories;
  const { fenceGroup } = (await built('desired/calendar/fence.js')) as typeof fences;
  const { localTime } = (await built('desired/calendar/local-time.js')) as typeof times;
  const { planDoors } = (await built('plan/doors/plan-doors.js')) as typeof plans;

  const reading = readingOf(groupCount);
  const items = Array.from({ length: bookingCount }, (_, index) => booking(index, groupCount));
  const observed = observedDoors(groupCount);
  const inventory = { ...emptyInventory, ownerSeen: true };
  const local = localTime('America/New_York');
  const snapshot = { items, revision: 'r', readAt: now, complete: true };
  const deps: facts.FactDeps = {
    local,
    horizon: 7,
    bookings: {
      name: 'planningCenter',
      pollInterval: 60_000,
      state: () => ({ snapshot, failure: null }),
      poll: () => Promise.resolve({ snapshot, failure: null }),
      start: () => () => undefined,
      onChange: () => () => undefined,
    },
    newBookings: null,
    ledger: { current: () => inventory, update: () => Promise.resolve() },
    installationKey: 'key',
  };

  let windows = 0;
  const once = (at: number): Part => {
    const started = cpu();
    const found = doorFacts(reading, deps, { approved: new Set(), resources: null }, at);
    const desired = cpu();
    const today = local.dateOf(at);
    const plan = planDoors({
      groups: found.groups,
      removed: found.removed,
      observed,
      remembered: inventory,
      installationId: 'ours',
      fence: fenceGroup(today, 7, local),
      fenceFailed: null,
      today,
      local,
    });
    const planned = cpu();
    if (plan.groups.length !== groupCount) throw new Error('groups are missing from the plan');
    windows = found.calendar.groups.reduce((count, group) => count + group.windows.length, 0);
    return { desired: desired - started, plan: planned - desired };
  };
  const first = once(now);
  const later = Array.from({ length: warmUps + runs }, (_, index) => once(now + (index + 1) * 60_000)).slice(warmUps);
  return { first, later, windows };
}

function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function readingOf(groupCount: number): ResourceReading {
  const groups = Array.from({ length: groupCount }, (_, index) => index);
  const unlock = { method: 'Schedule' as const, schedule: { create: false }, lead: '15m', lag: '15m', maxContinuous: '16h' };
  const resources: readonly Resource[] = [
    ...groups.map((index): Resource => ({
      ...meta('DoorGroup', groupName(index)),
      spec: { suspend: false, doors: [{ name: `Door ${index}` }], unlock, policy: { manage: true }, deletionPolicy: 'Lock' },
    })),
    {
      ...meta('RoomMapping', 'rooms'),
      // A room opens its own doors and, with nine others, an entrance.
      spec: {
        suspend: false,
        timesFrom: 'Published',
        locationFallback: false,
        rooms: groups.map((index) => ({ name: `Room ${index}`, doorGroups: [...new Set([groupName(index), groupName(index - (index % 10))])] })),
        exclude: [{ eventNameContains: 'worship service', doorGroups: [groupName(0)] }],
      },
    },
    {
      ...meta('OfficeHours', 'hours'),
      spec: {
        suspend: false,
        weekly: [{ days: ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'], hours: ['09:00-12:00', '13:00-17:00'], doorGroups: groups.map(groupName) }],
        closures: [{ from: '2026-12-24', to: '2026-12-26', scope: 'Everything' }],
        openings: [],
      },
    },
    ...Array.from({ length: 20 }, (_, index): Resource => ({
      ...meta('EventOverride', `override-${index}`),
      spec: { suspend: false, match: { eventName: `Event ${index}` }, action: 'Adjust', priority: 0, doorGroups: [{ name: groupName(index), windows: [{ open: '18:00', close: '19:00' }] }] },
    })),
    { ...meta('SafeHours', 'safe'), spec: { default: '05:00-23:00', days: {}, preApproved: [], outside: 'Hold' } },
  ];
  return { resources: resources.map(stored), absent: [], unreadable: [], suspended: null, confirmAbsenceIn: null };
}

function meta<K extends Resource['kind']>(kind: K, name: string): { readonly apiVersion: 'sexton.dev/v1alpha1'; readonly kind: K; readonly metadata: { readonly name: string } } {
  return { apiVersion: 'sexton.dev/v1alpha1', kind, metadata: { name } };
}

function stored(resource: Resource): StoredResource {
  const { kind, metadata } = resource;
  return { kind, name: metadata.name, file: 'all.yaml', line: 1, accepted: resource, specHash: 'x', acceptedAt: '2026-01-01T00:00:00Z', refused: null, warnings: [], status: null };
}

function groupName(index: number): string {
  return `group-${String(index).padStart(3, '0')}`;
}

/** Hourly events between 7 and 21 o'clock, over the sixteen days that a reading holds. */
function booking(index: number, groupCount: number): Booking {
  const start = Math.floor(now / day) * day + ((index % 16) - 1) * day + (11 + (index % 14)) * hour + ((index * 7) % 60) * 60_000;
  const times = { start, end: start + hour };
  return {
    id: String(9_000_000 + index),
    event: {
      id: String(7_000_000 + index),
      instanceId: String(8_000_000 + index),
      name: `Event ${index % 400}`,
      startsAt: times.start - hour,
      endsAt: times.end + hour,
      publishedStartsAt: times.start,
      publishedEndsAt: times.end,
      location: null,
      allDay: false,
      blockout: false,
    },
    resourceId: String(index % groupCount),
    room: `Room ${(index * 13) % groupCount}`,
    ...times,
    approval: 'Approved',
  };
}

/** Schedules that hold nothing yet: every group is a change. */
function observedDoors(groupCount: number): ObservedDoors {
  const groups = Array.from({ length: groupCount }, (_, index) => index);
  const week = { monday: [], tuesday: [], wednesday: [], thursday: [], friday: [], saturday: [], sunday: [] };
  const schedules = groups.map((index) => ({ id: `s-${index}`, name: `Sexton ${groupName(index)}`, isDefault: false, holidayGroupId: 'none', week, holidaySchedule: [] }));
  const owner = { id: 'owner', name: 'Sexton owner', description: 'ours', isDefault: false, holidays: [] };
  return {
    doors: groups.map((index) => ({ id: `d-${index}`, name: `Door ${index}`, hasHub: true, lock: 'Locked', position: 'Closed' })),
    policies: [],
    schedules,
    details: new Map(schedules.map((each) => [each.id, each])),
    holidayGroups: [{ id: 'none', name: 'No Holidays', isDefault: true }, owner],
    holidays: new Map([['owner', owner]]),
  };
}

const [, , bookings = '', groups = ''] = process.argv;
process.stdout.write(JSON.stringify(await measure(Number(bookings), Number(groups))));
