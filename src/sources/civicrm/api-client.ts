import type { HttpClient } from '../../runtime/http.js';
import { judgeAnswer, type Answer } from './answer.js';

export interface CivicrmAuth {
  /** The header that carries the key. Some web servers strip `Authorization`. */
  readonly kind: 'XCiviAuth' | 'Authorization';
  readonly apiKey: string;
  readonly siteKey?: string;
}

export interface CivicrmApi {
  /** `Entity.get`, or another action that only reads. @throws TransientError, TerminalError */
  get(entity: string, params: Readonly<Record<string, unknown>>, action?: 'get' | 'getFields'): Promise<Answer>;
}

export function createCivicrmApi(http: HttpClient, apiPath: string, auth: CivicrmAuth): CivicrmApi {
  const headers = {
    Accept: 'application/json',
    // CiviCRM takes a request with Authorization for a forged one without this.
    'X-Requested-With': 'XMLHttpRequest',
    [auth.kind === 'XCiviAuth' ? 'X-Civi-Auth' : 'Authorization']: `Bearer ${auth.apiKey}`,
    ...(auth.siteKey === undefined ? {} : { 'X-Civi-Key': auth.siteKey }),
  };
  return {
    get: async (entity, params, action = 'get') => {
      const response = await http.request({
        method: 'POST',
        path: `${apiPath.replace(/\/+$/, '')}/${entity}/${action}`,
        headers,
        // A JSON body is not read at all: the query would become "everything".
        form: { params: JSON.stringify(params) },
        idempotent: true,
        answerServerErrors: true,
      });
      return judgeAnswer(response);
    },
  };
}
