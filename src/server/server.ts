import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { errorCode, errorMessage } from '../runtime/errors.js';
import type { Logger } from '../runtime/log.js';
import type { Plane, PlaneView } from '../status/view.js';

export interface ServerOptions {
  /** Port 0: any free one. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly metricsText: () => Promise<string>;
  readonly planes: () => readonly PlaneView[];
  /** The planes of this process: the others do not keep it from being ready. */
  readonly running: readonly Plane[];
  readonly log: Logger;
}

export interface RunningServer {
  readonly port: number;
  /** Ends at once, with whatever connections there are. */
  close(): Promise<void>;
}

/**
 * `/healthz`, `/readyz` and `/metrics`. Null, after a warning, when it cannot listen: the doors matter more than who
 * looks at them. @throws never
 */
export async function startServer(options: ServerOptions): Promise<RunningServer | null> {
  const { listen, log } = options;
  // Plain HTTP, as no other factory is given: the type covers HTTP/2 as well.
  const server = createAdaptorServer({ fetch: routes(options).fetch, overrideGlobalObjects: false }) as Server;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(listen.port, listen.host, resolve);
    });
  } catch (error) {
    const code = errorCode(error);
    const remedy = code === 'EADDRINUSE' ? 'another program has this port: stop it, or give server.listen another one' : 'is the address one of this machine?';
    log.warn('metrics server not started', { address: `${listen.host}:${listen.port}`, code, remedy });
    return null;
  }
  server.removeAllListeners('error');
  server.on('error', (error) => log.warn('metrics server failed', { code: errorCode(error), error: errorMessage(error) }));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function routes({ metricsText, planes, running, log }: ServerOptions): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    c.header('Cache-Control', 'no-store');
  });
  app.get('/healthz', (c) => c.json({ ok: true }));
  app.get('/readyz', (c) => {
    const views = planes();
    const of = (plane: Plane): Readiness => (running.includes(plane) ? readiness(plane, views) : notRunning);
    const found = { doors: of('doors'), members: of('members') };
    return c.json({ planes: found }, running.every((plane) => found[plane].ready) ? 200 : 503);
  });
  app.get('/metrics', async (c) => c.body(await metricsText(), 200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' }));
  app.on(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'], ['/healthz', '/readyz', '/metrics'], (c) =>
    c.json({ error: 'only GET and HEAD are answered here' }, 405, { Allow: 'GET, HEAD' }),
  );
  app.notFound((c) => c.json({ error: 'not found: there are /healthz, /readyz and /metrics' }, 404));
  app.onError((error, c) => {
    log.warn('metrics server could not answer', { path: c.req.path, code: errorCode(error), error: errorMessage(error) });
    return c.json({ error: 'internal error; the log says more' }, 500);
  });
  return app;
}

type Readiness = Pick<PlaneView, 'ready' | 'lastSuccess' | 'reason'>;

/** Left out with `run --plane`. */
const notRunning: Readiness = { ready: false, lastSuccess: null, reason: 'NotRunning' };

function readiness(plane: Plane, views: readonly PlaneView[]): Readiness {
  const view = views.find((each) => each.plane === plane);
  return { ready: view?.ready ?? false, lastSuccess: view?.lastSuccess ?? null, reason: view === undefined ? 'Reconciling' : view.reason };
}
