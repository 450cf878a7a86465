import { ApiError } from './api-error.js';
import { type FieldSpec, type Table } from './database.js';
import { presented, resolveField, type ResolvedField, type Scope, type Tuple } from './field-path.js';

/** One column of the answer. `read` sees all rows of a group; without grouping that is one. */
export interface Column {
  readonly alias: string;
  readonly read: (group: readonly Tuple[]) => unknown;
}

type Aggregate = (values: readonly unknown[]) => unknown;

const numbers = (values: readonly unknown[]): readonly number[] => values.map(Number);

const aggregates: Readonly<Record<string, Aggregate>> = {
  COUNT: (values) => values.length,
  GROUP_CONCAT: (values) => (values.length === 0 ? null : values),
  MIN: (values) => (values.length === 0 ? null : values.reduce((a, b) => (String(b) < String(a) ? b : a))),
  MAX: (values) => (values.length === 0 ? null : values.reduce((a, b) => (String(b) > String(a) ? b : a))),
  SUM: (values) => numbers(values).reduce((a, b) => a + b, 0),
};

const call = /^([A-Z_]+)\(\s*(DISTINCT\s+)?([^)]*?)\s*\)$/;

function visibleNames(table: Table, permissions: ReadonlySet<string>, wanted: (field: FieldSpec) => boolean): readonly string[] {
  const allowed = (needed: string | undefined): boolean => needed === undefined || permissions.has(needed);
  return [...table.fields.values()]
    .filter((field) => wanted(field) && field.name !== 'email_primary')
    .filter((field) => allowed(field.groupPermission) && allowed(field.fieldPermission))
    .map((field) => field.name);
}

/** `*` is every field of the entity itself, without custom ones; `custom.*` those; `m.*` a join's. */
function expandStars(scope: Scope, items: readonly string[]): readonly string[] {
  const { permissions } = scope.database;
  return items.flatMap((item) => {
    if (item === '*') return visibleNames(scope.main, permissions, (field) => field.custom !== true);
    if (item === 'custom.*') return visibleNames(scope.main, permissions, (field) => field.custom === true);
    const alias = item.endsWith('.*') ? item.slice(0, -2) : undefined;
    if (alias === undefined) return [item];
    const join = scope.joins.get(alias);
    if (join) return visibleNames(join.table, permissions, (field) => field.custom !== true).map((name) => `${alias}.${name}`);
    return visibleNames(scope.main, permissions, (field) => field.name.startsWith(`${alias}.`));
  });
}

/** How the answer treats a selected field that the caller may not see: without a word, or with an error. */
export type MissingPermission = 'omit' | 'error';

function selectable(scope: Scope, path: string, missing: MissingPermission): ResolvedField | undefined {
  const found = resolveField(scope, path);
  if (found.kind === 'field') return found;
  if (missing === 'error' && found.kind !== 'unknown') throw new ApiError(500, `Invalid field '${path}'`);
  return undefined;
}

/** The columns of an answer; fields that do not exist are left out without an error. */
export function readSelect(scope: Scope, items: readonly string[], grouped: boolean, missing: MissingPermission): readonly Column[] {
  const asked = items.filter((item) => item !== 'row_count');
  const wanted = expandStars(scope, asked.length === 0 ? ['*'] : asked);
  return [...new Set(grouped ? wanted : ['id', ...wanted])].flatMap((item): readonly Column[] => {
    const [expression = '', alias = expression] = item.split(/\s+AS\s+/);
    const [, name, distinct, path] = call.exec(expression) ?? [];
    const aggregate = name === undefined ? undefined : aggregates[name];
    if (name !== undefined && aggregate === undefined) throw new ApiError(500, `Unknown function ${name}`);
    if (aggregate && path === '*') return [{ alias, read: (group) => group.length }];
    const field = selectable(scope, path ?? expression, missing);
    if (field === undefined) return [];
    if (aggregate === undefined) {
      return [{ alias, read: ([first]) => (first === undefined ? null : presented(field, first)) }];
    }
    const read = (group: readonly Tuple[]): unknown => {
      const values = group.map((tuple) => presented(field, tuple)).filter((value) => value !== null);
      return aggregate(distinct === undefined ? values : [...new Set(values)]);
    };
    return [{ alias: alias === expression ? `${name ?? ''}:${path ?? ''}` : alias, read }];
  });
}

/** True when the select list aggregates over rows without grouping them. */
export function isAggregate(items: readonly string[]): boolean {
  return items.some((item) => call.test(item.split(/\s+AS\s+/)[0] ?? ''));
}
