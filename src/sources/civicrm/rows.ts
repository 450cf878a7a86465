import type { Membership } from '../../desired/model.js';
import { TransientError } from '../../runtime/errors.js';

export interface ContactRow {
  readonly contact: number;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string | null;
  readonly deceased: boolean;
  readonly deleted: boolean;
  readonly card: unknown;
}

/** One contact beside one of its memberships, or beside none. */
export interface Row extends ContactRow {
  /** 0 without a membership. */
  readonly membershipId: number;
  /** Null without a membership, and for one that is only a test. */
  readonly membership: Membership | null;
}

export interface RowShape {
  readonly cardField: string;
  readonly withEmail: boolean;
}

const contactKeys = ['id', 'first_name', 'last_name', 'is_deceased', 'is_deleted'];
const membershipFields = [
  'id',
  // Without it a join whose condition was dropped gives everybody the memberships of all.
  'contact_id',
  'membership_type_id',
  'membership_type_id:name',
  'status_id:name',
  'is_test',
  'is_override',
  'status_override_end_date',
  'start_date',
  'end_date',
] as const;
const emailKey = 'email_primary.email';

export function selectedKeys(shape: RowShape): readonly string[] {
  return [...selectedContactKeys(shape), ...membershipFields.map((field) => `m.${field}`)];
}

export function selectedContactKeys({ cardField, withEmail }: RowShape): readonly string[] {
  return [...contactKeys, cardField, ...(withEmail ? [emailKey] : [])];
}

export function selectedMembershipKeys(): readonly string[] {
  return membershipFields;
}

type Values = Readonly<Record<string, unknown>>;

/**
 * CiviCRM leaves out what the caller may not see instead of saying so: every row must have every key that was asked for.
 * @throws TransientError `SourceIncomplete` naming the key and the permission, or the contact; `JoinRefused` where
 * everything of the memberships is missing
 */
export function parseRow(value: unknown, shape: RowShape): Row {
  const row = toValues(value);
  if (!membershipFields.some((field) => Object.hasOwn(row, `m.${field}`))) {
    throw new TransientError(missingKey('m.id', shape), { code: 'JoinRefused' });
  }
  requireKeys(row, selectedKeys(shape), shape);
  const contact = readContact(row, shape);
  if (row['m.id'] === null) return { ...contact, membershipId: 0, membership: null };
  const { owner, membershipId, membership } = readMembership(row, 'm.', contact.contact);
  if (owner !== contact.contact) {
    throw incomplete(`CiviCRM put memberships of others beside contact ${contact.contact}: the API user may not see m.contact_id; ${civiMember}.`);
  }
  return { ...contact, membershipId, membership };
}

/** A contact by itself. @throws TransientError as `parseRow` */
export function parseContactRow(value: unknown, shape: RowShape): ContactRow {
  const row = toValues(value);
  requireKeys(row, selectedContactKeys(shape), shape);
  return readContact(row, shape);
}

export interface MembershipRow {
  /** The contact that has it. */
  readonly owner: number;
  readonly membershipId: number;
  /** Null for one that is only a test. */
  readonly membership: Membership | null;
}

/** A membership by itself. @throws TransientError as `parseRow` */
export function parseMembershipRow(value: unknown, shape: RowShape): MembershipRow {
  const row = toValues(value);
  for (const field of membershipFields) if (!Object.hasOwn(row, field)) throw incomplete(missingKey(`m.${field}`, shape));
  return readMembership(row, '', 0);
}

function toValues(value: unknown): Values {
  if (typeof value !== 'object' || value === null) throw incomplete('CiviCRM sent a row that is no object.');
  return { ...value };
}

function requireKeys(row: Values, keys: readonly string[], shape: RowShape): void {
  for (const key of keys) if (!Object.hasOwn(row, key)) throw incomplete(missingKey(key, shape));
}

