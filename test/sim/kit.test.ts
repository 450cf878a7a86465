import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import https from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { X509Certificate } from 'node:crypto';
import { Hono } from 'hono';
import { afterEach, describe, expect, it } from 'vitest';
import { seedList, seedPath, seedRecord, seedText } from '../../src/sim/kit/seed-values.js';
import type { SimulatorDefinition, SimulatorOptions } from '../../src/sim/kit/simulator.js';
import { call, pick, rows, startTestSimulator, type TestSimulator } from '../support/sim.js';

/** A world with named things: what the kit does can be seen without any real API. */
const things: SimulatorDefinition = {
  kind: 'civicrm',
  defaultPort: 0,
  tls: 'optional',
  quirks: { colour: { default: 'red', allowed: ['red', 'green'] }, size: { default: '0', allowed: [/^\d+$/] } },
  create: (context) => {
    let names = new Map<string, string>();
    const read = (seed: unknown): [string, string][] =>
      seedList(seedRecord(seed, '', ['things', 'now'])['things'], 'things').map((row, index) => {
        const path = seedPath('things', index);
        const thing = seedRecord(row, path, ['id', 'name']);
        return [seedText(thing['id'], `${path}.id`), seedText(thing['name'], `${path}.name`)];
      });
    const api = new Hono();
    api.get('/things', (c) =>
      c.json({ names: [...names.values()], colour: context.quirk('colour'), now: context.now() }),
    );
    api.post('/things', async (c) => {
      names.set(String(names.size + 1), await c.req.text());
      return c.json({ ok: true });
    });
    api.all('*', (c) => c.json({ ok: true }));
    const control = new Hono();
    control.get('/count', (c) => c.json({ count: names.size }));
    return {
      load: (seed) => void (names = new Map(read(seed))),
      merge: (seed) => void (names = new Map([...names, ...read(seed)])),
      dump: () => ({ things: [...names].map(([id, name]) => ({ id, name })) }),
      api,
      control,
    };
  },
};

const running: TestSimulator[] = [];
async function start(options: Partial<SimulatorOptions> = {}): Promise<TestSimulator> {
  const simulator = await startTestSimulator(things, options);
  running.push(simulator);
  return simulator;
}
afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.close()));
});

const seed = {
  things: [
    { id: '1', name: 'bell' },
    { id: '2', name: 'candle' },
  ],
};

describe('state and seeds', () => {
  it('shows the seed with the time, replaces, merges by id and resets', async () => {
    const sim = await start({ seed, now: Date.parse('2026-11-21T10:00:00Z') });
    expect(await sim.sim('/state')).toEqual({ ...seed, now: '2026-11-21T10:00:00Z' });
    await sim.sim('/seed?merge=1', {
      things: [
        { id: '2', name: 'organ' },
        { id: '3', name: 'pew' },
      ],
    });
    expect(pick(await sim.sim('/state'), 'things')).toEqual([
      { id: '1', name: 'bell' },
      { id: '2', name: 'organ' },
      { id: '3', name: 'pew' },
    ]);
    await sim.sim('/seed', 'things:\n  - { id: 9, name: nave }\n');
    expect(pick(await sim.sim('/state'), 'things')).toEqual([{ id: '9', name: 'nave' }]);
    await sim.sim('/reset', {});
    expect(pick(await sim.sim('/state'), 'things')).toEqual(seed.things);
    expect(await sim.sim('/count')).toEqual({ count: 2 });
  });

  it('takes its own state back as a seed', async () => {
    const sim = await start({ seed });
    await sim.sim('/seed', await sim.sim('/state'));
    expect(pick(await sim.sim('/state'), 'things')).toEqual(seed.things);
  });

  it('refuses a bad seed with its path and keeps the world', async () => {
    const sim = await start({ seed });
    for (const [body, message] of [
      [{ things: [{ id: '1', name: true }] }, 'things[0].name: expected a string'],
      [{ thimgs: [] }, 'thimgs: unknown field (did you mean "things"?)'],
      ['{ [', 'neither JSON nor YAML'],
      ['', 'empty'],
    ] as const) {
      const answer = await sim.call('/_sim/seed', { method: 'POST', body });
      expect(answer.status).toBe(400);
      expect(pick(answer.json, 'error')).toContain(message);
    }
    expect(pick(await sim.sim('/state'), 'things')).toEqual(seed.things);
  });
});

