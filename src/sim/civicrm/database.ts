import type { CivicrmSeed, SeedOption } from './seed.js';

export type Row = Readonly<Record<string, unknown>>;
export type DataType = 'Integer' | 'String' | 'Boolean' | 'Date' | 'Timestamp';

export interface FieldSpec {
  readonly name: string;
  readonly dataType: DataType;
  /** The entity that the field's value is an id of. */
  readonly fk?: string;
  /** A choice: the value is `id` (or `name`, where the column holds names). */
  readonly options?: readonly { readonly id: unknown; readonly name: string; readonly label: string }[];
  readonly custom?: true;
  /** Without this permission the field does not exist for the caller. */
  readonly groupPermission?: string;
  /** Without this permission a condition on the field is dropped without an error. */
  readonly fieldPermission?: string;
}

/** Rows of one entity, in ascending order of id. */
export class Table {
  readonly fields: ReadonlyMap<string, FieldSpec>;
  readonly byId: ReadonlyMap<unknown, Row>;
  readonly #indexes = new Map<string, ReadonlyMap<unknown, readonly Row[]>>();

  constructor(
    readonly entity: string,
    fields: readonly FieldSpec[],
    readonly rows: readonly Row[],
    /** Without this permission the entity is closed to the caller. */
    readonly permission: string,
  ) {
    this.fields = new Map(fields.map((field) => [field.name, field]));
    this.byId = new Map(rows.map((row) => [row['id'], row]));
  }

  /** Rows by a column's value; made once. */
  index(column: string): ReadonlyMap<unknown, readonly Row[]> {
    const known = this.#indexes.get(column);
    if (known) return known;
    const made = new Map<unknown, Row[]>();
    for (const row of this.rows) {
      const list = made.get(row[column]);
      if (list) list.push(row);
      else made.set(row[column], [row]);
    }
    this.#indexes.set(column, made);
    return made;
  }
}

export interface Database {
  readonly tables: ReadonlyMap<string, Table>;
  readonly permissions: ReadonlySet<string>;
}

const integer = (name: string, more: Partial<FieldSpec> = {}): FieldSpec => ({ name, dataType: 'Integer', ...more });
const text = (name: string, more: Partial<FieldSpec> = {}): FieldSpec => ({ name, dataType: 'String', ...more });
const flag = (name: string): FieldSpec => ({ name, dataType: 'Boolean' });
const date = (name: string): FieldSpec => ({ name, dataType: 'Date' });
const timestamp = (name: string): FieldSpec => ({ name, dataType: 'Timestamp' });

const contactTypes = ['Individual', 'Household', 'Organization'].map((name) => ({ id: name, name, label: name }));

/** A column of whole numbers when every card is one; CiviCRM's column has a single type, and text holds anything. */
function cardType(seed: CivicrmSeed): DataType {
  const cards = seed.contacts.map((contact) => contact.card_id).filter((card) => card !== null);
  return cards.length > 0 && cards.every((card) => Number.isInteger(card)) ? 'Integer' : 'String';
}

function contactTable(seed: CivicrmSeed, visible: boolean): Table {
  const custom = seed.cardField.includes('.');
  const fields: FieldSpec[] = [
    integer('id'),
    text('contact_type', { options: contactTypes }),
    text('external_identifier'),
    text('display_name'),
    text('first_name'),
    text('last_name'),
    flag('is_deleted'),
    flag('is_deceased'),
    timestamp('created_date'),
    timestamp('modified_date'),
    integer('email_primary', { fk: 'Email' }),
    {
      name: seed.cardField,
      dataType: cardType(seed),
      ...(custom && { custom: true, groupPermission: 'access all custom data' }),
    },
  ];
  const rows = (visible ? seed.contacts : []).map(({ card_id: card, email, ...contact }) => ({
    ...contact,
    email_primary: email === null ? null : contact.id,
    [seed.cardField]: card,
  }));
  return new Table('Contact', fields, rows, 'access CiviCRM');
}

function membershipTable(seed: CivicrmSeed, visible: boolean): Table {
  const types = new Map(seed.types.map((type) => [type.name, type.id]));
  const statuses = new Map(seed.statuses.map((status) => [status.name, status.id]));
  const fields: FieldSpec[] = [
    integer('id'),
    integer('contact_id', { fk: 'Contact' }),
    integer('membership_type_id', { fk: 'MembershipType', options: seed.types }),
    integer('status_id', { fk: 'MembershipStatus', options: seed.statuses }),
    date('join_date'),
    date('start_date'),
    date('end_date'),
    flag('is_override'),
    date('status_override_end_date'),
    integer('owner_membership_id', { fk: 'Membership' }),
    flag('is_test'),
  ];
  const rows = (visible ? seed.contacts : []).flatMap((contact) =>
    contact.memberships.map(({ type, status, ...membership }) => ({
      ...membership,
      contact_id: contact.id,
      membership_type_id: types.get(type) ?? null,
      status_id: statuses.get(status) ?? null,
    })),
  );
  return new Table('Membership', fields, rows.sort((a, b) => a.id - b.id), 'access CiviMember');
}

function emailTable(seed: CivicrmSeed, visible: boolean): Table {
  const fields = [integer('id'), integer('contact_id', { fk: 'Contact' }), text('email'), flag('is_primary')];
  const rows = (visible ? seed.contacts : []).flatMap(({ id, email }) =>
    email === null ? [] : [{ id, contact_id: id, email, is_primary: true }],
  );
  return new Table('Email', fields, rows, 'access CiviCRM');
}

function optionTable(entity: string, options: readonly SeedOption[]): Table {
  const fields = [integer('id'), text('name'), text('label'), text('title'), flag('is_active')];
  return new Table(entity, fields, options.map((option) => ({ ...option, title: option.label })), 'access CiviMember');
}

function customFieldTable(seed: CivicrmSeed): Table {
  const [group = '', name = ''] = seed.cardField.split('.');
  const groups = [{ id: 1, name: group, label: group.replaceAll('_', ' ') }];
  const fields = [
    integer('id'),
    integer('custom_group_id', { options: groups }),
    text('name'),
    text('label'),
    text('data_type', { options: ['String', 'Integer'].map((each) => ({ id: each, name: each, label: each })) }),
    flag('is_active'),
  ];
  const row = { id: 1, custom_group_id: 1, name, label: name.replaceAll('_', ' '), data_type: cardType(seed), is_active: true };
  return new Table('CustomField', fields, name === '' ? [] : [row], 'access CiviCRM');
}

function withFieldPermissions(table: Table, permissions: Readonly<Record<string, string>>): Table {
  const fields = [...table.fields.values()].map((field) => {
    const needed = permissions[`${table.entity}.${field.name}`];
    return needed === undefined ? field : { ...field, fieldPermission: needed };
  });
  return new Table(table.entity, fields, table.rows, table.permission);
}

/** The tables as the key's contact may see them: without "view all contacts" rows are missing, with no error. */
export function buildDatabase(seed: CivicrmSeed): Database {
  const permissions = new Set(seed.permissions);
  const visible = permissions.has('view all contacts') || permissions.has('edit all contacts');
  const tables = [
    contactTable(seed, visible),
    membershipTable(seed, visible),
    emailTable(seed, visible),
    optionTable('MembershipType', seed.types),
    optionTable('MembershipStatus', seed.statuses),
    customFieldTable(seed),
  ];
  return {
    tables: new Map(tables.map((table) => [table.entity, withFieldPermissions(table, seed.fieldPermissions)])),
    permissions,
  };
}
