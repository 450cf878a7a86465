/** Resources and seeds of a small church, in the words of the files and the APIs. */

export const header = (kind: string, name: string): string => `apiVersion: sexton.dev/v1alpha1\nkind: ${kind}\nmetadata: { name: ${name} }\n`;

export const doorGroup = (name: string, door: string, extra = ''): string =>
  `${header('DoorGroup', name)}spec:\n  displayName: ${name}\n  doors: [{ name: ${door} }]\n  unlock: { method: Schedule, schedule: { name: "${name} hours" } }\n${extra}`;

export const roomMapping = (...rooms: readonly string[]): string =>
  `${header('RoomMapping', 'rooms')}spec:\n  timesFrom: Published\n  rooms:\n${rooms.map((room) => `    - ${room}\n`).join('')}`;

export const officeHours = (...weekly: readonly string[]): string =>
  `${header('OfficeHours', 'office')}spec:\n  weekly:\n${weekly.map((entry) => `    - ${entry}\n`).join('')}`;

/** `guards`: the value of `bootstrap`, and more after a comma. */
export const tierMapping = (guards = 'Allow'): string => `${header('TierMapping', 'tiers')}spec:
  identity: { employeeNumber: "civicrm-{id}" }
  cards: { facilityCode: 42, aliasPrefix: "sync-" }
  rules:
    - { membershipType: Gold, access: Policy, policies: [Members], rank: 100 }
    - { membershipType: Comp, access: None, rank: 50 }
  guards: { bootstrap: ${guards} }
`;

/** Lobby and gym, standing hours on Mondays, two tiers. */
export const churchFiles = (bootstrap: 'Allow' | 'Ask' = 'Allow'): Readonly<Record<string, string>> => ({
  'doors.yaml': [doorGroup('lobby', 'Lobby'), doorGroup('gym', 'Gym')].join('---\n'),
  'rooms.yaml': roomMapping('{ name: Sanctuary, doorGroups: [lobby] }', '{ name: Gym, doorGroups: [gym], lead: 30m }'),
  'hours.yaml': officeHours('{ days: [monday], hours: ["09:00-12:00"], doorGroups: [lobby] }'),
  'members.yaml': tierMapping(bootstrap),
});

export function emptyWeek(): Record<string, unknown[]> {
  return { monday: [], tuesday: [], wednesday: [], thursday: [], friday: [], saturday: [], sunday: [] };
}

/** Doors that follow their schedules, one policy for members, one person who is none of ours. */
export const churchUnifi = (timeZone: string): Readonly<Record<string, unknown>> => ({
  time_zone: timeZone,
  doors: [
    { id: 'door-lobby', name: 'Lobby' },
    { id: 'door-gym', name: 'Gym' },
  ],
  schedules: [
    { id: 'schedule-lobby', name: 'lobby hours', weekly: emptyWeek() },
    { id: 'schedule-gym', name: 'gym hours', weekly: emptyWeek() },
    { id: 'schedule-other', name: 'Always for members', weekly: emptyWeek() },
  ],
  unlock_schedules: { 'door-lobby': 'schedule-lobby', 'door-gym': 'schedule-gym' },
  access_policies: [{ id: 'policy-members', name: 'Members', resources: [], schedule_id: 'schedule-other' }],
  users: [{ id: 'admin', first_name: 'Ada', last_name: 'Admin', employee_number: '1001', status: 'ACTIVE', access_policy_ids: [] }],
});

export const churchRooms = [
  { id: 'r1', name: 'Sanctuary', kind: 'Room' },
  { id: 'r2', name: 'Gym', kind: 'Room' },
  { id: 'r3', name: 'Attic', kind: 'Room' },
] as const;

/** An event with one occurrence and one booking, all at the same times. */
export function bookedEvent(id: string, name: string, starts: string, ends: string, room: string, approval = 'A'): unknown {
  const times = { starts_at: starts, ends_at: ends };
  return {
    id,
    name,
    approval_status: approval,
    instances: [
      {
        id: `${id}-1`,
        name,
        ...times,
        published_starts_at: starts,
        published_ends_at: ends,
        bookings: [{ id: `${id}-b`, resource_id: room, ...times, approval_status: approval }],
      },
    ],
  };
}

/** A contact with one current membership. */
export function person(id: number, card: unknown, type: string, more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return {
    id,
    first_name: `First${id}`,
    last_name: `Last${id}`,
    contact_type: 'Individual',
    card_id: card,
    memberships: [{ id: id * 10, type, status: 'Current', join_date: '2020-01-01', start_date: '2020-01-01', end_date: '2030-01-01' }],
    ...more,
  };
}
