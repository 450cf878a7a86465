import { connect, createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { silentLogger, type LogFields, type Logger } from '../../src/runtime/log.js';
import { startServer, type RunningServer, type ServerOptions } from '../../src/server/server.js';
import type { PlaneView } from '../../src/status/view.js';

const host = '127.0.0.1';
const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const doors: PlaneView = { plane: 'doors', ready: true, lastSuccess: '2026-11-21T12:00:30Z', reason: null, message: null };
const members: PlaneView = { plane: 'members', ready: false, lastSuccess: null, reason: 'SourceIncomplete', message: 'only for people' };

async function start(over: Partial<ServerOptions> = {}): Promise<{ server: RunningServer; url: string }> {
  const server = await startServer({
    listen: { host, port: 0 },
    metricsText: () => Promise.resolve('sexton_quarantined 2\n'),
    planes: () => [doors, members],
    running: ['doors', 'members'],
    log: silentLogger,
    ...over,
  });
  if (server === null) throw new Error('not started');
  closing.push(() => server.close());
  return { server, url: `http://${host}:${server.port}` };
}

function warnings(): { log: Logger; seen: [string, LogFields | undefined][] } {
  const seen: [string, LogFields | undefined][] = [];
  return { log: { ...silentLogger, warn: (message, fields) => seen.push([message, fields]) }, seen };
}

describe('the daemon over HTTP', () => {
  test('/healthz says that the process lives', async () => {
    const { url } = await start();
    const answer = await fetch(`${url}/healthz`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ ok: true });
  });

  test('/readyz follows both planes', async () => {
    let planes: readonly PlaneView[] = [doors, members];
    const { url } = await start({ planes: () => planes });
    const waiting = await fetch(`${url}/readyz`);
    expect(waiting.status).toBe(503);
    expect(await waiting.json()).toEqual({
      planes: {
        doors: { ready: true, lastSuccess: '2026-11-21T12:00:30Z', reason: null },
        members: { ready: false, lastSuccess: null, reason: 'SourceIncomplete' },
      },
    });
    planes = [doors, { ...members, ready: true, reason: null }];
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    planes = [doors];
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
  });

  test('/readyz asks only the planes that run', async () => {
    const { url } = await start({ running: ['doors'] });
    const answer = await fetch(`${url}/readyz`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ planes: { doors: { ready: true }, members: { ready: false, lastSuccess: null, reason: 'NotRunning' } } });
    const other = await start({ running: ['members'] });
    expect((await fetch(`${other.url}/readyz`)).status).toBe(503);
  });

  test('/metrics is Prometheus text', async () => {
    const { url } = await start();
    const answer = await fetch(`${url}/metrics`);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await answer.text()).toBe('sexton_quarantined 2\n');
  });

  test('HEAD has no body, other methods and paths say what there is', async () => {
    const { url } = await start();
    const head = await fetch(`${url}/readyz`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([503, '']);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const refused = await fetch(`${url}/metrics`, { method });
      expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    }
    for (const path of ['/', '/metrics/x', '/%2e%2e/etc/passwd', '/%']) expect((await fetch(url + path)).status).toBe(404);
  });

  test('a failure inside is a 500 and a warning, and the next request is answered', async () => {
    const { log, seen } = warnings();
    const { url } = await start({ log, metricsText: () => Promise.reject(new Error('broken')) });
    const answer = await fetch(`${url}/metrics`);
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('broken');
    expect(seen).toHaveLength(1);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  test('a busy port is a warning, never fatal', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, host, resolve));
    closing.push(() => new Promise((resolve) => other.close(resolve)));
    const { port } = other.address() as AddressInfo;
    const { log, seen } = warnings();
    expect(await startServer({ listen: { host, port }, metricsText: () => Promise.resolve(''), running: ['doors', 'members'], planes: () => [], log })).toBeNull();
    expect(seen).toEqual([['metrics server not started', expect.objectContaining({ code: 'EADDRINUSE', address: `${host}:${port}` })]]);
  });

  test('close ends at once, beside open connections and unanswered requests', async () => {
    const { server, url } = await start({ metricsText: () => new Promise(() => undefined) });
    const idle = connect(server.port, host);
    await new Promise((resolve) => idle.once('connect', resolve));
    const ended = new Promise((resolve) => idle.once('close', resolve));
    idle.on('error', () => undefined);
    await (await fetch(`${url}/healthz`)).text();
    const unanswered = fetch(`${url}/metrics`).then(() => 'answered', () => 'cut');
    const started = performance.now();
    await server.close();
    await ended;
    expect(await unanswered).toBe('cut');
    expect(performance.now() - started).toBeLessThan(2_000);
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
    await server.close();
  });
});
