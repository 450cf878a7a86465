import { TransientError } from '../../runtime/errors.js';
import type { CalendarApi, Query } from './api-client.js';
import { parsePage, type ApiRecord } from './json-api.js';

export interface List {
  readonly records: readonly ApiRecord[];
  readonly included: readonly ApiRecord[];
}

const perPage = 100;
const passes = 3;
// 30,000 records; a server that promises more is not answering our question.
const mostPages = 300;

/**
 * A whole collection, proven: `total_count` is the same on every page and equals the number of different ids.
 * Nothing but the start orders the list, so records of one start may change places between two pages.
 * @throws TransientError `SourceIncomplete` when three passes prove nothing, and what the API throws
 */
export async function readList(api: CalendarApi, path: string, query: Query): Promise<List> {
  let problem = '';
  for (let pass = 0; pass < passes; pass += 1) {
    const outcome = await readPass(api, path, query);
    if (!('problem' in outcome)) return outcome;
    problem = outcome.problem;
  }
  throw new TransientError(`Planning Center did not answer ${path} whole in ${passes} passes: ${problem}.`, { code: 'SourceIncomplete' });
}

async function readPass(api: CalendarApi, path: string, query: Query): Promise<List | { readonly problem: string }> {
  const records = new Map<string, ApiRecord>();
  const included = new Map<string, ApiRecord>();
  let total: number | null = null;
  let offset = 0;
  for (let count = 0; count < mostPages; count += 1) {
    const page = parsePage(await api.get(path, [...query, ['per_page', String(perPage)], ['offset', String(offset)]]));
    if ('problem' in page) return page;
    if (total !== null && page.total !== total) return { problem: 'the list changed while it was read' };
    total = page.total;
    for (const record of page.data) records.set(record.id, record);
    for (const record of page.included) included.set(`${record.type}/${record.id}`, record);
    // Not the link to the next page: it leads to another host where a proxy rewrote it, and the numbers must prove themselves anyway.
    offset += page.data.length;
    if (page.data.length === 0 || offset >= total) break;
  }
  if (total !== records.size) return { problem: `${records.size} of ${total ?? 0} records came` };
  return { records: [...records.values()], included: [...included.values()] };
}
