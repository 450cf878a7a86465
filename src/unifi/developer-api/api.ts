import { TerminalError } from '../../runtime/errors.js';
import type { HttpClient, HttpRequest } from '../../runtime/http.js';
import type { Answer, Scope } from './envelope.js';
import { openEnvelope } from './envelope.js';

export interface ApiCall extends Pick<HttpRequest, 'method' | 'path' | 'query' | 'multipart' | 'leaving'> {
  readonly scope: Scope;
  /** A function is asked when the request leaves. */
  readonly json?: Readonly<Record<string, unknown>> | (() => Readonly<Record<string, unknown>>);
}

export interface DeveloperApi {
  /** @throws TransientError, TerminalError as `openEnvelope` and `HttpClient` say */
  call(call: ApiCall): Promise<Answer>;
}

/** An id as one path segment. @throws TerminalError InvalidId for one that would name another path */
export function segment(id: string): string {
  if (id === '' || id === '.' || id === '..') {
    throw new TerminalError('An empty id would name another object of UniFi; nothing was sent.', { code: 'InvalidId' });
  }
  return encodeURIComponent(id);
}

export function createApi(http: HttpClient): DeveloperApi {
  return {
    async call({ scope, json, ...request }) {
      const response = await http.request({
        ...request,
        ...(json !== undefined && { json }),
        answerServerErrors: true,
      });
      // UniFi may quote names, addresses and cards, its own or those that it was sent: of calls about people only its code is told.
      const personal = scope.endsWith(':user') || scope.endsWith(':credential');
      const subject = `${request.method} ${request.path.replace(/\/tokens\/[^/]+/, '/tokens/***')}`;
      return openEnvelope(response, subject, scope, personal ? () => '' : (text) => text);
    },
  };
}
