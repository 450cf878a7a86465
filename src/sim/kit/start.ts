import { setMaxListeners } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Hono } from 'hono';
import { ConfigurationError, errorCode, errorMessage } from '../../runtime/errors.js';
import { makeCertificate, type ServerCertificate } from './certificate.js';
import { controlPlane } from './control.js';
import { FaultList } from './faults.js';
import { resolveQuirks } from './quirks.js';
import { seededRandom } from './random.js';
import { RequestLog } from './request-log.js';
import { SimulatedClock } from './simulated-clock.js';
import type { RunningSimulator, SimulatorDefinition, SimulatorOptions } from './simulator.js';
import {
  type Answer,
  faultAnswer,
  jsonAnswer,
  readBody,
  resetConnection,
  toAnswer,
  toRequest,
  writeAnswer,
} from './transport.js';

interface Exchange {
  readonly definition: SimulatorDefinition;
  readonly api: Hono;
  readonly control: Hono;
  readonly faults: FaultList;
  readonly requests: RequestLog;
  readonly base: string;
  /** The plain TCP socket that carries a TLS socket. */
  readonly plainSocket: (socket: Socket) => Socket | undefined;
  readonly stopping: AbortSignal;
  readonly log: (line: string) => void;
}

function apiErrorAnswer(definition: SimulatorDefinition, code: string | number, msg: string): Answer {
  return jsonAnswer(200, definition.apiError?.(code, msg) ?? { code, msg, data: null });
}

async function exchange(parts: Exchange, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const { faults, requests, base } = parts;
  const method = incoming.method ?? 'GET';
  const target = incoming.url ?? '/';
  const body = await readBody(incoming);
  if (/^\/_sim(\/|\?|$)/.test(target)) {
    writeAnswer(outgoing, await toAnswer(await parts.control.fetch(toRequest(incoming, base, body))));
    return;
  }
  const entry = await requests.add(method, target, body, incoming.headers['content-type'] ?? '');
  const act = async (): Promise<Answer> => toAnswer(await parts.api.fetch(toRequest(incoming, base, body)));
  const finish = (answer: Answer, truncateBytes?: number): void => {
    entry.status = answer.status;
    parts.log(`${method} ${entry.path} ${answer.status}`);
    writeAnswer(outgoing, answer, truncateBytes);
  };
  const fault = faults.take(method, target);
  switch (fault?.type) {
    case undefined:
      finish(await act());
      return;
    case 'answer':
      finish(faultAnswer(fault.status, fault.body, fault.headers));
      return;
    case 'apiError':
      finish(apiErrorAnswer(parts.definition, fault.code, fault.msg));
      return;
    case 'delay': {
      const answer = await act();
      await wait(fault.delayMs, undefined, { signal: parts.stopping }).catch(() => undefined);
      finish(answer);
      return;
    }
    case 'truncate':
      finish(await act(), fault.truncateBytes);
      return;
    case 'reset':
      parts.log(`${method} ${entry.path} reset`);
      resetConnection(incoming.socket, parts.plainSocket(incoming.socket));
      return;
  }
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const busy = errorCode(error) === 'EADDRINUSE';
      const reason = busy
        ? `port ${port} on 127.0.0.1 is in use; choose another, or 0 for a free one`
        : errorMessage(error);
      reject(
        new ConfigurationError(`the simulator cannot listen: ${reason}`, {
          code: busy ? 'PortInUse' : 'ListenFailed',
          cause: error,
        }),
      );
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

function certificateFor(definition: SimulatorDefinition, options: SimulatorOptions): ServerCertificate | undefined {
  if (definition.tls !== 'always' && options.tls !== true) return undefined;
  return definition.kind === 'unifi'
    ? makeCertificate({ authority: 'UniFi-Access-CA', server: 'unifi.local' })
    : makeCertificate({ authority: 'Sexton simulator CA', server: 'localhost' });
}

/**
 * Starts a simulator on the loopback address; it accepts requests when the promise resolves.
 * @throws ConfigurationError (UnknownQuirk, QuirkValue, PortInUse, ListenFailed, CaFile)
 * @throws SeedError naming the path
 */
export async function startSimulator(
  definition: SimulatorDefinition,
  options: SimulatorOptions,
): Promise<RunningSimulator> {
  const quirks = resolveQuirks(definition.quirks, options.quirks);
  const clock = new SimulatedClock();
  if (options.now !== undefined) clock.freeze(options.now);
  let random = seededRandom(1);
  const world = definition.create({
    now: () => clock.now(),
    quirk: (name) => quirks.get(name) ?? '',
    random: () => random(),
  });
  const reset = (): void => {
    random = seededRandom(1);
    world.load(options.seed ?? {});
  };
  reset();

  const certificate = certificateFor(definition, options);
  const faults = new FaultList();
  const requests = new RequestLog();
  const stop = new AbortController();
  // Every held answer listens to it.
  setMaxListeners(0, stop.signal);
  const sockets = new Map<string, Socket>();
  const socketName = (socket: Socket): string => `${socket.remoteAddress ?? ''}:${socket.remotePort ?? 0}`;
  const server =
    certificate === undefined ? createServer() : createTlsServer({ cert: certificate.chain, key: certificate.key });
  // A client's keep-alive connection must not vanish while it is about to be used again.
  server.keepAliveTimeout = 600_000;
  server.requestTimeout = 0;
  server.on('connection', (socket: Socket) => {
    const name = socketName(socket);
    sockets.set(name, socket);
    socket.on('close', () => sockets.delete(name));
    socket.on('error', () => undefined);
  });

  const port = await listen(server, options.port);
  const listening = `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  const log = options.log ?? (() => undefined);
  const parts: Exchange = {
    definition,
    api: world.api,
    control: controlPlane({ world, clock, faults, requests, reset }),
    faults,
    requests,
    base: listening,
    plainSocket: (socket) => sockets.get(socketName(socket)),
    stopping: stop.signal,
    log,
  };
  server.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    exchange(parts, incoming, outgoing).catch((error: unknown) => {
      log(`request failed: ${errorMessage(error)}`);
      if (!outgoing.headersSent) writeAnswer(outgoing, jsonAnswer(500, { error: errorMessage(error) }));
    });
  });

  let closing: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closing ??= new Promise((resolve) => {
      stop.abort();
      server.close(() => resolve());
      for (const socket of sockets.values()) socket.destroy();
    }));
  if (certificate === undefined) return { kind: definition.kind, listening, close };
  if (options.caFile !== undefined) {
    try {
      await writeFile(options.caFile, certificate.ca);
    } catch (error) {
      await close();
      throw new ConfigurationError(`the authority's certificate cannot be written: ${errorMessage(error)}`, {
        code: 'CaFile',
        cause: error,
      });
    }
  }
  return { kind: definition.kind, listening, fingerprint: certificate.fingerprint, ca: certificate.ca, close };
}
