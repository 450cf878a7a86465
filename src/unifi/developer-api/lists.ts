import { TransientError } from '../../runtime/errors.js';
import type { DeveloperApi } from './api.js';
import type { Answer, Scope } from './envelope.js';
import type { Row } from './wire.js';
import { optionalNumber, rows } from './wire.js';

interface ListOptions<T> {
  readonly path: string;
  readonly scope: Scope;
  readonly query?: readonly (readonly [string, string])[];
  readonly read: (row: Row, where: string) => T;
  readonly key: (item: T) => string;
}

interface Page<T> {
  readonly items: readonly T[];
  readonly total: number | null;
}

const pageSize = 100;
const tries = 3;

function page<T>({ data, pagination }: Answer, { path, read }: ListOptions<T>): Page<T> {
  const where = path.slice(path.lastIndexOf('/') + 1);
  return {
    // Go programs write an empty list as null; a list that is not there at all is no answer.
    items: rows(data === null ? [] : data, where).map((row, index) => read(row, `${where}[${index}]`)),
    total: pagination === null ? null : optionalNumber(pagination, 'total'),
  };
}

interface Pass<T> {
  /** Null when `total`, the number of items and their unique keys disagree within the pass. */
  readonly items: readonly T[] | null;
  readonly total: number;
}

async function pass<T>(api: DeveloperApi, options: ListOptions<T>, size: number): Promise<Pass<T>> {
  const { path, scope, query = [], key } = options;
  const fetchPage = async (number: number): Promise<Page<T>> => {
    const paging = [
      ['page_num', String(number)],
      ['page_size', String(size)],
    ] as const;
    return page(await api.call({ method: 'GET', path, scope, query: [...query, ...paging] }), options);
  };
  const first = await fetchPage(1);
  const total = first.total ?? 0;
  // A controller may give smaller pages than asked for: its first one says how small.
  const count = first.items.length === 0 ? 1 : Math.ceil(total / first.items.length);
  const others = await Promise.all(Array.from({ length: Math.max(0, count - 1) }, (_, index) => fetchPage(index + 2)));
  const pages = [first, ...others];
  const items = pages.flatMap((each) => each.items);
  const agreed =
    pages.every((each) => each.total === total) && items.length === total && new Set(items.map(key)).size === total;
  return { items: agreed ? items : null, total };
}

/**
 * A whole paged list: nobody missing, nobody twice. The order of pages is not promised by UniFi and rows come and go
 * between them, so that a pass is believed only when its figures agree; the last try asks for everything on one page.
 * @throws TransientError IncompleteList after three passes
 */
export async function listPaged<T>(api: DeveloperApi, options: ListOptions<T>): Promise<readonly T[]> {
  let size = pageSize;
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const { items, total } = await pass(api, options, size);
    if (items !== null) return items;
    if (attempt === tries - 1) size = Math.max(pageSize, total);
  }
  throw incomplete(options.path);
}

/**
 * A list that UniFi gives in one piece; read page by page where an answer says that it was not all.
 * @throws TransientError IncompleteList
 */
export async function listAll<T>(api: DeveloperApi, options: ListOptions<T>): Promise<readonly T[]> {
  const { path, scope, query = [], key } = options;
  const { items, total } = page(await api.call({ method: 'GET', path, scope, query }), options);
  const unique = new Set(items.map(key)).size;
  if (unique === items.length && (total === null || total === unique)) return items;
  return listPaged(api, options);
}

function incomplete(path: string): TransientError {
  return new TransientError(
    `GET ${path}: the list is not whole: its total and its unique ids disagreed in ${tries} readings. Nothing is changed on ` +
      'such a reading; it is read again later.',
    { code: 'IncompleteList' },
  );
}
