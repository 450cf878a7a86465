import type { Database, FieldSpec, Row, Table } from './database.js';

/** The joined rows of one result row: the main entity's first, then one for each join, null where there is none. */
export type Tuple = readonly (Row | null)[];

export interface ResolvedField {
  readonly kind: 'field';
  readonly field: FieldSpec;
  /** `name` or `label`: the value is read and compared through the field's options. */
  readonly suffix: 'name' | 'label' | undefined;
  /** The place in the tuple that must be filled before the field can be read. */
  readonly slot: number;
  /** The stored value, before the suffix. */
  readonly read: (tuple: Tuple) => unknown;
}

export type Resolution =
  | ResolvedField
  | { readonly kind: 'unknown' }
  /** The caller may not see the group or entity, so that the query never learns of the field. */
  | { readonly kind: 'hidden' }
  /** The query knows the field and knows that the caller lacks its permission. */
  | { readonly kind: 'denied' };

export interface Scope {
  readonly database: Database;
  readonly main: Table;
  readonly joins: ReadonlyMap<string, { readonly slot: number; readonly table: Table }>;
  /** Aliases of joins to entities that the caller may not read: such joins are left out without an error. */
  readonly skipped: ReadonlySet<string>;
}

type Read = (tuple: Tuple) => Row | null;

function resolveIn(scope: Scope, table: Table, name: string, slot: number, read: Read): Resolution {
  const field = table.fields.get(name);
  const { permissions, tables } = scope.database;
  if (field) {
    if (field.groupPermission !== undefined && !permissions.has(field.groupPermission)) return { kind: 'hidden' };
    if (field.fieldPermission !== undefined && !permissions.has(field.fieldPermission)) return { kind: 'denied' };
    return { kind: 'field', field, suffix: undefined, slot, read: (tuple) => read(tuple)?.[name] ?? null };
  }
  const dot = name.indexOf('.');
  const link = dot > 0 ? table.fields.get(name.slice(0, dot)) : undefined;
  const target = link?.fk === undefined ? undefined : tables.get(link.fk);
  if (link === undefined || target === undefined) return { kind: 'unknown' };
  if (!permissions.has(target.permission)) return { kind: 'hidden' };
  return resolveIn(scope, target, name.slice(dot + 1), slot, (tuple) => target.byId.get(read(tuple)?.[link.name]) ?? null);
}

/** Finds `field`, `Group.field`, `m.field`, `contact_id.display_name`, each with an optional `:name` or `:label`. */
export function resolveField(scope: Scope, path: string): Resolution {
  const [name = '', suffix] = path.split(':', 2);
  const alias = name.split('.', 1)[0] ?? '';
  const join = scope.joins.get(alias);
  if (join === undefined && scope.skipped.has(alias)) return { kind: 'hidden' };
  const slot = join?.slot ?? 0;
  const found = resolveIn(
    scope,
    join?.table ?? scope.main,
    join === undefined ? name : name.slice(alias.length + 1),
    slot,
    (tuple) => tuple[slot] ?? null,
  );
  if (suffix === undefined || found.kind !== 'field') return found;
  if (found.field.options === undefined || (suffix !== 'name' && suffix !== 'label')) return { kind: 'unknown' };
  return { ...found, suffix };
}

/** The value as the answer shows it. */
export function presented({ field, suffix, read }: ResolvedField, tuple: Tuple): unknown {
  const value = read(tuple);
  return suffix === undefined ? value : (field.options?.find((option) => option.id === value)?.[suffix] ?? null);
}
