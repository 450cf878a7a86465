import { inspect } from 'node:util';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:https';
import type { RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/runtime/clock.js';
import { systemClock } from '../../src/runtime/clock.js';
import { ConfigurationError, TerminalError, TransientError } from '../../src/runtime/errors.js';
import { createHttpClient } from '../../src/runtime/http-client.js';
import type { HttpClientOptions } from '../../src/runtime/http-client.js';
import type { HttpClient, HttpObservation } from '../../src/runtime/http.js';
import { silentLogger } from '../../src/runtime/log.js';
import type { ServerCertificate } from '../../src/sim/kit/certificate.js';
import { makeCertificate } from '../../src/sim/kit/certificate.js';
import { bodyOf, listen, serve, serveTls } from './http-server.js';
import type { TestServer } from './http-server.js';

const token = 'very-secret-token-0123';
const cleanup: (() => unknown)[] = [];
const names = { authority: 'UniFi-Access-CA', server: 'unifi.local' };
const right: ServerCertificate = makeCertificate(names);
const wrong: ServerCertificate = makeCertificate(names);

afterEach(async () => {
  for (const end of cleanup.splice(0).reverse()) await end();
});

function kept(server: TestServer): TestServer {
  cleanup.push(() => server.close());
  return server;
}

function client(baseUrl: string, options: Partial<HttpClientOptions> = {}): HttpClient {
  const result = createHttpClient({
    baseUrl,
    clock: systemClock,
    log: silentLogger,
    defaultHeaders: { authorization: `Bearer ${token}` },
    ...options,
  });
  cleanup.push(() => {
    result.close();
  });
  return result;
}

async function failure(promise: Promise<unknown>): Promise<TransientError | TerminalError> {
  const error: unknown = await promise.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  if (error instanceof TransientError || error instanceof TerminalError) return error;
  throw error instanceof Error ? error : new Error(String(error));
}

/** Time moves only when told; `waiting` says how many timers there are. */
function manualClock(): Clock & { advance(ms: number): void; waiting(): number } {
  let time = 0;
  let timers: { readonly at: number; readonly fire: () => void }[] = [];
  return {
    now: () => 1_800_000_000_000 + time,
    monotonic: () => time,
    after(ms, fire) {
      const timer = { at: time + ms, fire };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    advance(ms) {
      time += ms;
      const due = timers.filter(({ at }) => at <= time);
      timers = timers.filter(({ at }) => at > time);
      for (const { fire } of due) fire();
    },
    waiting: () => timers.length,
  };
}

/** Whoever waits is woken at once. */
const impatientClock: Clock = { ...systemClock, after: (_ms, fire) => systemClock.after(0, fire) };

describe('requests and answers', () => {
  it('sends JSON, forms and multipart with the default headers, and answers 4xx as it is', async () => {
    const seen: { method: string | undefined; url: string | undefined; type: string; auth: string | undefined; body: string }[] = [];
    const server = kept(
      await serve((request, response) => {
        void bodyOf(request).then((body) => {
          const { method, url, headers } = request;
          seen.push({ method, url, type: headers['content-type'] ?? '', auth: headers.authorization, body });
          response.writeHead(418, { 'X-Thing': 'yes' }).end('short and stout');
        });
      }),
    );
    const http = client(`${server.url}/api/v1/`);
    const answer = await http.request({ method: 'PUT', path: '/users/a%20b', query: [['page', '1'], ['expand[]', 'x&y']], json: { a: 1 } });
    await http.request({ method: 'POST', path: '/form', form: { params: '{"a":"ü"}' } });
    await http.request({
      method: 'POST',
      path: '/import',
      multipart: { field: 'file', filename: 'cards.csv', contentType: 'text/csv', content: '2A1234,sync-04660\n' },
    });
    expect(answer).toMatchObject({ status: 418, body: 'short and stout', headers: { 'x-thing': 'yes' } });
    expect(seen[0]).toMatchObject({
      method: 'PUT', url: '/api/v1/users/a%20b?page=1&expand%5B%5D=x%26y', body: '{"a":1}', auth: `Bearer ${token}`,
    });
    expect(seen[1]?.type).toContain('application/x-www-form-urlencoded');
    expect(new URLSearchParams(seen[1]?.body).get('params')).toBe('{"a":"ü"}');
    expect(seen[2]?.type).toContain('multipart/form-data');
    expect(seen[2]?.body).toContain('name="file"; filename="cards.csv"');
    expect(seen[2]?.body).toContain('Content-Type: text/csv');
    expect(seen[2]?.body).toContain('2A1234,sync-04660\n');
  });

  it('keeps at most `concurrency` requests in flight', async () => {
    const open: ServerResponse[] = [];
    let most = 0;
    const server = kept(await serve((_request, response) => (most = Math.max(most, open.push(response)))));
    const http = client(server.url, { concurrency: 2 });
    const all = Promise.all(Array.from({ length: 8 }, (_, n) => http.request({ method: 'GET', path: `/${n}` })));
    for (let round = 0; round < 4; round += 1) {
      await expect.poll(() => open.length).toBe(2);
      for (const response of open.splice(0)) response.end('ok');
    }
    await all;
    expect(most).toBe(2);
  });

  it('remembers the Date of the newest answer and reports every attempt', async () => {
    const seen: HttpObservation[] = [];
    const server = kept(await serve((_request, response) => response.writeHead(200, { Date: 'Sat, 21 Nov 2026 10:00:00 GMT' }).end()));
    const http = client(server.url, { observe: (observation) => seen.push(observation) });
    expect(http.lastDate()).toBeNull();
    await http.request({ method: 'GET', path: '/' });
    expect(http.lastDate()?.date).toBe(Date.parse('2026-11-21T10:00:00Z'));
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ host: new URL(server.url).host, method: 'GET', code: '200' });
    expect(seen[0]?.seconds).toBeGreaterThan(0);
  });

  it('refuses a body beyond the limit without reading on', async () => {
    let destroyed = false;
    const server = kept(
      await serve((_request, response) => {
        response.on('close', () => (destroyed = true));
        const chunk = Buffer.alloc(64 * 1024);
        const push = (): void => {
          while (!destroyed && response.write(chunk));
          response.once('drain', push);
        };
        push();
      }),
    );
    const error = await failure(client(server.url, { maxBodyBytes: 500_000 }).request({ method: 'GET', path: '/' }));
    expect(error).toMatchObject({ name: 'TransientError', code: 'BodyTooLarge' });
    await expect.poll(() => destroyed).toBe(true);
  });
});

