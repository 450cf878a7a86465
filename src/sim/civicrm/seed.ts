import { DateTime, IANAZone } from 'luxon';
import {
  seedFlag,
  seedList,
  seedNumber,
  seedPath,
  seedRecord,
  type SeedRecord,
  seedText,
  seedTextOr,
} from '../kit/seed-values.js';
import { SeedError } from '../kit/simulator.js';

export interface SeedMembership {
  readonly id: number;
  /** The machine name of the type. */
  readonly type: string;
  /** The machine name of the status. */
  readonly status: string;
  readonly join_date: string | null;
  readonly start_date: string | null;
  readonly end_date: string | null;
  readonly is_test: boolean;
  readonly is_override: boolean;
  readonly status_override_end_date: string | null;
  readonly owner_membership_id: number | null;
}

export interface SeedContact {
  readonly id: number;
  readonly contact_type: string;
  readonly display_name: string | null;
  readonly first_name: string | null;
  readonly last_name: string | null;
  readonly external_identifier: string | null;
  readonly is_deleted: boolean;
  readonly is_deceased: boolean;
  /** Any JSON value, as the API answers it. */
  readonly card_id: unknown;
  readonly email: string | null;
  readonly created_date: string;
  readonly modified_date: string;
  readonly memberships: readonly SeedMembership[];
}

/** A membership type or status: `name` is stable, `label` is what people read and rename. */
export interface SeedOption {
  readonly id: number;
  readonly name: string;
  readonly label: string;
  readonly is_active: boolean;
}

export interface CivicrmSeed {
  /** `Group.field` for a custom field; without a dot, a field of Contact itself. */
  readonly cardField: string;
  readonly contacts: readonly SeedContact[];
  /** In ascending order of id; types and statuses that memberships name are added to these. */
  readonly types: readonly SeedOption[];
  readonly statuses: readonly SeedOption[];
  readonly permissions: readonly string[];
  /** `Entity.field` → the permission without which the field is silently dropped. */
  readonly fieldPermissions: Readonly<Record<string, string>>;
  readonly apiKey: string;
  readonly siteKey: string;
  readonly maintenance: boolean;
  /** IANA name. */
  readonly zone: string;
}

const topLevel = [
  'card_field',
  'contacts',
  'membership_types',
  'membership_statuses',
  'permissions',
  'field_permissions',
  'api_key',
  'site_key',
  'maintenance',
  'time_zone',
  'now',
] as const;

const statusNames = ['New', 'Current', 'Grace', 'Expired', 'Pending', 'Cancelled', 'Deceased'] as const;

export const emptySeed: CivicrmSeed = {
  cardField: 'Door_Access.card_id',
  contacts: [],
  types: [],
  statuses: statusNames.map((name, index) => ({ id: index + 1, name, label: name, is_active: true })),
  permissions: [
    'access CiviCRM',
    'access AJAX API',
    'authenticate with api key',
    'view all contacts',
    'access all custom data',
    'access CiviMember',
  ],
  fieldPermissions: {},
  apiKey: 'sim-civicrm-key',
  siteKey: 'sim-civicrm-site-key',
  maintenance: false,
  zone: 'UTC',
};

function textOrNull(record: SeedRecord, key: string, path: string): string | null {
  const value = record[key];
  return value === undefined || value === null ? null : seedText(value, seedPath(path, key));
}

function dateOrNull(record: SeedRecord, key: string, path: string): string | null {
  const text = textOrNull(record, key, path);
  if (text === null || (/^\d{4}-\d{2}-\d{2}$/.test(text) && DateTime.fromISO(text).isValid)) return text;
  throw new SeedError(`${seedPath(path, key)}: expected a date such as 2026-11-21`);
}

function readId(value: unknown, path: string): number {
  const text = seedText(value, path);
  if (!/^[1-9]\d*$/.test(text)) throw new SeedError(`${path}: expected a whole number above zero`);
  return Number(text);
}

