import { errorCode, TerminalError, TransientError } from '../../runtime/errors.js';
import type { HttpClient, HttpResponse } from '../../runtime/http.js';

export type PlanningCenterAuth =
  | { readonly kind: 'PersonalAccessToken'; readonly appId: string; readonly secret: string }
  | { readonly kind: 'OAuth'; readonly accessToken: string };

export type Query = readonly (readonly [string, string])[];

/** Reads `/calendar/v2`. @throws TransientError, TerminalError, each with a remedy; never a name or a token */
export interface CalendarApi {
  /** The body of a 200. */
  get(path: string, query?: Query): Promise<string>;
  /** As `get`, but null for what does not exist. */
  find(path: string, query?: Query): Promise<string | null>;
}

// Attribute names and meanings changed between the dated versions; without the header the application's own default applies.
const apiVersion = '2022-07-07';

export function createCalendarApi(http: HttpClient, auth: PlanningCenterAuth): CalendarApi {
  const headers = {
    Accept: 'application/json',
    Authorization: authorization(auth),
    'X-PCO-API-Version': apiVersion,
  };

  async function request(path: string, query: Query): Promise<HttpResponse> {
    return http.request({ method: 'GET', path: `/calendar/v2${path}`, query, headers });
  }

  return {
    get: async (path, query = []) => judge(await request(path, query), auth),
    find: async (path, query = []) => {
      const response = await request(path, query);
      return response.status === 404 ? null : judge(response, auth);
    },
  };
}

/** True for a server that fails on a question, not on us: a simpler question may be answered. */
export function isRefusedQuestion(error: unknown): boolean {
  return ['ServerError', 'BadRequest'].includes(errorCode(error));
}

function authorization(auth: PlanningCenterAuth): string {
  if (auth.kind === 'OAuth') return `Bearer ${auth.accessToken}`;
  return `Basic ${Buffer.from(`${auth.appId}:${auth.secret}`).toString('base64')}`;
}

function judge(response: HttpResponse, auth: PlanningCenterAuth): string {
  const { status, body } = response;
  if (status === 200) return body;
  if (status === 401) {
    const check =
      auth.kind === 'OAuth'
        ? 'PCO_ACCESS_TOKEN (access tokens expire after about two hours)'
        : 'PCO_APP_ID and PCO_SECRET (a personal access token dies with the person or the application that made it)';
    throw new TerminalError(`Planning Center refused the credentials (401): check ${check}.`, { code: 'Unauthorized' });
  }
  if (status === 403) {
    throw new TerminalError(
      'Planning Center refuses access to Calendar (403): the person behind the token needs a Calendar permission, an OAuth token the scope "calendar".',
      { code: 'Forbidden' },
    );
  }
  if (status === 404) {
    throw new TerminalError('Planning Center has no Calendar API at this address (404): check planningCenter.url.', { code: 'NotFound' });
  }
  if (status >= 500) throw new TransientError(`Planning Center failed (${status}).`, { code: 'ServerError' });
  throw new TerminalError(`Planning Center refused a query (${status}).`, { code: 'BadRequest' });
}