describe('retries', () => {
  it('repeats reads after a 503, never writes', async () => {
    const seen: string[] = [];
    const server = kept(
      await serve((request, response) => {
        seen.push(String(request.method));
        response.writeHead(seen.filter((method) => method === request.method).length < 3 ? 503 : 200).end('ok');
      }),
    );
    const http = client(server.url, { clock: impatientClock });
    await expect(http.request({ method: 'GET', path: '/' })).resolves.toMatchObject({ status: 200 });
    expect(await failure(http.request({ method: 'PUT', path: '/' }))).toMatchObject({ name: 'TransientError', code: 'ServerError' });
    await expect(http.request({ method: 'POST', path: '/', idempotent: true })).resolves.toMatchObject({ status: 200 });
    expect(seen).toEqual(['GET', 'GET', 'GET', 'PUT', 'POST', 'POST', 'POST']);
  });

  it('answers a 5xx to who asks for it', async () => {
    const server = kept(await serve((_request, response) => response.writeHead(500).end('{"code":"CODE_SYSTEM_ERROR"}')));
    const answer = await client(server.url).request({ method: 'PUT', path: '/', answerServerErrors: true });
    expect(answer).toMatchObject({ status: 500, body: '{"code":"CODE_SYSTEM_ERROR"}' });
  });

  it('says what to look at where nothing listens', async () => {
    const server = await serve((_request, response) => response.end());
    await server.close();
    const refused = client(server.url, { clock: impatientClock }).request({ method: 'POST', path: '/x' });
    expect(await failure(refused)).toMatchObject({ code: 'ConnectionFailed', message: expect.stringMatching(/ECONNREFUSED.*: check that it runs, and the url in the configuration\.$/) as string });
  });

  it('repeats a read whose connection broke, and says ConnectionFailed for a write', async () => {
    let count = 0;
    const server = kept(
      await serve((request, response) => {
        count += 1;
        if (count === 1 || request.method !== 'GET') request.socket.destroy();
        else response.end('ok');
      }),
    );
    const http = client(server.url, { clock: impatientClock });
    await expect(http.request({ method: 'GET', path: '/' })).resolves.toMatchObject({ body: 'ok' });
    expect(await failure(http.request({ method: 'DELETE', path: '/x' }))).toMatchObject({ name: 'TransientError', code: 'ConnectionFailed' });
    expect(count).toBe(3);
  });

  it('gives up on a silent server', async () => {
    const server = kept(await serve(() => undefined));
    const error = await failure(client(server.url, { timeoutMs: 80 }).request({ method: 'PUT', path: '/' }));
    expect(error).toMatchObject({ name: 'TransientError', code: 'Timeout' });
  });

  it('pauses the whole client for the time a 429 asks for', async () => {
    const clock = manualClock();
    const seen: string[] = [];
    const server = kept(
      await serve((request, response) => {
        seen.push(String(request.url));
        if (seen.length === 1) response.writeHead(429, { 'Retry-After': '7' }).end();
        else response.end('ok');
      }),
    );
    const http = client(server.url, { clock, concurrency: 1 });
    const first = http.request({ method: 'GET', path: '/first' });
    const second = http.request({ method: 'PUT', path: '/second' });
    await expect.poll(() => clock.waiting()).toBe(1);
    clock.advance(6999);
    expect(seen).toEqual(['/first']);
    clock.advance(1);
    await Promise.all([first, second]);
    expect(seen).toEqual(['/first', '/first', '/second']);
  });

  it('throws a 429 of a write with retryAfter and stays paused; dates count from the answer, 60 s at most', async () => {
    const clock = manualClock();
    const seen: string[] = [];
    const date = new Date('2026-11-21T10:00:00Z');
    const server = kept(
      await serve((request, response) => {
        seen.push(String(request.url));
        const retryAfter = new Date(date.getTime() + (request.url === '/far' ? 3_600_000 : 5000)).toUTCString();
        if (request.method === 'PUT') response.writeHead(429, { Date: date.toUTCString(), 'Retry-After': retryAfter }).end();
        else response.end('ok');
      }),
    );
    const http = client(server.url, { clock });
    expect(await failure(http.request({ method: 'PUT', path: '/near' }))).toMatchObject({
      name: 'TransientError', code: 'TooManyRequests', retryAfter: 5000,
    });
    const read = http.request({ method: 'GET', path: '/read' });
    clock.advance(4999);
    expect(seen).toEqual(['/near']);
    clock.advance(1);
    await read;
    expect(await failure(http.request({ method: 'PUT', path: '/far' }))).toMatchObject({ retryAfter: 60_000 });
    expect(seen).toEqual(['/near', '/read', '/far']);
  });
});

