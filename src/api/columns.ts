import { kindInfo } from './kinds.js';
import type { ObjectMeta, Kind } from './resource.js';

export interface Table {
  /** Upper case, NAME first. */
  readonly headers: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What a row is made of; the spec is absent where no version was ever accepted. */
interface TableObject {
  readonly metadata: ObjectMeta;
  readonly spec?: unknown;
  readonly status?: unknown;
}

interface TableOptions {
  /** Also the columns of priority 1 and above. */
  readonly wide: boolean;
  /** Milliseconds since the epoch, for ages. */
  readonly now: number;
}

/** The table that kubectl would print from the CRD's printer columns; a value that is absent is an empty cell. */
export function tableFor(kind: Kind, objects: readonly TableObject[], options: TableOptions): Table {
  const columns = kindInfo(kind).columns.filter(({ priority = 0 }) => options.wide || priority === 0);
  return {
    headers: ['NAME', ...columns.map(({ name }) => name.toUpperCase())],
    rows: objects.map((object) => [
      object.metadata.name,
      ...columns.map(({ type, jsonPath }) => cell(valueAt(object, jsonPath), type, options.now)),
    ]),
  };
}

function cell(value: unknown, type: string, now: number): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return type === 'date' ? age(text, now) : text;
}

/** `.status.conditions[?(@.type=="Ready")].status`: fields, and the first item of a list whose field has a value. */
function valueAt(object: unknown, jsonPath: string): unknown {
  const steps = jsonPath.match(/\.[\w-]+|\[\?\(@\.[\w-]+=="[^"]*"\)\]/g) ?? [];
  return steps.reduce<unknown>((value, step) => {
    const filter = /^\[\?\(@\.([\w-]+)=="([^"]*)"\)\]$/.exec(step);
    if (filter === null) return fieldOf(value, step.slice(1));
    const [, field = '', wanted] = filter;
    return Array.isArray(value) ? value.find((item: unknown) => fieldOf(item, field) === wanted) : undefined;
  }, object);
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, field) ? (value as Readonly<Record<string, unknown>>)[field] : undefined;
}

const [minute, hour, day, year] = [60, 3600, 86_400, 365 * 86_400];

/** Time since `iso` as kubectl prints it: `45s`, `5m30s`, `3h`, `2d4h`, `14d`, `2y30d`; `<unknown>` for no instant. */
export function age(iso: string, now: number): string {
  const then = Date.parse(iso);
  if (Number.isNaN(then)) return '<unknown>';
  const seconds = Math.max(0, Math.floor((now - then) / 1000));
  const two = (large: number, largeUnit: string, small: number, smallUnit: string): string => {
    const rest = Math.floor((seconds % large) / small);
    return `${Math.floor(seconds / large)}${largeUnit}${rest === 0 ? '' : `${rest}${smallUnit}`}`;
  };
  // The thresholds of k8s.io/apimachinery/pkg/util/duration.HumanDuration.
  if (seconds < 2 * minute) return `${seconds}s`;
  if (seconds < 10 * minute) return two(minute, 'm', 1, 's');
  if (seconds < 3 * hour) return `${Math.floor(seconds / minute)}m`;
  if (seconds < 8 * hour) return two(hour, 'h', minute, 'm');
  if (seconds < 2 * day) return `${Math.floor(seconds / hour)}h`;
  if (seconds < 8 * day) return two(day, 'd', hour, 'h');
  if (seconds < 2 * year) return `${Math.floor(seconds / day)}d`;
  return seconds < 8 * year ? two(year, 'y', day, 'd') : `${Math.floor(seconds / year)}y`;
}
