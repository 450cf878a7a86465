import { type Context, Hono } from 'hono';
import { parseMultipart } from '../kit/multipart.js';
import type { SimulatorContext } from '../kit/simulator.js';
import { ApiError, invalid, noManZoneBody, NoManZone, type Success } from './envelope.js';
import type { ControllerState } from './state.js';

/** What an endpoint works with. The state is asked for anew on every call: a seed replaces it. */
export interface Site extends SimulatorContext {
  readonly state: ControllerState;
}

export type Body = Readonly<Record<string, unknown>>;

export interface Call {
  param(name: string): string;
  query(name: string): string | undefined;
  queries(name: string): readonly string[];
  /** @throws ApiError when the body is no JSON object */
  body(): Promise<Body>;
  /** @throws ApiError when the body is no JSON list of strings */
  list(): Promise<readonly string[]>;
  /** The text of an uploaded file. @throws ApiError */
  file(name: string): Promise<string>;
}

type Area = 'user' | 'policy' | 'credential' | 'space' | 'device' | 'system_log' | 'webhook';
type Scope = `${'view' | 'edit'}:${Area}`;

export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly scope: Scope;
  readonly handle: (site: Site, call: Call) => Success | Promise<Success>;
}

const bases = ['/api/v1/developer', '/proxy/access/integration/v1/developer'] as const;

function hasScope(scopes: readonly string[], scope: Scope): boolean {
  return scopes.includes('*') || scopes.includes(scope) || scopes.includes(scope.replace('view:', 'edit:'));
}

/** @throws ApiError: 401 for an unknown token, 403 for a missing scope */
function authorize(state: ControllerState, c: Context, base: string, scope: Scope): void {
  // The path behind UniFi OS passes on X-API-KEY only.
  const bearer = base.startsWith('/proxy')
    ? undefined
    : /^Bearer\s+(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
  const scopes = state.tokens.get(bearer ?? c.req.header('x-api-key') ?? '');
  if (scopes === undefined) throw new ApiError('CODE_AUTH_FAILED', 'Authentication failed.', 401);
  if (!hasScope(scopes, scope)) {
    throw new ApiError('CODE_UNAUTHORIZED', 'You do not have permission to perform this action.', 403);
  }
}

async function json(c: Context): Promise<unknown> {
  try {
    return (await c.req.json()) as unknown;
  } catch {
    throw invalid('The body is no JSON.');
  }
}

function toCall(c: Context): Call {
  return {
    param: (name) => c.req.param(name) ?? '',
    query: (name) => c.req.query(name),
    queries: (name) => [...(c.req.queries(name) ?? []), ...(c.req.queries(`${name}[]`) ?? [])],
    body: async () => {
      const value = await json(c);
      if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('The body is no object.');
      return Object.fromEntries(Object.entries(value));
    },
    list: async () => {
      const value = await json(c);
      if (!Array.isArray(value) || !value.every((item) => typeof item === 'string'))
        throw invalid('The body is no list of ids.');
      return value;
    },
    file: async (name) => {
      const type = c.req.header('content-type') ?? '';
      if (!/^multipart\/form-data/i.test(type)) throw invalid('The body is no multipart/form-data.');
      const parts = await parseMultipart(Buffer.from(await c.req.arrayBuffer()), type).catch(() => []);
      const file = parts.find((part) => part.name === name && part.filename !== undefined);
      if (file === undefined) throw invalid(`The file "${name}" is missing.`);
      return file.value;
    },
  };
}

/** The developer API under both of its base paths: routing, tokens, envelope. */
export function developerApi(site: Site, endpoints: readonly Endpoint[]): Hono {
  const app = new Hono();
  const businessStatus = site.quirk('business-error-status') === '400' ? 400 : 200;
  const noManZoneStatus = site.quirk('unknown-path-status') === '200' ? 200 : 404;
  for (const base of bases) {
    for (const { method, path, scope, handle } of endpoints) {
      app.on(method, base + path, async (c) => {
        authorize(site.state, c, base, scope);
        return c.json({ code: 'SUCCESS', ...(await handle(site, toCall(c))), msg: 'success' });
      });
    }
  }
  app.notFound((c) => c.json(noManZoneBody, noManZoneStatus));
  app.onError((error, c) => {
    if (error instanceof NoManZone) return c.json(noManZoneBody, noManZoneStatus);
    if (!(error instanceof ApiError))
      return c.json({ code: 'CODE_SYSTEM_ERROR', msg: 'Server system error.', data: null }, 500);
    const status = error.status === 401 || error.status === 403 ? error.status : businessStatus;
    return c.json({ code: error.code, msg: error.message, data: null }, status);
  });
  return app;
}
