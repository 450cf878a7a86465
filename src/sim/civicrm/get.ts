import { ApiError } from './api-error.js';
import { comparable, type Condition, readCondition } from './condition.js';
import type { Database, Row, Table } from './database.js';
import { type ResolvedField, resolveField, type Scope, type Tuple } from './field-path.js';
import { joinedRows, readJoins } from './join.js';
import { type Column, isAggregate, type MissingPermission, readSelect } from './select-list.js';

export interface GetOptions {
  /** Today in the site's zone, `YYYY-MM-DD`. */
  readonly today: string;
  readonly missingPermission: MissingPermission;
  /** `skip`: joins are left out as if the caller might not read the entity; `error`: they fail. */
  readonly joins: 'allow' | 'skip' | 'error';
  /** Gives rows that no order decides between a new order at each call; undefined: they stay in order of id. */
  readonly random: (() => number) | undefined;
}

export interface GetResult {
  readonly values: readonly Row[];
  /** Undefined when the server stopped at the limit without counting on. */
  readonly countMatched: number | undefined;
}

interface GetParams {
  readonly select: readonly string[];
  readonly join: readonly unknown[];
  readonly where: readonly unknown[];
  readonly groupBy: readonly string[];
  readonly orderBy: readonly (readonly [string, unknown])[];
  /** 0: no limit. */
  readonly limit: number;
  readonly offset: number;
}

const knownParams = ['select', 'join', 'where', 'groupBy', 'orderBy', 'limit', 'offset', 'language', 'debug', 'checkPermissions', 'version'];

function texts(value: unknown, name: string): readonly string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) throw new ApiError(500, `Invalid ${name}`);
  return value;
}

function clauses(value: unknown, name: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new ApiError(500, `Invalid ${name}`);
  return value as readonly unknown[];
}

function count(value: unknown, name: string): number {
  const number = Number(value ?? 0);
  if (!Number.isInteger(number) || number < 0) throw new ApiError(500, `Invalid ${name}`);
  return number;
}

function readParams(params: Row): GetParams {
  const unknown = Object.keys(params).find((name) => !knownParams.includes(name) && !isBlank(params[name]));
  if (unknown !== undefined) throw new ApiError(500, `Unknown api parameter: ${unknown}`);
  return {
    select: texts(params['select'], 'select'),
    join: clauses(params['join'], 'join'),
    where: clauses(params['where'], 'where'),
    groupBy: texts(params['groupBy'], 'groupBy'),
    orderBy: Object.entries(params['orderBy'] ?? {}),
    limit: count(params['limit'], 'limit'),
    offset: count(params['offset'], 'offset'),
  };
}

/** Parameters that are known to the real API but not simulated (having, chain) do no harm while they are empty. */
function isBlank(value: unknown): boolean {
  return value === null || value === false || (typeof value === 'object' && Object.keys(value).length === 0);
}

function mentions(clause: unknown, field: string): boolean {
  return Array.isArray(clause) && (clause[0] === field || clause.some((part) => Array.isArray(part) && mentions(part, field)));
}

function selectsById(where: readonly unknown[]): boolean {
  return where.some((clause) => Array.isArray(clause) && clause[0] === 'id' && (clause[1] === '=' || clause[1] === 'IN'));
}

/** Trashed and test rows stay away from the main entity, and from it alone, unless asked for or picked by id. */
function withDefaults(table: Table, where: readonly unknown[]): readonly unknown[] {
  if (selectsById(where)) return where;
  const hidden = ['is_deleted', 'is_test', 'is_template'].filter((name) => table.fields.has(name) && !mentions(where, name));
  return [...where, ...hidden.map((name) => [name, '=', false])];
}

interface SortKey {
  readonly path: string;
  readonly field: ResolvedField;
  readonly direction: 1 | -1;
}

function readOrder(scope: Scope, orderBy: GetParams['orderBy']): readonly SortKey[] {
  return orderBy.flatMap(([path, direction]) => {
    if (direction !== 'ASC' && direction !== 'DESC') throw new ApiError(500, 'Invalid sort direction');
    const field = resolveField(scope, path);
    if (field.kind === 'denied') return [];
    if (field.kind !== 'field') throw new ApiError(500, `Invalid field '${path}'`);
    return [{ path, field, direction: direction === 'ASC' ? 1 : -1 } as const];
  });
}

