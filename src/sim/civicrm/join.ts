import { ApiError } from './api-error.js';
import { type Condition, type ConditionContext, onExpression, readCondition } from './condition.js';
import type { Database, Row, Table } from './database.js';
import { resolveField, type Scope, type Tuple } from './field-path.js';

type Side = 'LEFT' | 'INNER' | 'EXCLUDE';

export interface Join {
  readonly side: Side;
  readonly table: Table;
  readonly on: readonly Condition[];
  /** Rows that can match at all, found without a scan; undefined: any row of the table. */
  readonly candidates: ((tuple: Tuple) => readonly Row[]) | undefined;
}

interface JoinText {
  readonly entity: string;
  readonly alias: string;
  readonly side: Side;
  readonly conditions: readonly unknown[];
}

function readText(join: unknown): JoinText {
  if (!Array.isArray(join)) throw new ApiError(500, 'Invalid join');
  const [target, side, ...conditions] = join as readonly unknown[];
  const [, entity, alias] = typeof target === 'string' ? (/^(\w+)(?:\s+AS\s+(\w+))?$/i.exec(target) ?? []) : [];
  if (entity === undefined) throw new ApiError(500, 'Invalid join');
  // Older callers write true for a required join and false for an optional one.
  const word = side === true ? 'INNER' : side === false || side === undefined ? 'LEFT' : side;
  if (word !== 'LEFT' && word !== 'INNER' && word !== 'EXCLUDE') throw new ApiError(500, 'Illegal join type');
  if (typeof conditions[0] === 'string') throw new ApiError(500, 'Bridge joins are not simulated');
  return { entity, alias: alias ?? entity, side: word, conditions };
}

/** Without conditions a join follows the link between the two entities, whichever of them holds it. */
function impliedConditions(main: Table, table: Table, alias: string): readonly unknown[] {
  const back = [...table.fields.values()].find((field) => field.fk === main.entity);
  if (back) return [[`${alias}.${back.name}`, '=', 'id']];
  const forth = [...main.fields.values()].find((field) => field.fk === table.entity);
  if (forth) return [[`${alias}.id`, '=', forth.name]];
  throw new ApiError(500, `Cannot join to ${table.entity}`);
}

/** Uses an equality between a column of the joined table and something known before it. */
function indexed(scope: Scope, alias: string, table: Table, conditions: readonly unknown[]): Join['candidates'] {
  for (const condition of conditions) {
    if (!Array.isArray(condition)) continue;
    const [left, operator, right] = condition as readonly unknown[];
    if (operator !== '=' || typeof left !== 'string' || typeof right !== 'string') continue;
    for (const [own, other] of [[left, right], [right, left]] as const) {
      const column = own.startsWith(`${alias}.`) ? own.slice(alias.length + 1) : '';
      const expression = onExpression(other);
      if (table.fields.get(column)?.dataType !== 'Integer' || !('path' in expression)) continue;
      const known = resolveField(scope, expression.path);
      const slot = scope.joins.get(alias)?.slot ?? 0;
      if (known.kind !== 'field' || known.suffix !== undefined || known.slot >= slot) continue;
      return (tuple) => table.index(column).get(known.read(tuple)) ?? [];
    }
  }
  return undefined;
}

/**
 * The scope of a query with its joins. A join to an entity that the caller may not read is skipped without an error.
 * @throws ApiError for an unknown entity or condition.
 */
export function readJoins(
  database: Database,
  main: Table,
  texts: readonly unknown[],
  { today, joins: reading }: { readonly today: string; readonly joins: 'allow' | 'skip' | 'error' },
): { readonly scope: Scope; readonly joins: readonly Join[] } {
  const known = new Map<string, { readonly slot: number; readonly table: Table }>();
  const skipped = new Set<string>();
  const scope: Scope = { database, main, joins: known, skipped };
  const context: ConditionContext = { scope, clause: 'ON', today };
  const joins = texts.map(readText).flatMap(({ entity, alias, side, conditions }): readonly Join[] => {
    const table = database.tables.get(entity);
    if (table === undefined) throw new ApiError(500, `Invalid entity ${entity}`);
    if (reading === 'error') throw new ApiError(500, 'DB Error: syntax error');
    if (reading === 'skip' || !database.permissions.has(table.permission)) {
      skipped.add(alias);
      return [];
    }
    known.set(alias, { slot: known.size + 1, table });
    const clauses = conditions.length === 0 ? impliedConditions(main, table, alias) : conditions;
    const on = clauses.flatMap((clause) => readCondition(clause, context) ?? []);
    return [{ side, table, on, candidates: indexed(scope, alias, table, clauses) }];
  });
  return { scope, joins };
}

/** Every joined row of one row of the main entity. */
export function joinedRows(row: Row, joins: readonly Join[]): readonly Tuple[] {
  let tuples: readonly Tuple[] = [[row]];
  for (const { side, table, on, candidates } of joins) {
    tuples = tuples.flatMap((tuple) => {
      const extended = (candidates?.(tuple) ?? table.rows).map((joined): Tuple => [...tuple, joined]);
      const matching = extended.filter((each) => on.every((condition) => condition.test(each) === true));
      if (side === 'EXCLUDE') return matching.length === 0 ? [[...tuple, null]] : [];
      return matching.length === 0 && side === 'LEFT' ? [[...tuple, null]] : matching;
    });
  }
  return tuples;
}
