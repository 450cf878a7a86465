import { Hono } from 'hono';
import { parse } from 'yaml';
import { ControlError, controlRecord, type FaultList } from './faults.js';
import type { RequestLog } from './request-log.js';
import { formatInstant, parseInstant, type SimulatedClock } from './simulated-clock.js';
import { SeedError, type SimulatorWorld } from './simulator.js';

export interface ControlParts {
  readonly world: SimulatorWorld;
  readonly clock: SimulatedClock;
  readonly faults: FaultList;
  readonly requests: RequestLog;
  /** Back to the seed given at start. */
  readonly reset: () => void;
}

function parseBody(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // YAML, then. Every JSON text is YAML, but reading a large one as YAML takes seconds.
  }
  try {
    return parse(text) as unknown;
  } catch (error) {
    throw new ControlError(
      `the body is neither JSON nor YAML: ${error instanceof Error ? error.message : 'unreadable'}`,
    );
  }
}

function setClock(clock: SimulatedClock, value: unknown): void {
  const body = controlRecord(value ?? {}, ['now', 'run'], 'clock');
  const run = body['run'] ?? false;
  if (typeof run !== 'boolean') throw new ControlError('clock: run must be true or false');
  if (body['now'] === undefined) {
    if (body['run'] === undefined) clock.real();
    else if (run) clock.run(clock.now());
    else clock.freeze(clock.now());
    return;
  }
  const instant = parseInstant(body['now']);
  if (instant === undefined) throw new ControlError('clock: now must be an instant such as 2026-11-21T18:00:00Z');
  if (run) clock.run(instant);
  else clock.freeze(instant);
}

/** Everything under `/_sim`: no token, not in the request log. `world.control` names its routes without that prefix. */
export function controlPlane(parts: ControlParts): Hono {
  const { world, clock, faults, requests, reset } = parts;
  const app = new Hono();
  const time = (): Record<string, unknown> => ({ now: formatInstant(clock.now()), mode: clock.mode });

  app.get('/state', (c) => c.json({ ...world.dump(), now: formatInstant(clock.now()) }));
  app.get('/requests', (c) => c.json(requests.list()));
  app.delete('/requests', (c) => {
    requests.clear();
    return c.json([]);
  });
  app.post('/seed', async (c) => {
    const merge = c.req.query('merge');
    const seed = parseBody(await c.req.text());
    if (seed === undefined) throw new ControlError('seed: the body is empty');
    if (merge === '1' || merge === 'true') world.merge(seed);
    else world.load(seed);
    return c.json({ ok: true });
  });
  app.post('/reset', (c) => {
    reset();
    return c.json({ ok: true });
  });
  app.get('/clock', (c) => c.json(time()));
  app.post('/clock', async (c) => {
    setClock(clock, parseBody(await c.req.text()));
    return c.json(time());
  });
  app.get('/fault', (c) => c.json(faults.list()));
  app.post('/fault', async (c) => {
    faults.add(parseBody(await c.req.text()));
    return c.json(faults.list());
  });
  app.delete('/fault', (c) => {
    faults.clear();
    return c.json([]);
  });
  if (world.control !== undefined) app.route('/', world.control);

  const root = new Hono();
  root.route('/_sim', app);
  root.notFound((c) => c.json({ error: `no control call ${c.req.method} ${c.req.path}` }, 404));
  root.onError((error, c) => {
    const asked = error instanceof ControlError || error instanceof SeedError;
    return c.json({ error: error.message }, asked ? 400 : 500);
  });
  return root;
}
