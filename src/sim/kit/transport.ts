import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

const maxBody = 64 * 1024 * 1024;

/** The whole body. @throws when the client breaks off or sends more than 64 MiB */
export async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBody) throw new Error('the request body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** @throws TypeError for a method or header that the Fetch standard forbids */
export function toRequest(incoming: IncomingMessage, base: string, body: Buffer): Request {
  const headers = new Headers();
  for (let index = 0; index + 1 < incoming.rawHeaders.length; index += 2) {
    headers.append(incoming.rawHeaders[index] ?? '', incoming.rawHeaders[index + 1] ?? '');
  }
  const method = incoming.method ?? 'GET';
  const withBody = method !== 'GET' && method !== 'HEAD' && body.length > 0;
  return new Request(new URL(incoming.url ?? '/', base), { method, headers, ...(withBody ? { body } : {}) });
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export async function toAnswer(response: Response): Promise<Answer> {
  const headers = Object.fromEntries(response.headers);
  return { status: response.status, headers, body: Buffer.from(await response.arrayBuffer()) };
}

export function jsonAnswer(status: number, value: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(value)) };
}

/** The body of a fault: text is sent as it is, anything else as JSON. */
export function faultAnswer(status: number, body: unknown, headers: Readonly<Record<string, string>>): Answer {
  if (typeof body !== 'string') {
    const answer = jsonAnswer(status, body);
    return { ...answer, headers: { ...answer.headers, ...headers } };
  }
  const type = body.trimStart().startsWith('<')
    ? 'text/html'
    : /^\s*[[{]/.test(body)
      ? 'application/json'
      : 'text/plain';
  return { status, headers: { 'content-type': type, ...headers }, body: Buffer.from(body) };
}

function hasNoBody(status: number): boolean {
  return status === 204 || status === 304;
}

export function writeAnswer(outgoing: ServerResponse, answer: Answer, truncateBytes?: number): void {
  if (outgoing.destroyed) return;
  const length = hasNoBody(answer.status) ? {} : { 'content-length': String(answer.body.length) };
  outgoing.writeHead(answer.status, { ...answer.headers, ...length });
  if (truncateBytes === undefined || truncateBytes >= answer.body.length) {
    outgoing.end(answer.body);
    return;
  }
  outgoing.flushHeaders();
  const cut = (): void => {
    outgoing.socket?.destroySoon();
  };
  if (truncateBytes === 0) cut();
  else outgoing.write(answer.body.subarray(0, truncateBytes), cut);
}

/** Resets the TCP connection. A TLS socket cannot do it itself: the plain socket below it is needed. */
export function resetConnection(socket: Socket, plain: Socket | undefined): void {
  const below = plain ?? socket;
  below.resetAndDestroy();
  socket.destroy();
}