function sortValue({ field }: SortKey, tuple: Tuple): string | number | null {
  const value = field.read(tuple);
  if (field.suffix === undefined) return comparable(value, field.field.dataType);
  const { suffix } = field;
  return comparable(field.field.options?.find((option) => option.id === value)?.[suffix], 'String');
}

/** Sorts by the keys; NULL comes first, as in MySQL. */
function sorted(tuples: readonly Tuple[], keys: readonly SortKey[]): readonly Tuple[] {
  if (keys.length === 0) return tuples;
  const rows = tuples.map((tuple) => ({ tuple, values: keys.map((key) => sortValue(key, tuple)) }));
  rows.sort((a, b) => {
    for (const [index, { direction }] of keys.entries()) {
      const [left = null, right = null] = [a.values[index], b.values[index]];
      if (left === right) continue;
      if (left === null) return -direction;
      if (right === null) return direction;
      return left < right ? -direction : direction;
    }
    return 0;
  });
  return rows.map(({ tuple }) => tuple);
}

function shuffled<Item>(items: readonly Item[], random: (() => number) | undefined): readonly Item[] {
  if (random === undefined) return items;
  const rows = items.map((item) => ({ item, rank: random() }));
  return rows.sort((a, b) => a.rank - b.rank).map(({ item }) => item);
}

function grouped(scope: Scope, tuples: readonly Tuple[], paths: readonly string[]): readonly (readonly Tuple[])[] {
  const fields = paths.map((path) => {
    const field = resolveField(scope, path);
    if (field.kind !== 'field') throw new ApiError(500, `Invalid field '${path}'`);
    return field;
  });
  if (fields.length === 0) return [tuples];
  const groups = new Map<string, Tuple[]>();
  for (const tuple of tuples) {
    const key = JSON.stringify(fields.map((field) => field.read(tuple)));
    const group = groups.get(key);
    if (group) group.push(tuple);
    else groups.set(key, [tuple]);
  }
  return [...groups.values()];
}

function passes(conditions: readonly Condition[], tuple: Tuple): boolean {
  return conditions.every((condition) => condition.test(tuple) === true);
}

const project = (columns: readonly Column[], group: readonly Tuple[]): Row =>
  Object.fromEntries(columns.map(({ alias, read }) => [alias, read(group)]));

/**
 * APIv4 `get` on one table. Without an order on a unique key the rows come in any order, page by page anew.
 * @throws ApiError 500 for an unknown field, operator or parameter.
 */
export function get(database: Database, table: Table, input: Row, options: GetOptions): GetResult {
  const params = readParams(input);
  const { scope, joins } = readJoins(database, table, params.join, options);
  const context = { scope, clause: 'WHERE', today: options.today } as const;
  const where = withDefaults(table, params.where).flatMap((clause) => readCondition(clause, context) ?? []);
  const before = where.filter((condition) => condition.slot === 0);
  const after = where.filter((condition) => condition.slot > 0);
  const keys = readOrder(scope, params.orderBy);
  const grouping = params.groupBy.length > 0 || isAggregate(params.select);
  const columns = readSelect(scope, params.select, grouping, options.missingPermission);
  const counted = params.select.includes('row_count');
  const end = params.limit === 0 ? Infinity : params.offset + params.limit;

  // Ordered by id first, a page is done before the whole table has been joined.
  const byId = keys[0]?.path === 'id' && !grouping && !counted;
  const source = byId && keys[0]?.direction === -1 ? table.rows.toReversed() : table.rows;
  const found: Tuple[] = [];
  let exhausted = true;
  for (const row of source) {
    if (byId && found.length >= end) {
      exhausted = false;
      break;
    }
    if (!passes(before, [row])) continue;
    for (const tuple of joinedRows(row, joins)) if (passes(after, tuple)) found.push(tuple);
  }

  const ordered = sorted(shuffled(found, options.random), keys);
  const groups = grouping ? grouped(scope, ordered, params.groupBy) : ordered.map((tuple) => [tuple]);
  const page = groups.slice(params.offset, end);
  const onlyCount = counted && params.select.length === 1;
  const known = counted || params.limit === 0 || (exhausted && page.length < params.limit && page.length > 0);
  return {
    values: onlyCount ? [] : page.map((group) => project(columns, group)),
    countMatched: known ? groups.length : undefined,
  };
}
