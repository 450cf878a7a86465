import { type Context, Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { type ActionCall, type ActionContext, perform } from './actions.js';
import { ApiError } from './api-error.js';
import { authenticate } from './authentication.js';
import type { Row } from './database.js';
import type { CivicrmSeed } from './seed.js';

export interface CivicrmSite {
  readonly seed: () => CivicrmSeed;
  readonly guard: () => 'perm' | 'site_key';
  /** Everything that one call needs, at the moment it is made. */
  readonly actionContext: () => ActionContext;
  readonly errorId: () => string;
}

interface Outcome {
  readonly status: ContentfulStatusCode;
  readonly body: unknown;
}

/** Fields of the query string and of a form body. Any other body, JSON above all, is not looked at. */
async function requestFields(c: Context): Promise<ReadonlyMap<string, string>> {
  const fields = new Map(Object.entries(c.req.query()));
  const type = c.req.header('content-type') ?? '';
  if (!/^(application\/x-www-form-urlencoded|multipart\/form-data)/i.test(type)) return fields;
  for (const [name, value] of Object.entries(await c.req.parseBody())) {
    if (typeof value === 'string') fields.set(name, value);
  }
  return fields;
}

function isRecord(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws ApiError, as PHP fails on a value that is no array. */
function parseArray(text: string | undefined): Row {
  if (text === undefined || text === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  if (Array.isArray(value)) return Object.fromEntries(value.entries());
  if (!isRecord(value)) throw new ApiError(500, 'The parameters are no JSON object');
  return value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** `3`: that row; a field's name: the rows by it; `["field"]` and `{"key": "field"}`: one column, as a list or by key. */
function indexed(values: readonly Row[], index: string | undefined): unknown {
  if (index === undefined || index === '' || index === 'null') return values;
  const shape = parsed(index);
  if (typeof shape === 'number') return values.at(shape) ?? null;
  const key = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  if (Array.isArray(shape)) return values.map((row) => row[String(shape[0])]);
  if (!isRecord(shape)) return Object.fromEntries(values.map((row) => [key(row[index]), row]));
  const [by = '', column] = Object.entries(shape)[0] ?? [];
  return Object.fromEntries(values.map((row) => [key(row[by]), row[String(column)]]));
}

/** The API behind every address that a site may give it. */
export function civicrmApi(site: CivicrmSite): Hono {
  const app = new Hono();

  function failed(error: ApiError): Outcome {
    const debug = site.seed().permissions.includes('view debug output');
    const message = debug
      ? error.message
      : `Sorry an error occurred and your request was not completed. (Error ID: ${site.errorId()})`;
    return { status: error.status, body: { error_code: debug ? 0 : '1', error_message: message, status: error.status } };
  }

  function execute(call: ActionCall, index: string | undefined): Outcome {
    try {
      const { values, countMatched } = perform(call, site.actionContext());
      const body = {
        values: indexed(values, index),
        entity: call.entity,
        action: call.action,
        debug: null,
        version: 4,
        count: countMatched ?? values.length,
        countFetched: values.length,
        ...(countMatched !== undefined && { countMatched }),
      };
      return { status: 200, body };
    } catch (error) {
      if (error instanceof ApiError) return failed(error);
      throw error;
    }
  }

  /** HTTP 200 as soon as one of the calls succeeds; the errors of the others stand inside. */
  function executeAll(text: string | undefined): Outcome {
    const outcomes = Object.entries(parseArray(text)).map(([name, call]) => {
      const [entity, action, params, index] = Array.isArray(call) ? (call as readonly unknown[]) : [];
      const given = { entity: String(entity), action: String(action), params: isRecord(params) ? params : {} };
      return [name, execute(given, typeof index === 'string' ? index : JSON.stringify(index))] as const;
    });
    const succeeded = outcomes.some(([, outcome]) => outcome.status === 200);
    const named = outcomes.map(([name, outcome]) => [name, outcome.body] as const);
    const isList = named.every(([name], place) => name === String(place));
    return {
      status: succeeded ? 200 : (outcomes[0]?.[1].status ?? 200),
      body: isList ? named.map(([, body]) => body) : Object.fromEntries(named),
    };
  }

  async function answer(c: Context, entity: string, action: string): Promise<Response> {
    const fields = await requestFields(c);
    const seed = site.seed();
    const caller = authenticate(
      {
        xCiviAuth: c.req.header('x-civi-auth'),
        authorization: c.req.header('authorization'),
        authxParam: fields.get('_authx'),
        siteKey: c.req.header('x-civi-key') ?? fields.get('_authxSiteKey'),
      },
      seed,
      site.guard(),
    );
    if (caller.as === 'refused') return c.text(caller.message, 401);
    if (seed.maintenance) {
      return c.json({ status_code: 503, status_message: 'Temporarily unavailable for maintenance.' }, 503);
    }
    if (caller.as === 'anonymous') {
      const { status, body } = failed(new ApiError(403, 'Authorization failed'));
      return c.json(body, status);
    }
    // A browser can be tricked into sending Authorization, so that flow alone has to prove that a program calls.
    if (caller.flow === 'header' && c.req.header('x-requested-with')?.toLowerCase() !== 'xmlhttprequest') {
      const message = 'SECURITY ALERT: Ajax requests can only be issued by javascript clients, eg. CRM.api4().';
      return c.json({ error_code: 400, error_message: message }, 400);
    }
    if (c.req.method === 'GET' && action !== 'autocomplete' && !action.toLowerCase().startsWith('get')) {
      const message = 'SECURITY: All requests that modify the database must be http POST, not GET.';
      return c.json({ error_code: 405, error_message: message }, 405);
    }
    try {
      const outcome =
        entity === ''
          ? executeAll(fields.get('calls'))
          : execute({ entity, action, params: parseArray(fields.get('params')) }, fields.get('index'));
      return c.json(outcome.body, outcome.status);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { status, body } = failed(error);
      return c.json(body, status);
    }
  }

  app.on(['GET', 'POST'], '/civicrm/ajax/api4/:entity/:action', (c) => answer(c, c.req.param('entity'), c.req.param('action')));
  app.on(['GET', 'POST'], '/civicrm/ajax/api4', (c) => answer(c, '', ''));
  // WordPress without pretty links, and Joomla, name the route in a parameter.
  app.on(['GET', 'POST'], ['/', '/index.php', '/wp-admin/admin.php'], (c) => {
    const route = c.req.query('q') ?? c.req.query('task') ?? '';
    const [, entity = '', action = ''] = /^\/?civicrm\/ajax\/api4(?:\/(\w+)\/(\w+))?\/?$/.exec(route) ?? [undefined];
    return route.includes('civicrm/ajax/api4') ? answer(c, entity, action) : c.notFound();
  });
  app.notFound((c) => c.html('<!DOCTYPE html><html><body><h1>Page not found</h1></body></html>', 404));
  return app;
}
