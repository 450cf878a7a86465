import { parseMultipart } from './multipart.js';
import { formatInstant } from './simulated-clock.js';

export interface LoggedRequest {
  readonly seq: number;
  /** Real time. */
  readonly at: string;
  readonly method: string;
  readonly path: string;
  /** Without the question mark; empty when there is none. */
  readonly query: string;
  /** 0 until it is answered, and for a connection that was reset. */
  status: number;
  /** JSON and form bodies as values, anything else as text, null when empty. */
  readonly body: unknown;
}

/** Old entries make room, so that a long run does not fill the memory. */
const capacity = 50_000;

const secretKey =
  /^(token|.*_token|secret|.*_secret|password|api_?key|key|site_?key|_authx\w*|authorization|pin_code)$/i;

function mask(secret: string): string {
  return secret.length > 4 ? `***${secret.slice(-2)}` : '***';
}

function maskValue(value: unknown, key: string): unknown {
  if (typeof value === 'string') return secretKey.test(key) ? mask(value) : value;
  if (Array.isArray(value)) return value.map((item) => maskValue(item, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, maskValue(item, name)]));
}

function maskPath(path: string): string {
  return path.replace(/(\/tokens\/)([^/]+)/g, (_, before: string, token: string) => before + mask(token));
}

function maskQuery(query: string): string {
  return query.replace(/(^|&)([^=&]+)=([^&]*)/g, (whole, before: string, name: string, value: string) =>
    secretKey.test(name) ? `${before}${name}=${mask(value)}` : whole,
  );
}

function grouped(fields: Iterable<readonly [string, string]>): Record<string, unknown> {
  const object = new Map<string, string | string[]>();
  for (const [name, value] of fields) {
    const known = object.get(name);
    object.set(name, known === undefined ? value : [known, value].flat());
  }
  return Object.fromEntries(object);
}

async function parseBody(body: Buffer, contentType: string): Promise<unknown> {
  if (body.length === 0) return null;
  const text = body.toString('utf8');
  try {
    const type = contentType.toLowerCase();
    if (type.startsWith('application/x-www-form-urlencoded')) return grouped(new URLSearchParams(text));
    if (type.startsWith('multipart/form-data')) {
      const parts = await parseMultipart(body, contentType);
      return grouped(parts.map(({ name, value }) => [name, value] as const));
    }
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Every request to the simulated API, in order of arrival, with tokens masked. */
export class RequestLog {
  #entries: LoggedRequest[] = [];
  #seq = 0;

  async add(method: string, target: string, body: Buffer, contentType: string): Promise<LoggedRequest> {
    this.#seq += 1;
    const seq = this.#seq;
    const at = formatInstant(Date.now());
    const [path = '', ...rest] = target.split('?');
    const parsed = maskValue(await parseBody(body, contentType), '');
    const entry = { seq, at, method, path: maskPath(path), query: maskQuery(rest.join('?')), status: 0, body: parsed };
    this.#entries.push(entry);
    if (this.#entries.length > capacity) this.#entries = this.#entries.slice(-capacity / 2);
    return entry;
  }

  list(): readonly LoggedRequest[] {
    return [...this.#entries].sort((a, b) => a.seq - b.seq);
  }

  clear(): void {
    this.#entries = [];
  }
}