describe('what is never done', () => {
  it('follows no redirect and names only the target host', async () => {
    let reached = 0;
    const server = kept(
      await serve((request, response) => {
        reached += 1;
        const location = request.url === '/relative' ? '/login?ticket=42' : 'https://evil.example:8443/login?ticket=42';
        response.writeHead(302, { Location: location }).end();
      }),
    );
    const http = client(server.url);
    const error = await failure(http.request({ method: 'GET', path: '/a' }));
    expect(error).toMatchObject({ name: 'TerminalError', code: 'Redirect' });
    expect(error.message).toContain('evil.example:8443');
    expect(error.message).not.toContain('ticket');
    expect((await failure(http.request({ method: 'GET', path: '/relative' }))).message).toContain(new URL(server.url).host);
    expect(reached).toBe(2);
  });

  it.each(['http://192.0.2.7', 'http://127.0.0.1.example.org', 'http://[::ffff:127.0.0.1]', 'http://localhost.example'])(
    'sends no cleartext to %s',
    async (url) => {
      const error = await failure(client(url).request({ method: 'GET', path: '/' }));
      expect(error).toMatchObject({ name: 'TerminalError', code: 'CleartextRefused' });
    },
  );

  it('cannot be led to another host by a path', async () => {
    const server = kept(await serve((request, response) => response.end(request.url)));
    const http = client(server.url);
    for (const path of ['@evil.example/x', '//evil.example/x', '/\\evil.example']) {
      expect((await http.request({ method: 'GET', path })).body).toContain('evil.example');
    }
  });

  it('shows no secret in an error, its cause, its stack or its inspection', async () => {
    const server = kept(await serve((request) => request.socket.destroy()));
    const http = client(server.url, { secrets: ['pass phrase/1'] });
    const errors = await Promise.all([
      failure(http.request({ method: 'PUT', path: `/x/${token}/pass%20phrase%2F1`, json: { pin: 'body-secret' } })),
      failure(client('https://127.0.0.1:1').request({ method: 'PUT', path: '/' })),
    ]);
    for (const error of errors) {
      expect(error.cause).toBeInstanceOf(Error);
      expect(Object.keys(error.cause as Error)).toEqual(['code']);
      const everything = inspect(error, { depth: 10, showHidden: true }) + String(error.stack);
      for (const secret of [token, 'pass phrase/1', 'pass%20phrase%2F1', 'body-secret', 'Bearer']) expect(everything).not.toContain(secret);
    }
  });

  it('refuses unreadable settings at once', () => {
    expect(() => client('ftp://x')).toThrow(ConfigurationError);
    expect(() => client('nonsense')).toThrow(ConfigurationError);
    expect(() => client('https://user:pw@x')).toThrow(ConfigurationError);
    expect(() => client('https://x', { tls: { fingerprint: 'AB:CD' } })).toThrow(ConfigurationError);
    expect(() => client('https://x', { tls: { caFile: '/nonexistent/ca.pem' } })).toThrow(/ca\.pem/);
  });
});

