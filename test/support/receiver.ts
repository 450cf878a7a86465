import type { IncomingHttpHeaders } from 'node:http';
import { bodyOf, serve, serveTls, type TestServer } from '../runtime/http-server.js';
import type { ServerCertificate } from '../../src/sim/kit/certificate.js';

export interface Received {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Receiver extends TestServer {
  readonly received: readonly Received[];
  /** From now on. */
  answer(status: number, body?: string, headers?: Readonly<Record<string, string>>): void;
  /** From now on nothing is answered. */
  hang(): void;
}

/** A service that alerts go to: it keeps what it got, and answers as it is told. */
export async function startReceiver(certificate?: ServerCertificate): Promise<Receiver> {
  const received: Received[] = [];
  let next: { readonly status: number; readonly body: string; readonly headers: Readonly<Record<string, string>> } | null = { status: 200, body: '{"ok":true}', headers: {} };
  const listener: Parameters<typeof serve>[0] = (request, response) => {
    void bodyOf(request).then((body) => {
      received.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body });
      if (next !== null) response.writeHead(next.status, next.headers).end(next.body);
    });
  };
  const server = await (certificate === undefined ? serve(listener) : serveTls(certificate, listener));
  return {
    ...server,
    received,
    answer: (status, body = '', headers = {}) => {
      next = { status, body, headers };
    },
    hang: () => {
      next = null;
    },
  };
}
