import { DateTime } from 'luxon';
import type { PcoRecord } from './graph.js';
import type { Vertex } from './vertices.js';

const operators = ['gt', 'gte', 'lt', 'lte'] as const;
type Operator = 'eq' | (typeof operators)[number];

interface Where {
  readonly field: string;
  readonly operator: Operator;
  readonly value: string;
}

interface OrderKey {
  readonly field: string;
  readonly descending: boolean;
}

export interface CollectionQuery {
  readonly where: readonly Where[];
  readonly filters: readonly string[];
  readonly include: readonly string[];
  readonly order: readonly OrderKey[];
  readonly perPage: number;
  readonly offset: number;
  /** Type → the attributes asked for; types that are absent show all they show by default. */
  readonly fields: ReadonlyMap<string, ReadonlySet<string>>;
}

const words = (text: string | null): readonly string[] => (text ?? '').split(',').map((word) => word.trim()).filter(Boolean);

function wholeNumber(text: string | null, fallback: number): number {
  return text !== null && /^-?\d+$/.test(text) ? Number(text) : fallback;
}

/** Reads a query string. What the API does not know (fields, operators, filters, includes) has no effect and no error. */
export function readQuery(search: URLSearchParams): CollectionQuery {
  const where: Where[] = [];
  const fields = new Map<string, ReadonlySet<string>>();
  for (const [key, value] of search) {
    const condition = /^where\[(\w+)\](?:\[(\w+)\])?$/.exec(key);
    if (condition?.[1] !== undefined) {
      const operator = condition[2] === undefined ? 'eq' : operators.find((each) => each === condition[2]);
      if (operator) where.push({ field: condition[1], operator, value });
    }
    const type = /^fields\[(\w+)\]$/.exec(key)?.[1];
    if (type !== undefined) fields.set(type, new Set(words(value)));
  }
  return {
    where,
    filters: words(search.get('filter')),
    include: words(search.get('include')),
    order: words(search.get('order')).map((key) => ({ field: key.replace(/^-/, ''), descending: key.startsWith('-') })),
    perPage: Math.min(100, Math.max(1, wholeNumber(search.get('per_page'), 25))),
    offset: Math.max(0, wholeNumber(search.get('offset'), 0)),
    fields,
  };
}

/** The instants that a written date or instant stands for, [from, to) in milliseconds; undefined when it is neither. */
function span(text: string, zone: string): { readonly from: number; readonly to: number } | undefined {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) {
    const day = DateTime.fromISO(text, { zone });
    return day.isValid ? { from: day.toMillis(), to: day.plus({ days: 1 }).toMillis() } : undefined;
  }
  const instant = DateTime.fromISO(text, { zone });
  return instant.isValid ? { from: instant.toMillis(), to: instant.toMillis() + 1000 } : undefined;
}

function written(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? '');
}

function holds(operator: Exclude<Operator, 'eq'>, difference: number): boolean {
  switch (operator) {
    case 'gt':
      return difference > 0;
    case 'gte':
      return difference >= 0;
    case 'lt':
      return difference < 0;
    case 'lte':
      return difference <= 0;
  }
}

function matches(record: PcoRecord, { field, operator, value }: Where, zone: string): boolean {
  const held = field === 'id' ? record.id : (record.attributes[field] ?? record.fieldsOnly[field]);
  if (held === null || held === undefined) return false;
  if (!field.endsWith('_at')) {
    return operator === 'eq' ? written(held) === value : holds(operator, Number(held) - Number(value));
  }
  const instant = Date.parse(written(held));
  const asked = span(value, zone);
  if (asked === undefined) return false;
  return operator === 'eq' ? instant >= asked.from && instant < asked.to : holds(operator, instant - asked.from);
}

function compare(a: unknown, b: unknown): number {
  const [left, right] = [written(a), written(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

export interface Selection {
  readonly records: readonly PcoRecord[];
  readonly vertex: Vertex;
  /** The filters that count here; a nested path may offer fewer than its vertex. */
  readonly filters: readonly string[];
  readonly query: CollectionQuery;
  /** IANA zone in which bare dates are read. */
  readonly zone: string;
  readonly now: number;
  /** A rank that decides between equal sort keys; ordering by id is not on offer. */
  readonly tieRank: (record: PcoRecord) => number;
}

/** The records that a query selects, filtered and ordered, before paging. */
export function select({ records, vertex, filters, query, zone, now, tieRank }: Selection): readonly PcoRecord[] {
  const where = query.where.filter((each) => vertex.where.includes(each.field));
  const active = query.filters.flatMap((name) => {
    const filter = filters.includes(name) ? vertex.filters[name] : undefined;
    return filter ? [filter] : [];
  });
  const kept = records.filter(
    (record) => where.every((each) => matches(record, each, zone)) && active.every((filter) => filter(record, now)),
  );
  const keys = query.order.filter((key) => vertex.order.includes(key.field));
  if (keys.length === 0) return kept;
  return kept.sort((a, b) => {
    for (const { field, descending } of keys) {
      const order = compare(a.attributes[field], b.attributes[field]);
      if (order !== 0) return descending ? -order : order;
    }
    return tieRank(a) - tieRank(b);
  });
}