type Unnumbered<Item> = Omit<Item, 'id'> & { readonly id: number | undefined };

function readMembership(value: unknown, path: string): Unnumbered<SeedMembership> {
  const record = seedRecord(value, path);
  const owner = record['owner_membership_id'];
  return {
    id: record['id'] === undefined ? undefined : readId(record['id'], `${path}.id`),
    type: seedText(record['type'], `${path}.type`),
    status: seedTextOr(record['status'], `${path}.status`, 'Current'),
    join_date: dateOrNull(record, 'join_date', path),
    start_date: dateOrNull(record, 'start_date', path),
    end_date: dateOrNull(record, 'end_date', path),
    is_test: seedFlag(record['is_test'], `${path}.is_test`, false),
    is_override: seedFlag(record['is_override'], `${path}.is_override`, false),
    status_override_end_date: dateOrNull(record, 'status_override_end_date', path),
    owner_membership_id: owner === undefined || owner === null ? null : readId(owner, `${path}.owner_membership_id`),
  };
}

function displayName(record: SeedRecord, path: string): string | null {
  const given = textOrNull(record, 'display_name', path);
  if (given !== null || 'display_name' in record) return given;
  const names = [textOrNull(record, 'first_name', path), textOrNull(record, 'last_name', path)];
  return names.filter((name) => name !== null && name !== '').join(' ') || textOrNull(record, 'email', path);
}

type UnnumberedContact = Omit<SeedContact, 'memberships'> & {
  readonly memberships: readonly Unnumbered<SeedMembership>[];
};

function readContact(value: unknown, path: string, stamp: string): UnnumberedContact {
  const record = seedRecord(value, path);
  const memberships = seedList(record['memberships'], `${path}.memberships`);
  return {
    id: readId(record['id'], `${path}.id`),
    contact_type: seedTextOr(record['contact_type'], `${path}.contact_type`, 'Individual'),
    display_name: displayName(record, path),
    first_name: textOrNull(record, 'first_name', path),
    last_name: textOrNull(record, 'last_name', path),
    external_identifier: textOrNull(record, 'external_identifier', path),
    is_deleted: seedFlag(record['is_deleted'], `${path}.is_deleted`, false),
    is_deceased: seedFlag(record['is_deceased'], `${path}.is_deceased`, false),
    card_id: record['card_id'] ?? null,
    email: textOrNull(record, 'email', path),
    created_date: seedTextOr(record['created_date'], `${path}.created_date`, stamp),
    modified_date: seedTextOr(record['modified_date'], `${path}.modified_date`, stamp),
    memberships: memberships.map((each, index) => readMembership(each, seedPath(`${path}.memberships`, index))),
  };
}

/** Later contacts replace earlier ones of the same id; memberships without an id get the next free one. */
function uniteContacts(before: readonly SeedContact[], added: readonly UnnumberedContact[]): readonly SeedContact[] {
  const united = new Map<number, UnnumberedContact>();
  for (const contact of [...before, ...added]) united.set(contact.id, contact);
  const taken = new Set<number>();
  for (const contact of united.values()) {
    for (const { id } of contact.memberships) {
      if (id === undefined) continue;
      if (taken.has(id)) throw new SeedError(`contacts: the membership ${id} stands in two places`);
      taken.add(id);
    }
  }
  let next = 1;
  const numbered = (id: number | undefined): number => {
    if (id !== undefined) return id;
    while (taken.has(next)) next += 1;
    taken.add(next);
    return next;
  };
  return [...united.values()]
    .map((contact) => ({
      ...contact,
      memberships: contact.memberships.map((each) => ({ ...each, id: numbered(each.id) })),
    }))
    .sort((a, b) => a.id - b.id);
}

