export interface WorldSize {
  readonly members: number;
  /** UniFi holds everybody already, as the rules want it. */
  readonly provisioned: boolean;
  /** So many have another card in the database than in UniFi. Default: none. */
  readonly changed?: number;
  /** 500 by default. */
  readonly bookings?: number;
}

export interface World {
  readonly unifi: unknown;
  readonly pco: unknown;
  readonly civicrm: unknown;
  /** Resource files by name. */
  readonly files: Readonly<Record<string, string>>;
}

export const doorGroups = 20;
/** It has office hours and no room, so that an edit of its hours is all that can move its schedule. */
export const editedGroup = 'group-20';
export const editedDoor = doorId(20);

const hour = 3_600_000;
const day = 24 * hour;
const everybody = 'a0000000-0000-4000-8000-000000000001';

/** A site in UTC with 20 door groups, bookings in the coming 12 days, and members who all have access. */
export function world({ members, provisioned, bookings = 500, changed = 0 }: WorldSize, now: number): World {
  const groups = Array.from({ length: doorGroups }, (_, index) => index + 1);
  const people = Array.from({ length: members }, (_, index) => index + 1);
  const week = Object.fromEntries(['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'].map((name) => [name, []]));
  return {
    unifi: {
      time_zone: 'UTC',
      doors: groups.map((group) => ({ id: doorId(group), name: `Door ${group}` })),
      schedules: groups.map((group) => ({ id: scheduleId(group), name: `Sexton ${groupName(group)}`, weekly: week })),
      unlock_schedules: Object.fromEntries(groups.map((group) => [doorId(group), scheduleId(group)])),
      access_policies: [{ id: everybody, name: 'Everybody', resources: groups.map((group) => ({ type: 'door', id: doorId(group) })) }],
      cards: provisioned ? people.map((person) => ({ token: cardToken(person), alias: `sync-${digits(person, 5)}`, nfc_id: nfcId(person) })) : [],
      users: provisioned ? people.map(user) : [],
    },
    pco: {
      organization: { name: 'Bench', time_zone: 'UTC' },
      resources: rooms.map((room) => ({ id: String(room), name: roomName(room), kind: 'Room' })),
      events: Array.from({ length: bookings }, (_, index) => event(index, now)),
    },
    civicrm: { card_field: 'Door_Access.card_id', contacts: people.map((person) => contact(person, person <= changed ? 60_000 + person : person, now)) },
    files: {
      'groups.yaml': groups.map(groupText).join('---\n'),
      'rooms.yaml': roomsText,
      'hours.yaml': hoursText('05:00-05:10', now),
      'members.yaml': membersText,
    },
  };
}

/** Office hours of the edited group on tomorrow's weekday, which no running day can touch. */
export function hoursText(range: string, now: number): string {
  const tomorrow = new Intl.DateTimeFormat('en', { weekday: 'long', timeZone: 'UTC' }).format(now + day).toLowerCase();
  return `apiVersion: sexton.dev/v1alpha1
kind: OfficeHours
metadata: { name: hours }
spec:
  weekly:
    - { days: [${tomorrow}], hours: ["${range}"], doorGroups: [${editedGroup}] }
`;
}

const rooms = Array.from({ length: doorGroups - 1 }, (_, index) => index + 1);

const roomsText = `apiVersion: sexton.dev/v1alpha1
kind: RoomMapping
metadata: { name: rooms }
spec:
  rooms:
${rooms.map((room) => `    - { name: ${roomName(room)}, doorGroups: [${groupName(room)}] }\n`).join('')}`;

const membersText = `apiVersion: sexton.dev/v1alpha1
kind: TierMapping
metadata: { name: members }
spec:
  identity: { employeeNumber: "civicrm-{id}" }
  cards: { facilityCode: 42, aliasPrefix: "sync-" }
  rules:
    - { membershipType: Member, access: Policy, policies: [Everybody], rank: 1 }
  guards: { bootstrap: Allow }
`;

function groupText(group: number): string {
  return `apiVersion: sexton.dev/v1alpha1
kind: DoorGroup
metadata: { name: ${groupName(group)} }
spec:
  displayName: Group ${group}
  doors: [{ id: ${doorId(group)} }]
  unlock: { method: Schedule }
`;
}

function event(index: number, now: number): unknown {
  const startsOn = Math.floor(now / day) * day + (1 + (index % 12)) * day;
  const starts = startsOn + 8 * hour + ((index * 37) % 600) * 60_000;
  const [from, to] = [starts, starts + hour].map((instant) => new Date(instant).toISOString());
  return {
    id: String(7_000_001 + index),
    name: `Event ${index + 1}`,
    approval_status: 'A',
    instances: [
      {
        id: String(8_000_001 + index),
        starts_at: from,
        ends_at: to,
        published_starts_at: from,
        published_ends_at: to,
        bookings: [{ id: String(9_000_001 + index), resource_id: String(rooms[index % rooms.length]), approval_status: 'A' }],
      },
    ],
  };
}

function contact(person: number, card: number, now: number): unknown {
  const date = (instant: number): string => new Date(instant).toISOString().slice(0, 10);
  const membership = { type: 'Member', status: 'Current', join_date: date(now - 400 * day), start_date: date(now - 400 * day), end_date: date(now + 200 * day) };
  return { id: person, ...nameOf(person), card_id: String(card), memberships: [membership] };
}

function user(person: number): unknown {
  return {
    id: `b0000000-0000-4000-8000-${digits(person, 12)}`,
    ...nameOf(person),
    employee_number: `civicrm-${person}`,
    status: 'ACTIVE',
    access_policy_ids: [everybody],
    nfc_cards: [{ token: cardToken(person) }],
  };
}

function nameOf(person: number): { readonly first_name: string; readonly last_name: string } {
  return { first_name: `First${person}`, last_name: `Last${person}` };
}

function groupName(group: number): string {
  return `group-${digits(group, 2)}`;
}

function roomName(room: number): string {
  return `Room ${digits(room, 2)}`;
}

function doorId(group: number): string {
  return `d0000000-0000-4000-8000-${digits(group, 12)}`;
}

function scheduleId(group: number): string {
  return `c0000000-0000-4000-8000-${digits(group, 12)}`;
}

function cardToken(person: number): string {
  return digits(person, 64);
}

function nfcId(person: number): string {
  return ((42 << 16) | person).toString(16).toUpperCase();
}

function digits(value: number, length: number): string {
  return String(value).padStart(length, '0');
}
