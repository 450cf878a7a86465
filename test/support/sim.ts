import http from 'node:http';
import https from 'node:https';
import type { RunningSimulator, SimulatorDefinition, SimulatorOptions } from '../../src/sim/kit/simulator.js';
import { startSimulator } from '../../src/sim/kit/start.js';

export interface Answered {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  /** Undefined when the body is no JSON. */
  readonly json: unknown;
}

export interface Call {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  /** An object is sent as JSON, a string as it is. */
  readonly body?: unknown;
  readonly agent?: https.Agent | http.Agent;
}

/** Follows keys and indexes into parsed JSON; undefined where there is nothing. */
export function pick(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((inner, key) => {
    if (typeof inner !== 'object' || inner === null) return undefined;
    return (inner as Readonly<Record<string | number, unknown>>)[key];
  }, value);
}

/** The rows of a parsed list; throws when it is none. */
export function rows(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (!Array.isArray(value)) throw new Error(`no list: ${JSON.stringify(value)}`);
  return value as readonly Readonly<Record<string, unknown>>[];
}

/** A real HTTP(S) call that trusts any certificate. Rejects when the connection breaks, also inside the body. */
export function call(url: string, options: Call = {}): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const body =
      options.body === undefined
        ? undefined
        : typeof options.body === 'string'
          ? options.body
          : JSON.stringify(options.body);
    const library = url.startsWith('https:') ? https : http;
    const request = library.request(
      url,
      {
        method: options.method ?? 'GET',
        headers: {
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
          ...options.headers,
        },
        rejectUnauthorized: false,
        agent: options.agent ?? false,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('aborted', () => reject(new Error('aborted')));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          let json: unknown;
          try {
            json = JSON.parse(text);
          } catch {
            json = undefined;
          }
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

export interface TestSimulator extends RunningSimulator {
  readonly call: (path: string, options?: Call) => Promise<Answered>;
  /** GET, or POST when there is a body, under `/_sim`; answers the parsed body and throws on any status but 200. */
  readonly sim: (path: string, body?: unknown) => Promise<unknown>;
  /** DELETE under `/_sim`. */
  readonly remove: (path: string) => Promise<void>;
}

export async function startTestSimulator(
  definition: SimulatorDefinition,
  options: Partial<SimulatorOptions> = {},
): Promise<TestSimulator> {
  const running = await startSimulator(definition, { port: 0, ...options });
  const agent = running.listening.startsWith('https:')
    ? new https.Agent({ keepAlive: true })
    : new http.Agent({ keepAlive: true });
  const reach = (path: string, how?: Call): Promise<Answered> => call(running.listening + path, { agent, ...how });
  return {
    ...running,
    close: async () => {
      agent.destroy();
      await running.close();
    },
    call: reach,
    sim: async (path, body) => {
      const answer = await reach(`/_sim${path}`, body === undefined ? {} : { method: 'POST', body });
      if (answer.status !== 200) throw new Error(`/_sim${path}: ${answer.status} ${answer.text}`);
      return answer.json;
    },
    remove: async (path) => {
      await reach(`/_sim${path}`, { method: 'DELETE' });
    },
  };
}
