import { DateTime } from 'luxon';
import { ApiError } from './api-error.js';
import type { DataType } from './database.js';
import { type ResolvedField, resolveField, type Scope, type Tuple } from './field-path.js';

/** SQL's three values: null is "unknown", as of every comparison with NULL. */
type Truth = boolean | null;

export interface Condition {
  /** The highest place of the tuple that must be filled for the test. */
  readonly slot: number;
  readonly test: (tuple: Tuple) => Truth;
}

export interface ConditionContext {
  readonly scope: Scope;
  /** In ON the right side is an expression: text needs quotes of its own, everything else is a field. */
  readonly clause: 'WHERE' | 'ON';
  /** Today in the site's zone, `YYYY-MM-DD`. */
  readonly today: string;
}

type Scalar = string | number | null;

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A value as its column compares it: numbers as numbers, text without regard to case, as the usual collation does. */
export function comparable(value: unknown, type: DataType): Scalar {
  if (value === null || value === undefined) return null;
  if (type === 'Integer' || type === 'Boolean') {
    const number = typeof value === 'string' && value.trim() === '' ? 0 : Number(value);
    return Number.isNaN(number) ? 0 : number;
  }
  return asText(value).toLowerCase();
}

function literal(value: unknown, type: DataType, today: string): Scalar {
  if (type !== 'Date' && type !== 'Timestamp') return comparable(value, type);
  const text = value === null ? null : asText(value).trim();
  if (text === null) return null;
  const days = { today: 0, now: 0, yesterday: -1, tomorrow: 1 }[text];
  if (days !== undefined) return DateTime.fromISO(today).plus({ days }).toISODate();
  return text.replace('T', ' ').replace(/(\.\d+)?Z$/, '');
}

function likePattern(text: string): RegExp {
  const escaped = text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('%', '[\\s\\S]*').replaceAll('_', '[\\s\\S]');
  return new RegExp(`^${escaped}$`, 'i');
}

/** The rule that surprises: in a column of numbers 0 is empty, in a column of text only '' is. */
function isEmpty(value: unknown, type: DataType): boolean {
  if (value === null || value === undefined) return true;
  if (type === 'String') return value === '';
  return (type === 'Integer' || type === 'Boolean') && comparable(value, type) === 0;
}

function negate(truth: Truth): Truth {
  return truth === null ? null : !truth;
}

type Test = (value: unknown) => Truth;
type Comparison = (left: string | number, right: string | number) => boolean;

const comparisons: Readonly<Record<string, Comparison>> = {
  '=': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '<>': (left, right) => left !== right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
};

/** Option names or labels in a filter stand for ids; one that matches no option stands for nothing. */
function throughOptions({ field, suffix }: ResolvedField, value: unknown): unknown {
  if (suffix === undefined || value === null) return value;
  const matching = (each: unknown): readonly unknown[] =>
    (field.options ?? []).filter((option) => comparable(option[suffix], 'String') === comparable(each, 'String')).map(({ id }) => id);
  return Array.isArray(value) ? value.flatMap(matching) : (matching(value)[0] ?? null);
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new ApiError(500, 'Invalid value: a list is needed');
  return value as readonly unknown[];
}

function literalTest(left: ResolvedField, operator: string, given: unknown, today: string): Test {
  const type = left.field.dataType;
  const scalar = (value: unknown): Scalar => literal(value, type, today);
  const against = (test: (value: string | number) => boolean): Test => (value) => {
    const held = comparable(value, type);
    return held === null ? null : test(held);
  };
  const positive = operator.startsWith('NOT ') ? literalTest(left, operator.slice(4), given, today) : undefined;
  if (positive) return (value) => negate(positive(value));
  const compare = comparisons[operator];
  if (compare) {
    const right = scalar(throughOptions(left, given));
    return right === null ? () => null : against((held) => compare(held, right));
  }
  switch (operator) {
    case 'IN': {
      const allowed = new Set(list(throughOptions(left, list(given))).map(scalar));
      return against((held) => allowed.has(held));
    }
    case 'BETWEEN': {
      const [from = null, to = null] = list(given).map(scalar);
      return from === null || to === null ? () => null : against((held) => held >= from && held <= to);
    }
    case 'LIKE': {
      const pattern = likePattern(asText(given));
      return against((held) => pattern.test(String(held)));
    }
    case 'CONTAINS': {
      const part = asText(given).toLowerCase();
      return against((held) => String(held).includes(part));
    }
    case 'IS NULL':
      return (value) => value === null || value === undefined;
    case 'IS NOT NULL':
      return (value) => value !== null && value !== undefined;
    case 'IS EMPTY':
      return (value) => isEmpty(value, type);
    case 'IS NOT EMPTY':
      return (value) => !isEmpty(value, type);
    default:
      throw new ApiError(500, 'Illegal operator');
  }
}