describe('TLS', () => {
  it('accepts the pinned certificate, with or without colons, in any case', async () => {
    const server = kept(await serveTls(right, (_request, response) => response.end('ok')));
    for (const fingerprint of [right.fingerprint, right.fingerprint.toLowerCase(), right.fingerprint.replaceAll(':', ''), `sha256:${right.fingerprint}`]) {
      await expect(client(server.url, { tls: { fingerprint } }).request({ method: 'GET', path: '/' })).resolves.toMatchObject({ body: 'ok' });
    }
  });

  it('sends nothing to another certificate and names both', async () => {
    let bytes = 0;
    const server = kept(await serveTls(wrong, (_request, response) => response.end('ok')));
    server.server.on('secureConnection', (socket: TLSSocket) => {
      socket.on('data', (chunk: Buffer) => (bytes += chunk.length));
    });
    const http = client(server.url, { tls: { fingerprint: right.fingerprint } });
    const error = await failure(http.request({ method: 'GET', path: '/' }));
    expect(error).toMatchObject({ name: 'TerminalError', code: 'FingerprintMismatch' });
    expect(error.message).toContain(right.fingerprint);
    expect(error.message).toContain(wrong.fingerprint);
    expect(bytes).toBe(0);
  });

  it('gives no token to a stranger who takes over after the first connection', async () => {
    const tokens: string[] = [];
    const closeAfter: RequestListener = (request, response) => {
      tokens.push(`right ${String(request.headers.authorization)}`);
      response.writeHead(200, { Connection: 'close' }).end('ok');
    };
    // Shared ticket keys: a resumed session would skip the certificate, so the stranger offers one.
    const ticketKeys = Buffer.alloc(48, 7);
    const real = kept(await listen(createServer({ key: right.key, cert: right.chain, ticketKeys }, closeAfter), 'https'));
    const http = client(real.url, { tls: { fingerprint: right.fingerprint } });
    await http.request({ method: 'GET', path: '/' });
    const port = Number(new URL(real.url).port);
    real.server.closeAllConnections();
    await new Promise((done) => real.server.close(done));
    cleanup.splice(cleanup.length - 2, 1);
    const stranger = createServer({ key: wrong.key, cert: wrong.chain, ticketKeys }, (request, response) => {
      tokens.push(`stranger ${String(request.headers.authorization)}`);
      response.end('ok');
    });
    await new Promise<void>((done) => stranger.listen(port, '127.0.0.1', done));
    cleanup.push(() => new Promise((done) => stranger.close(done)));
    expect(await failure(http.request({ method: 'GET', path: '/' }))).toMatchObject({ code: 'FingerprintMismatch' });
    expect(await failure(http.request({ method: 'PUT', path: '/' }))).toMatchObject({ code: 'FingerprintMismatch' });
    expect(tokens).toEqual([`right Bearer ${token}`]);
  });

  it('uses one connection for many requests', async () => {
    const sockets = new Set<Socket>();
    const server = kept(await serveTls(right, (request, response) => response.end(String(sockets.add(request.socket).size))));
    const http = client(server.url, { tls: { fingerprint: right.fingerprint }, concurrency: 1 });
    for (let n = 0; n < 5; n += 1) await http.request({ method: 'GET', path: '/' });
    expect(sockets.size).toBe(1);
  });

  it('survives a handshake that never ends', async () => {
    const { createServer: createTcp } = await import('node:net');
    const sockets: Socket[] = [];
    const silent = createTcp((socket) => sockets.push(socket));
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    cleanup.push(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const { port } = silent.address() as { port: number };
    const http = client(`https://127.0.0.1:${port}`, { tls: { fingerprint: right.fingerprint }, timeoutMs: 80 });
    expect(await failure(http.request({ method: 'PUT', path: '/' }))).toMatchObject({ code: 'Timeout' });
  });

  it('trusts only the given authority', async () => {
    const server = kept(await serveTls(right, (_request, response) => response.end('ok')));
    const directory = await mkdtemp(join(tmpdir(), 'sexton-ca-'));
    cleanup.push(() => rm(directory, { recursive: true }));
    const caFile = join(directory, 'ca.pem');
    await writeFile(caFile, right.ca);
    await expect(client(server.url, { tls: { caFile } }).request({ method: 'GET', path: '/' })).resolves.toMatchObject({ body: 'ok' });
    const error = await failure(client(server.url, { tls: { ca: wrong.ca } }).request({ method: 'GET', path: '/' }));
    expect(error).toMatchObject({ name: 'TransientError', code: 'CertificateRefused' });
    expect(await failure(client(server.url).request({ method: 'GET', path: '/' }))).toMatchObject({ code: 'CertificateRefused' });
  });
});

describe('close', () => {
  it('ends what waits and what runs with Closed', async () => {
    let reached = 0;
    const server = kept(await serve(() => (reached += 1)));
    const http = client(server.url, { concurrency: 1 });
    const requests = [1, 2, 3].map((n) => failure(http.request({ method: 'GET', path: `/${n}` })));
    await expect.poll(() => reached).toBe(1);
    http.close();
    for (const error of await Promise.all(requests)) expect(error).toMatchObject({ name: 'TransientError', code: 'Closed' });
    expect(await failure(http.request({ method: 'GET', path: '/later' }))).toMatchObject({ code: 'Closed' });
    expect(reached).toBe(1);
  });
});