function readContact(row: Values, { cardField, withEmail }: RowShape): ContactRow {
  const contact = toId(row['id']);
  if (contact === null) throw incomplete('CiviCRM sent a contact without a readable id.');
  const read = readerOf(row, contact);
  return {
    contact,
    firstName: read('first_name', toText) ?? '',
    lastName: read('last_name', toText) ?? '',
    email: withEmail ? read(emailKey, toText) : null,
    deceased: read('is_deceased', toFlag),
    deleted: read('is_deleted', toFlag),
    card: row[cardField],
  };
}

/** `contact`: beside which it stands; 0 where it stands alone. */
function readMembership(row: Values, prefix: 'm.' | '', contact: number): MembershipRow {
  const membershipId = toId(row[`${prefix}id`]);
  const owner = toId(row[`${prefix}contact_id`]);
  if (membershipId === null || owner === null) throw unreadable(membershipId === null ? 'm.id' : 'm.contact_id', contact);
  // One that says nothing is its own contact's trouble: nobody else waits until somebody corrects it.
  const problems: string[] = [];
  const read = <Value>(field: (typeof membershipFields)[number], parse: (raw: unknown) => Value | undefined, instead: Value): Value => {
    const parsed = parse(row[`${prefix}${field}`]);
    if (parsed === undefined) problems.push(field);
    return parsed === undefined ? instead : parsed;
  };
  const test = read('is_test', toFlag, false);
  const membership: Membership = {
    id: membershipId,
    // A type that was switched off may come without its name: no rule knows it then, and nobody loses anything by mistake.
    type: read('membership_type_id:name', toText, null) ?? `#${String(toId(row[`${prefix}membership_type_id`]))}`,
    // So may a status, and without its name nobody can say whether it is current.
    status: read('status_id:name', (raw) => toText(raw) ?? undefined, ''),
    override: read('is_override', toFlag, false),
    overrideEndDate: read('status_override_end_date', toDate, null),
    startDate: read('start_date', toDate, null),
    endDate: read('end_date', toDate, null),
  };
  const [problem] = problems;
  return { owner, membershipId, membership: test ? null : problem === undefined ? membership : { ...membership, unreadable: problem } };
}

function readerOf(row: Values, contact: number): <Value>(key: string, parse: (raw: unknown) => Value | undefined) => Value {
  return (key, parse) => {
    const parsed = parse(row[key]);
    if (parsed === undefined) throw unreadable(key, contact);
    return parsed;
  };
}

function unreadable(key: string, contact: number): TransientError {
  return incomplete(`CiviCRM sent an unreadable ${key} for contact ${contact}.`);
}

export function incomplete(message: string): TransientError {
  return new TransientError(message, { code: 'SourceIncomplete' });
}

const civiMember = 'give the API user\'s role "access CiviMember"';

function missingKey(key: string, { cardField }: RowShape): string {
  const remedy =
    key === cardField
      ? 'check the name in civicrm.cardField, and give the API user\'s role "access all custom data"'
      : key.startsWith('m.')
        ? civiMember
        : key === emailKey
          ? 'it needs CiviCRM 5.49 or newer and "view all contacts"'
          : 'give the API user\'s role "view all contacts"';
  return `CiviCRM leaves out ${key}: ${remedy} (in the permissions of the CMS).`;
}

/** Positive whole numbers, also as decimal text. */
function toId(raw: unknown): number | null {
  const id = typeof raw === 'string' && /^[1-9]\d{0,14}$/.test(raw) ? Number(raw) : raw;
  return typeof id === 'number' && Number.isSafeInteger(id) && id > 0 ? id : null;
}

function toText(raw: unknown): string | null | undefined {
  return raw === null || typeof raw === 'string' ? raw : undefined;
}

function toFlag(raw: unknown): boolean | undefined {
  if (raw === true || raw === 1 || raw === '1') return true;
  return raw === false || raw === 0 || raw === '0' || raw === '' || raw === null ? false : undefined;
}

function toDate(raw: unknown): string | null | undefined {
  if (raw === null || raw === '') return null;
  return typeof raw === 'string' && /^\d{4}-\d{2}-\d{2}($|[ T])/.test(raw) ? raw.slice(0, 10) : undefined;
}
