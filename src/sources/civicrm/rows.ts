import type { Membership } from '../../desired/model.js';
import { TransientError } from '../../runtime/errors.js';

/** One contact beside one of its memberships, or beside none. */
export interface Row {
  readonly contact: number;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string | null;
  readonly deceased: boolean;
  readonly deleted: boolean;
  readonly card: unknown;
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
const membershipKeys = [
  'm.id',
  'm.membership_type_id',
  'm.membership_type_id:name',
  'm.status_id:name',
  'm.is_test',
  'm.is_override',
  'm.status_override_end_date',
  'm.start_date',
  'm.end_date',
];
const emailKey = 'email_primary.email';

export function selectedKeys({ cardField, withEmail }: RowShape): readonly string[] {
  return [...contactKeys, cardField, ...(withEmail ? [emailKey] : []), ...membershipKeys];
}

/**
 * CiviCRM leaves out what the caller may not see instead of saying so: every row must have every key that was asked for.
 * @throws TransientError `SourceIncomplete`, naming the key and the permission, or the contact
 */
export function parseRow(value: unknown, shape: RowShape): Row {
  if (typeof value !== 'object' || value === null) throw incomplete('CiviCRM sent a row that is no object.');
  const row: Readonly<Record<string, unknown>> = { ...value };
  for (const key of selectedKeys(shape)) {
    if (!Object.hasOwn(row, key)) throw incomplete(missingKey(key, shape));
  }
  const contact = toId(row['id']);
  if (contact === null) throw incomplete('CiviCRM sent a contact without a readable id.');
  const unreadable = (key: string): TransientError => incomplete(`CiviCRM sent an unreadable ${key} for contact ${contact}.`);
  const read = <Value>(key: string, parse: (raw: unknown) => Value | undefined): Value => {
    const parsed = parse(row[key]);
    if (parsed === undefined) throw unreadable(key);
    return parsed;
  };
  const membershipId = row['m.id'] === null ? 0 : toId(row['m.id']);
  if (membershipId === null) throw unreadable('m.id');
  const real = membershipId !== 0 && !read('m.is_test', toFlag);
  return {
    contact,
    firstName: read('first_name', toText) ?? '',
    lastName: read('last_name', toText) ?? '',
    email: shape.withEmail ? read(emailKey, toText) : null,
    deceased: read('is_deceased', toFlag),
    deleted: read('is_deleted', toFlag),
    card: row[shape.cardField],
    membershipId,
    membership: real
      ? {
          id: membershipId,
          // A type that was switched off may come without its name: no rule knows it then, and nobody loses anything by mistake.
          type: read('m.membership_type_id:name', toText) ?? `#${String(toId(row['m.membership_type_id']))}`,
          status: read('m.status_id:name', (raw) => toText(raw) ?? undefined),
          override: read('m.is_override', toFlag),
          overrideEndDate: read('m.status_override_end_date', toDate),
          startDate: read('m.start_date', toDate),
          endDate: read('m.end_date', toDate),
        }
      : null,
  };
}

export function incomplete(message: string): TransientError {
  return new TransientError(message, { code: 'SourceIncomplete' });
}

function missingKey(key: string, { cardField }: RowShape): string {
  const remedy =
    key === cardField
      ? 'check the name in civicrm.cardField, and give the API user\'s role "access all custom data"'
      : key.startsWith('m.')
        ? 'give the API user\'s role "access CiviMember"'
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
