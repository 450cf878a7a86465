import type { Interval } from '../../desired/model.js';
import { TransientError } from '../../runtime/errors.js';
import { isRefusedQuestion, type CalendarApi, type Query } from './api-client.js';
import { parseRecord, type ApiRecord } from './json-api.js';
import { readList } from './list.js';
import { overlapQuery } from './read-window.js';
import { byId, missingRecords, type Approval, type Related } from './records.js';

/** A list is cheaper than this many single reads. */
const mostSingleReads = 10;

/** The blockout mark and the published times come only when asked for by name. */
export const instanceFields: Query = [
  [
    'fields[EventInstance]',
    'all_day_event,ends_at,event,kind,location,name,published_ends_at,published_starts_at,starts_at',
  ],
];

/**
 * Asks again, without includes, for what the includes left out (they do so now and then, or the server fails on them).
 * What stays unknown stays missing. @throws TerminalError
 */
export async function resolveMissing(
  api: CalendarApi,
  bookings: readonly ApiRecord[],
  related: Related,
  window: Interval,
): Promise<Related> {
  const missing = missingRecords(bookings, related);
  const instances = await known(() =>
    readRecords(api, '/event_instances', missing.instances, [...overlapQuery(window), ...instanceFields]),
  );
  const rooms = await known(() => readRecords(api, '/resources', missing.rooms, []));
  const approvals = missing.approvals ? await known(() => readApprovals(api, window)) : [];
  return {
    instances: new Map([...related.instances, ...byId(instances, 'EventInstance')]),
    rooms: new Map([...related.rooms, ...byId(rooms, 'Resource')]),
    // What the bookings' own requests said stands: the lists were read later.
    approvals: new Map([...approvals, ...related.approvals]),
  };
}

async function readRecords(api: CalendarApi, path: string, ids: readonly string[], query: Query): Promise<readonly ApiRecord[]> {
  if (ids.length === 0) return [];
  if (ids.length > mostSingleReads) return (await readListWithoutFields(api, path, query)).records;
  const fields = query.filter(([name]) => name.startsWith('fields'));
  const records = await Promise.all(
    ids.map(async (id) => {
      const body = await api.find(`${path}/${encodeURIComponent(id)}`, fields);
      return body === null ? null : parseRecord(body);
    }),
  );
  return records.filter((record) => record !== null);
}

async function readListWithoutFields(api: CalendarApi, path: string, query: Query): ReturnType<typeof readList> {
  try {
    return await readList(api, path, query);
  } catch (error) {
    if (!isRefusedQuestion(error)) throw error;
    return readList(api, path, query.filter(([name]) => !name.startsWith('fields')));
  }
}

/** By booking id, from the three filters of the bookings list. One that two filters claim changed meanwhile: unknown. */
async function readApprovals(api: CalendarApi, window: Interval): Promise<readonly (readonly [string, Approval])[]> {
  const filters = [['approved', 'Approved'], ['pending', 'Pending'], ['rejected', 'Rejected']] as const;
  const claims = new Map<string, Approval[]>();
  for (const [filter, approval] of filters) {
    const list = await readList(api, '/resource_bookings', [['filter', filter], ...overlapQuery(window)]);
    for (const { id } of list.records) claims.set(id, [...(claims.get(id) ?? []), approval]);
  }
  return [...claims].flatMap(([id, [approval, ...others]]) =>
    approval === undefined || others.length > 0 ? [] : [[id, approval] as const],
  );
}

/** Nothing where the server fails: what it would have told stays missing, and its events incomplete. */
async function known<Found>(read: () => Promise<readonly Found[]>): Promise<readonly Found[]> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof TransientError || isRefusedQuestion(error)) return [];
    throw error;
  }
}