function knownField(scope: Scope, path: string): ResolvedField | undefined {
  const found = resolveField(scope, path);
  if (found.kind === 'denied') return undefined;
  if (found.kind !== 'field') throw new ApiError(500, `Invalid field '${path}'`);
  return found;
}

/** What the right side of an ON condition means: a field, or the literal behind its quotes. */
export function onExpression(value: unknown): { readonly path: string } | { readonly literal: unknown } {
  if (typeof value !== 'string') return { literal: value };
  const quoted = /^'(.*)'$|^"(.*)"$/s.exec(value);
  if (quoted) return { literal: quoted[1] ?? quoted[2] };
  if (/^-?\d+(\.\d+)?$/.test(value)) return { literal: Number(value) };
  return value === 'NULL' ? { literal: null } : { path: value };
}

function leaf(clause: readonly unknown[], context: ConditionContext): Condition | undefined {
  const [path, operator, value = null, valueIsField] = clause;
  if (typeof path !== 'string' || typeof operator !== 'string') throw new ApiError(500, 'Invalid condition');
  const left = knownField(context.scope, path);
  if (left === undefined) return undefined;
  const right = context.clause === 'ON' || valueIsField === true ? onExpression(value) : { literal: value };
  if ('literal' in right) {
    const test = literalTest(left, operator, right.literal, context.today);
    return { slot: left.slot, test: (tuple) => test(left.read(tuple)) };
  }
  const other = knownField(context.scope, right.path);
  const compare = comparisons[operator];
  if (compare === undefined) throw new ApiError(500, 'Illegal operator');
  if (other === undefined) return undefined;
  const type = left.field.dataType;
  return {
    slot: Math.max(left.slot, other.slot),
    test: (tuple) => {
      const [held, asked] = [comparable(left.read(tuple), type), comparable(other.read(tuple), type)];
      return held === null || asked === null ? null : compare(held, asked);
    },
  };
}

function allOf(conditions: readonly Condition[]): Condition {
  return {
    slot: Math.max(0, ...conditions.map((each) => each.slot)),
    test: (tuple) => {
      let truth: Truth = true;
      for (const each of conditions) {
        const next = each.test(tuple);
        if (next === false) return false;
        if (next === null) truth = null;
      }
      return truth;
    },
  };
}

function not(condition: Condition): Condition {
  return { slot: condition.slot, test: (tuple) => negate(condition.test(tuple)) };
}

/**
 * One clause: a leaf, `["NOT", clause]`, `["OR"|"AND", [clause, …]]`. Undefined when a missing permission has dropped it.
 * @throws ApiError 500 for an unknown field or operator.
 */
export function readCondition(clause: unknown, context: ConditionContext): Condition | undefined {
  const [head, body, ...rest] = list(clause);
  if (head !== 'OR' && head !== 'AND' && head !== 'NOT') return leaf([head, body, ...rest], context);
  const parts = list(body);
  if (parts.length === 0) return undefined;
  if (head === 'NOT' && typeof parts[0] === 'string') {
    const inner = readCondition(parts, context);
    return inner && not(inner);
  }
  const conditions = parts.flatMap((part) => readCondition(part, context) ?? []);
  if (conditions.length === 0) return undefined;
  if (head === 'OR') return not(allOf(conditions.map(not)));
  return head === 'NOT' ? not(allOf(conditions)) : allOf(conditions);
}