function readOptions(value: unknown, path: string, before: readonly SeedOption[]): readonly SeedOption[] {
  const options = new Map(before.map((option) => [option.name, option]));
  seedList(value, path).forEach((item, index) => {
    const at = seedPath(path, index);
    const record = seedRecord(item, at, ['id', 'name', 'label', 'is_active']);
    const name = seedText(record['name'], `${at}.name`);
    const free = Math.max(0, ...[...options.values()].map(({ id }) => id)) + 1;
    options.set(name, {
      id: seedNumber(record['id'], `${at}.id`, options.get(name)?.id ?? free),
      name,
      label: seedTextOr(record['label'], `${at}.label`, name),
      is_active: seedFlag(record['is_active'], `${at}.is_active`, true),
    });
  });
  return [...options.values()].sort((a, b) => a.id - b.id);
}

function withNamed(options: readonly SeedOption[], names: Iterable<string>): readonly SeedOption[] {
  const known = new Set(options.map((option) => option.name));
  const all = [...options];
  for (const name of names) {
    if (known.has(name)) continue;
    known.add(name);
    all.push({ id: (all.at(-1)?.id ?? 0) + 1, name, label: name, is_active: true });
  }
  return all;
}

function readTexts(value: unknown, path: string): readonly string[] {
  return seedList(value, path).map((item, index) => seedText(item, seedPath(path, index)));
}

function readZone(value: unknown, before: string): string {
  const zone = seedTextOr(value, 'time_zone', before);
  if (!IANAZone.isValidZone(zone)) throw new SeedError('time_zone: expected an IANA zone such as America/New_York');
  return zone;
}

/**
 * Lays a seed over what is there: contacts are replaced whole by id, with their memberships; what the seed is silent
 * about stays. `now` in milliseconds.
 * @throws SeedError naming the path.
 */
export function mergeSeed(before: CivicrmSeed, input: unknown, now: number): CivicrmSeed {
  const record = seedRecord(input, '', topLevel);
  const zone = readZone(record['time_zone'], before.zone);
  const stamp = DateTime.fromMillis(now, { zone }).toFormat('yyyy-MM-dd HH:mm:ss');
  const seen = new Set<number>();
  const added = seedList(record['contacts'], 'contacts').map((item, index) => {
    const contact = readContact(item, `contacts[${index}]`, stamp);
    if (seen.has(contact.id)) throw new SeedError(`contacts[${index}].id: ${contact.id} stands twice`);
    seen.add(contact.id);
    return contact;
  });
  const contacts = uniteContacts(before.contacts, added);
  const memberships = contacts.flatMap((contact) => contact.memberships);
  const types = readOptions(record['membership_types'], 'membership_types', before.types);
  const statuses = readOptions(record['membership_statuses'], 'membership_statuses', before.statuses);
  const granted = seedRecord(record['field_permissions'], 'field_permissions');
  return {
    cardField: seedTextOr(record['card_field'], 'card_field', before.cardField),
    contacts,
    types: withNamed(types, memberships.map((each) => each.type)),
    statuses: withNamed(statuses, memberships.map((each) => each.status)),
    permissions: record['permissions'] === undefined ? before.permissions : readTexts(record['permissions'], 'permissions'),
    fieldPermissions: {
      ...before.fieldPermissions,
      ...Object.fromEntries(Object.entries(granted).map(([key, value]) => [key, seedText(value, `field_permissions.${key}`)])),
    },
    apiKey: seedTextOr(record['api_key'], 'api_key', before.apiKey),
    siteKey: seedTextOr(record['site_key'], 'site_key', before.siteKey),
    maintenance: seedFlag(record['maintenance'], 'maintenance', before.maintenance),
    zone,
  };
}

/** The state in the shape of a seed: loading it gives the same world again. */
export function dumpSeed(seed: CivicrmSeed): Record<string, unknown> {
  return {
    card_field: seed.cardField,
    contacts: seed.contacts,
    membership_types: seed.types,
    membership_statuses: seed.statuses,
    permissions: seed.permissions,
    field_permissions: seed.fieldPermissions,
    api_key: seed.apiKey,
    site_key: seed.siteKey,
    maintenance: seed.maintenance,
    time_zone: seed.zone,
  };
}
