/** A record of a JSON:API document, as much of it as is proven. */
export interface ApiRecord {
  readonly type: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Ids of to-one relationships; what is null, absent or to-many has no entry. */
  readonly relations: Readonly<Record<string, string>>;
}

interface Page {
  readonly data: readonly ApiRecord[];
  readonly included: readonly ApiRecord[];
  readonly total: number;
}

/** One page of a collection, or what is wrong with it. */
export function parsePage(body: string): Page | { readonly problem: string } {
  const document = parseObject(body);
  if (document === null) return { problem: 'the answer is not JSON' };
  const data = parseRecords(document['data']);
  if (data === null) return { problem: 'the answer has no list of records' };
  const included = parseRecords(document['included'] ?? []);
  if (included === null) return { problem: 'the included records are unreadable' };
  const total = isObject(document['meta']) ? document['meta']['total_count'] : undefined;
  if (typeof total !== 'number' || !Number.isInteger(total) || total < 0) return { problem: 'the answer has no total_count' };
  return { data, included, total };
}

/** The one record of a document, or null. */
export function parseRecord(body: string): ApiRecord | null {
  const document = parseObject(body);
  return document === null ? null : toRecord(document['data']);
}

export function textAttribute(record: ApiRecord, name: string): string | null {
  const value = record.attributes[name];
  return typeof value === 'string' ? value : null;
}

const instantPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** Milliseconds since the epoch, or null. */
export function instantAttribute(record: ApiRecord, name: string): number | null {
  const value = record.attributes[name];
  if (typeof value !== 'string' || !instantPattern.test(value)) return null;
  const instant = Date.parse(value);
  return Number.isNaN(instant) ? null : instant;
}

function parseObject(body: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function parseRecords(value: unknown): readonly ApiRecord[] | null {
  if (!Array.isArray(value)) return null;
  const records = value.map(toRecord);
  return records.every((record) => record !== null) ? records : null;
}

function toRecord(value: unknown): ApiRecord | null {
  if (!isObject(value)) return null;
  const { type, id, attributes, relationships } = value;
  if (typeof type !== 'string' || typeof id !== 'string' || id === '') return null;
  return { type, id, attributes: isObject(attributes) ? attributes : {}, relations: toRelations(relationships) };
}

function toRelations(value: unknown): Record<string, string> {
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, relationship]) => {
      const data = isObject(relationship) ? relationship['data'] : undefined;
      return isObject(data) && typeof data['id'] === 'string' ? [[name, data['id']] as const] : [];
    }),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