describe('clock', () => {
  it('freezes, ticks and returns to real time, while the HTTP Date stays real', async () => {
    const sim = await start();
    await sim.sim('/clock', { now: '2030-01-01T00:00:00-05:00' });
    const frozen = Date.parse('2030-01-01T05:00:00Z');
    const answer = await sim.call('/things');
    expect(pick(answer.json, 'now')).toBe(frozen);
    expect(Math.abs(Date.parse(answer.headers.date ?? '') - Date.now())).toBeLessThan(60_000);
    await sim.sim('/clock', { now: '2030-01-01T05:00:00Z', run: true });
    await expect.poll(async () => pick((await sim.call('/things')).json, 'now')).toBeGreaterThan(frozen);
    await sim.sim('/clock', {});
    expect(Math.abs(Number(pick((await sim.call('/things')).json, 'now')) - Date.now())).toBeLessThan(60_000);
  });

  it('refuses an instant without a zone', async () => {
    const sim = await start();
    for (const body of [{ now: '2030-01-01T00:00:00' }, { now: 5 }, { then: '2030-01-01T00:00:00Z' }, [1]]) {
      expect((await sim.call('/_sim/clock', { method: 'POST', body })).status).toBe(400);
    }
  });
});

describe('request log', () => {
  it('logs API calls with masked tokens and no control calls', async () => {
    const sim = await start();
    await sim.sim('/state');
    await sim.call('/cards/tokens/0123456789abcd?token=secret99&page=1', {
      method: 'PUT',
      body: { token: 'abcdef77', deep: [{ api_key: 'xyz123' }], name: 'n' },
    });
    await sim.call('/form', {
      method: 'POST',
      body: 'a=1&b=2&b=3&_authx=Bearer+zzzz',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    await sim.call('/text', { method: 'POST', body: 'plain', headers: { 'content-type': 'text/plain' } });
    const log = rows(await sim.sim('/requests'));
    expect(log.map((entry) => ({ ...entry, at: undefined }))).toEqual([
      {
        at: undefined,
        seq: 1,
        method: 'PUT',
        path: '/cards/tokens/***cd',
        query: 'token=***99&page=1',
        status: 200,
        body: { token: '***77', deep: [{ api_key: '***23' }], name: 'n' },
      },
      {
        at: undefined,
        seq: 2,
        method: 'POST',
        path: '/form',
        query: '',
        status: 200,
        body: { a: '1', b: ['2', '3'], _authx: '***zz' },
      },
      { at: undefined, seq: 3, method: 'POST', path: '/text', query: '', status: 200, body: 'plain' },
    ]);
    expect(log[0]?.['at']).toMatch(/^\d{4}-.*Z$/);
    await sim.remove('/requests');
    expect(await sim.sim('/requests')).toEqual([]);
  });
});

describe('faults', () => {
  it('lets the first match act and uses it up', async () => {
    const sim = await start({ seed });
    await sim.sim('/fault', {
      match: 'GET /things\\?page=2',
      times: 2,
      status: 503,
      body: { oh: 'no' },
      headers: { 'Retry-After': 7 },
    });
    await sim.sim('/fault', { match: 'things', code: 'CODE_X', msg: 'nope' });
    expect(pick((await sim.call('/things?page=1')).json, 'code')).toBe('CODE_X');
    for (let time = 0; time < 2; time += 1) {
      const answer = await sim.call('/things?page=2');
      expect([answer.status, answer.json, answer.headers['retry-after']]).toEqual([503, { oh: 'no' }, '7']);
    }
    expect((await sim.call('/things?page=2')).status).toBe(200);
    expect(await sim.sim('/fault')).toEqual([]);
  });

  it('repeats for ever with -1 until cleared', async () => {
    const sim = await start({ seed });
    await sim.sim('/fault', { match: '^GET', times: -1, status: 500, body: '<html>oops</html>' });
    for (let time = 0; time < 3; time += 1) expect((await sim.call('/things')).text).toBe('<html>oops</html>');
    expect(pick(await sim.sim('/fault'), 0, 'times')).toBe(-1);
    await sim.remove('/fault');
    expect((await sim.call('/things')).status).toBe(200);
  });

  it.each([false, true])('resets, truncates and delays connections (tls %s)', async (tls) => {
    const sim = await start({ seed, tls });
    await sim.sim('/fault', { match: 'GET /things', reset: true });
    await expect(sim.call('/things')).rejects.toMatchObject({ code: 'ECONNRESET' });
    await sim.sim('/fault', { match: 'POST /things', truncateBytes: 3 });
    await expect(sim.call('/things', { method: 'POST', body: 'font' })).rejects.toThrow();
    expect(pick((await sim.call('/things')).json, 'names')).toEqual(['bell', 'candle', 'font']);
    await sim.sim('/fault', { match: 'GET /things', delayMs: 80 });
    const before = performance.now();
    expect((await sim.call('/things')).status).toBe(200);
    expect(performance.now() - before).toBeGreaterThanOrEqual(75);
  });

  it('announces the whole length before it cuts', async () => {
    const sim = await start({ seed, tls: true });
    const whole = (await sim.call('/things')).text.length;
    await sim.sim('/fault', { match: '/things', truncateBytes: 10 });
    const got = await new Promise<{ announced: string | undefined; bytes: number }>((resolve, reject) => {
      https
        .get(`${sim.listening}/things`, { rejectUnauthorized: false, agent: false }, (response) => {
          let bytes = 0;
          response.on('data', (chunk: Buffer) => (bytes += chunk.length));
          response.on('error', () => undefined);
          response.on('close', () => resolve({ announced: response.headers['content-length'], bytes }));
        })
        .on('error', reject);
    });
    expect(got.bytes).toBe(10);
    expect(Math.abs(Number(got.announced) - whole)).toBeLessThan(10);
  });

  it.each([
    [{ match: '(', status: 500 }, 'no regular expression'],
    [{ status: 500 }, 'match must be'],
    [{ match: 'x' }, 'exactly one of'],
    [{ match: 'x', status: 500, reset: true }, 'exactly one of'],
    [{ match: 'x', delayMs: -1 }, 'delayMs must be'],
    [{ match: 'x', times: 0, reset: true }, 'times must be'],
    [{ match: 'x', stauts: 500 }, 'unknown field stauts'],
  ])('refuses %j', async (fault, message) => {
    const sim = await start();
    const answer = await sim.call('/_sim/fault', { method: 'POST', body: fault });
    expect(answer.status).toBe(400);
    expect(pick(answer.json, 'error')).toContain(message);
  });
});

describe('start', () => {
  it('names a near quirk, an allowed value and a busy port', async () => {
    await expect(start({ quirks: { color: 'red' } })).rejects.toThrow('unknown quirk "color" (did you mean "colour"?)');
    await expect(start({ quirks: { colour: 'blue' } })).rejects.toThrow('allowed: red, green');
    await expect(start({ quirks: { size: 'big' } })).rejects.toMatchObject({ code: 'QuirkValue' });
    const sim = await start({ quirks: { colour: 'green', size: '12' } });
    expect(pick((await sim.call('/things')).json, 'colour')).toBe('green');
    await expect(start({ port: Number(new URL(sim.listening).port) })).rejects.toMatchObject({ code: 'PortInUse' });
  });

  it('serves a certificate that its authority vouches for, and writes the authority to a file', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'sexton-kit-'));
    const caFile = join(directory, 'ca.pem');
    try {
      const sim = await start({ tls: true, caFile, seed });
      expect(existsSync(caFile)).toBe(true);
      const ca = readFileSync(caFile, 'utf8');
      const seen = await new Promise<{ status: number; fingerprint: string }>((resolve, reject) => {
        https
          .get(`${sim.listening}/things`, { ca, agent: false }, (response) => {
            if (!(response.socket instanceof TLSSocket)) throw new Error('no TLS');
            const { raw } = response.socket.getPeerCertificate();
            resolve({ status: response.statusCode ?? 0, fingerprint: new X509Certificate(raw).fingerprint256 });
            response.resume();
          })
          .on('error', reject);
      });
      expect(seen).toEqual({ status: 200, fingerprint: sim.fingerprint });
      await expect(call(sim.listening.replace('127.0.0.1', 'localhost') + '/things')).resolves.toMatchObject({
        status: 200,
      });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('ends kept connections, half-sent requests and held answers at once', async () => {
    const sim = await start();
    await sim.call('/things');
    const half = connect(Number(new URL(sim.listening).port), '127.0.0.1');
    const ended = new Promise((resolve) => half.on('close', resolve).on('error', () => undefined));
    half.write('POST /things HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf');
    await sim.sim('/fault', { match: 'slow', delayMs: 3_000_000 });
    const held = sim.call('/slow').catch((error: unknown) => error);
    await expect.poll(async () => rows(await sim.sim('/requests')).length).toBe(2);
    const before = performance.now();
    await sim.close();
    await Promise.all([held, ended]);
    expect(performance.now() - before).toBeLessThan(1_000);
  });
});
