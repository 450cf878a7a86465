import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/runtime/clock.js';
import { errorCode, errorMessage } from '../../src/runtime/errors.js';
import { createHttpClient } from '../../src/runtime/http-client.js';
import { silentLogger } from '../../src/runtime/log.js';
import { createCivicrmReader, type CivicrmReader } from '../../src/sources/civicrm/reader.js';
import { revisionOf } from '../../src/sources/revision.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});

type Row = Readonly<Record<string, unknown>>;

interface Params {
  readonly select: readonly string[];
  readonly where: readonly (readonly [string, string, unknown])[];
  readonly limit: number;
}

function row(contact: number, membership: number | null): Row {
  const has = membership !== null;
  return {
    'id': contact,
    'first_name': `First${contact}`,
    'last_name': `Last${contact}`,
    'is_deceased': false,
    'is_deleted': false,
    'Door_Access.card_id': contact,
    'm.id': membership,
    'm.contact_id': has ? contact : null,
    'm.membership_type_id': has ? 1 : null,
    'm.membership_type_id:name': has ? 'Gold' : null,
    'm.status_id:name': has ? 'Current' : null,
    'm.is_test': has ? false : null,
    'm.is_override': has ? false : null,
    'm.status_override_end_date': null,
    'm.start_date': has ? '2026-01-01' : null,
    'm.end_date': null,
  };
}

/** A database that pages by id as asked; `answer` may spoil what it says. */
async function database(rows: readonly Row[], answer: (page: readonly Row[], params: Params, request: number) => object) {
  const seen: Params[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = new URLSearchParams(Buffer.concat(chunks).toString()).get('params') ?? '{}';
      const params = JSON.parse(text) as Params;
      const after = Number(params.where.find(([field, operator]) => field === 'id' && operator === '>')?.[2] ?? 0);
      const page = rows.filter(({ id }) => Number(id) > after).slice(0, params.limit === 0 ? undefined : params.limit);
      seen.push(params);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answer(page, params, seen.length)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const http = createHttpClient({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    clock: systemClock,
    log: silentLogger,
  });
  cleanups.push(
    () => http.close(),
    () => new Promise((resolve) => server.close(resolve)),
  );
  const reader = createCivicrmReader({
    http,
    apiPath: '/civicrm/ajax/api4/',
    cardField: 'Door_Access.card_id',
    auth: { kind: 'XCiviAuth', apiKey: 'key' },
  });
  return { reader, seen };
}

const modern = (rows: readonly Row[]) => (page: readonly Row[], params: Params) => ({
  values: page,
  count: params.select.includes('row_count') ? rows.length : page.length,
  countFetched: page.length,
  ...(params.select.includes('row_count') ? { countMatched: rows.length } : {}),
});
const old = (page: readonly Row[]) => ({ values: page, count: page.length });

async function failure(reader: CivicrmReader): Promise<{ code: string; message: string }> {
  const error = await reader.read().catch((caught: unknown) => caught);
  return { code: errorCode(error), message: errorMessage(error) };
}

describe('paging', () => {
  it('reads 20,000 contacts quickly, page by page', async () => {
    const rows = Array.from({ length: 20_000 }, (_, index) => row(index + 1, index + 1));
    const { reader, seen } = await database(rows, modern(rows));
    const started = performance.now();
    const { items } = await reader.read();
    revisionOf(items);
    expect(performance.now() - started).toBeLessThan(15_000);
    expect(items).toHaveLength(20_000);
    expect(seen.length).toBeLessThanOrEqual(42);
    expect(items.every(({ contact, memberships }, index) => contact === index + 1 && memberships.length === 1)).toBe(true);
  });

  it('never cuts a contact between two pages, however many memberships it has', async () => {
    const rows = [
      ...Array.from({ length: 498 }, (_, index) => row(index + 1, index + 1)),
      ...Array.from({ length: 5 }, (_, index) => row(600, 1000 + index)),
      ...Array.from({ length: 1200 }, (_, index) => row(700, 2000 + index)),
      row(800, null),
    ];
    for (const answer of [modern(rows), old]) {
      const { reader } = await database(rows, answer);
      const { items } = await reader.read();
      expect(items.slice(-3).map(({ contact, memberships }) => [contact, memberships.length])).toEqual([[600, 5], [700, 1200], [800, 0]]);
      expect(items).toHaveLength(501);
    }
  });

  it('ends on a page that is exactly full', async () => {
    const rows = Array.from({ length: 500 }, (_, index) => row(index + 1, null));
    const { reader } = await database(rows, old);
    expect((await reader.read()).items).toHaveLength(500);
  });

  it('warns when nobody at all is visible', async () => {
    const { reader } = await database([], modern([]));
    const reading = await reader.read();
    expect(reading.items).toEqual([]);
    expect(reading.warnings?.[0]).toMatch(/view all contacts/);
  });

  it('starts over when the count does not hold, and gives up after three passes', async () => {
    const rows = Array.from({ length: 10 }, (_, index) => row(index + 1, null));
    const short = { values: rows.slice(0, 9), count: 10, countFetched: 9, countMatched: 10 };
    const once = await database(rows, (page, params, request) => (request === 1 ? short : modern(rows)(page, params)));
    expect((await once.reader.read()).items).toHaveLength(10);
    const always = await database(rows, () => short);
    expect(await failure(always.reader)).toMatchObject({ code: 'SourceIncomplete' });
    expect(always.seen).toHaveLength(3);
  });

  it('refuses a server that cuts every answer at a limit of its own, when it tells the count', async () => {
    const rows = Array.from({ length: 700 }, (_, index) => row(index + 1, null));
    const { reader } = await database(rows, (page, params) => modern(rows)(page.slice(0, 25), params));
    expect((await failure(reader)).code).toBe('SourceIncomplete');
  });

  it.each([
    ['ignores the order', (page: readonly Row[]) => old([...page].reverse())],
    ['ignores the limit', () => old(Array.from({ length: 600 }, (_, index) => row(index + 1, null)))],
    ['sends the first page again and again', () => old(Array.from({ length: 500 }, (_, index) => row(index + 1, null)))],
    ['leaves the memberships out', (page: readonly Row[]) => old(page.map((each) => Object.fromEntries(Object.entries(each).filter(([key]) => !key.startsWith('m.')))))],
  ])('refuses a server that %s', async (_, answer) => {
    const rows = Array.from({ length: 10 }, (_, index) => row(index + 1, null));
    const { reader } = await database(rows, answer);
    const { code, message } = await failure(reader);
    expect(code).toBe('SourceIncomplete');
    expect(message).not.toContain('First');
  });

  it('leaves out contacts whose card is empty after all', async () => {
    const rows = [row(1, null), { ...row(2, null), 'Door_Access.card_id': null }, { ...row(3, null), 'Door_Access.card_id': '' }];
    const { reader } = await database(rows, old);
    expect((await reader.read()).items.map(({ contact }) => contact)).toEqual([1]);
  });
});
