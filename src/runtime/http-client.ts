import { setMaxListeners } from 'node:events';
import { got } from 'got';
import PQueue from 'p-queue';
import type { Clock } from './clock.js';
import { delay } from './clock.js';
import { ConfigurationError, TerminalError, TransientError } from './errors.js';
import { createAgents } from './http-agents.js';
import type { TlsTrust } from './http-agents.js';
import { connectionError, redirectError } from './http-errors.js';
import { address, flatHeaders, gotOptions } from './http-message.js';
import type { HttpClient, HttpObservation, HttpRequest, HttpResponse } from './http.js';
import type { Logger } from './log.js';
import { isLoopback } from './loopback.js';
import type { AttemptOutcome, RetryDecision } from './retry.js';
import { parseRetryAfter, retryDecision } from './retry.js';
import { authorizingValues, scrubber } from './scrub.js';

export interface HttpClientOptions {
  readonly baseUrl: string;
  readonly tls?: TlsTrust;
  /** Requests in flight at once. Default 4. */
  readonly concurrency?: number;
  /** For one attempt, body included. Default 30 s. */
  readonly timeoutMs?: number;
  readonly defaultHeaders?: Readonly<Record<string, string>>;
  /** Bytes after decompression. Default 64 MiB. */
  readonly maxBodyBytes?: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly observe?: (observation: HttpObservation) => void;
  /** Never shown in an error; values of authorizing headers are added by themselves. */
  readonly secrets?: readonly string[];
}

interface Attempt {
  readonly decision: RetryDecision;
  readonly result: HttpResponse | TransientError | TerminalError;
}

interface Exchange {
  /** Null when repeating is useless. */
  readonly outcome: AttemptOutcome | null;
  readonly result: Attempt['result'];
}

const noRetry: RetryDecision = { retry: false, wait: 0, pause: 0 };

/** @throws ConfigurationError for an unreadable base URL, fingerprint or caFile */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const base = parseBase(options.baseUrl);
  const { clock, log, timeoutMs = 30_000, maxBodyBytes = 64 * 1024 * 1024, defaultHeaders = {} } = options;
  const scrub = scrubber([...(options.secrets ?? []), ...authorizingValues(defaultHeaders)]);
  const agents = createAgents(base, options.tls, timeoutMs);
  const queue = new PQueue({ concurrency: options.concurrency ?? 4 });
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  let lastDate: { readonly date: number; readonly at: number } | null = null;
  let pausedUntil = 0;
  let pending = 0;
  let keepProcess: NodeJS.Timeout | undefined;

  function pause(ms: number): void {
    const until = clock.monotonic() + ms;
    if (ms <= 0 || until <= pausedUntil) return;
    pausedUntil = until;
    queue.pause();
    clock.after(ms, () => {
      // A later answer may have asked for more; its own timer ends the pause then.
      if (until === pausedUntil) queue.start();
    });
  }

  function noteDate(headers: Readonly<Record<string, string>>): void {
    const date = Date.parse(headers['date'] ?? '');
    if (!Number.isNaN(date)) lastDate = { date, at: clock.monotonic() };
  }

  /** Runs inside the queue: a pause has begun before the slot of the attempt that asked for it is free. */
  async function attempt(request: HttpRequest, subject: string, number: number): Promise<Attempt> {
    const { outcome, result } = await exchange(request, subject);
    const repeatable = request.idempotent ?? request.method === 'GET';
    const decision = outcome === null ? noRetry : retryDecision(number, repeatable, outcome, Math.random());
    if (decision.pause > 0) {
      log.warn('host asked to slow down', { host: base.host, pauseMs: decision.pause });
      pause(decision.pause);
    }
    return { decision, result };
  }

  async function exchange(asked: HttpRequest, subject: string): Promise<Exchange> {
    const request = leaving(asked);
    const started = clock.monotonic();
    const observe = (code: string): void =>
      options.observe?.({
        host: base.host,
        method: request.method,
        code,
        seconds: (clock.monotonic() - started) / 1000,
      });
    const oversize = new AbortController();
    const stop = (): void => {
      oversize.abort();
    };
    closing.signal.addEventListener('abort', stop, { once: true });
    try {
      const call = got(address(base, request), {
        ...gotOptions(request, { ...defaultHeaders, ...request.headers }, timeoutMs),
        agent: agents,
        signal: oversize.signal,
      });
      void call.on('downloadProgress', ({ transferred }) => {
        if (transferred > maxBodyBytes) oversize.abort();
      });
      const answer = await call;
      const headers = flatHeaders(answer.headers);
      const response: HttpResponse = { status: answer.statusCode, headers, body: answer.body };
      noteDate(headers);
      observe(String(response.status));
      const now = Date.parse(headers['date'] ?? '');
      const retryAfter = parseRetryAfter(headers['retry-after'], Number.isNaN(now) ? clock.now() : now);
      return {
        outcome: { kind: 'status', status: response.status, retryAfter },
        result: judge(request, response, subject, base),
      };
    } catch (error) {
      const result = closing.signal.aborted
        ? closedError(subject)
        : oversize.signal.aborted
          ? new TransientError(`${subject}: the answer is longer than ${maxBodyBytes} bytes.`, { code: 'BodyTooLarge' })
          : connectionError(error, subject, scrub);
      observe(result.code);
      const repeatable = result.code === 'Timeout' || result.code === 'ConnectionFailed';
      return { outcome: repeatable ? { kind: 'no-answer', timedOut: result.code === 'Timeout' } : null, result };
    } finally {
      closing.signal.removeEventListener('abort', stop);
    }
  }

  async function send(request: HttpRequest): Promise<HttpResponse> {
    const subject = scrub(`${request.method} ${base.host}${request.path}`);
    if (base.protocol === 'http:' && !isLoopback(base.hostname)) throw cleartextError(base.host);
    for (let number = 1; ; number += 1) {
      if (closing.signal.aborted) throw closedError(subject);
      const { decision, result } = await queue.add(() => attempt(request, subject, number), {
        // What was already tried goes first.
        priority: number,
        signal: closing.signal,
      });
      if (decision.retry) {
        if (decision.wait > 0) await delay(clock, decision.wait, closing.signal);
        continue;
      }
      if (!(result instanceof Error)) return result;
      if (result.code === 'TooManyRequests') {
        throw new TransientError(result.message, { code: result.code, retryAfter: decision.pause });
      }
      throw result;
    }
  }

  return {
    async request(request) {
      pending += 1;
      // The clock's timers keep no process alive; a request that waits for one must.
      keepProcess ??= setInterval(() => undefined, 2 ** 30);
      try {
        return await send(request);
      } catch (error) {
        // The queue and the delay reject with their own words when the client is closed.
        if (closing.signal.aborted && !(error instanceof TerminalError))
          throw closedError(`${request.method} ${base.host}`);
        throw error;
      } finally {
        pending -= 1;
        if (pending === 0) {
          clearInterval(keepProcess);
          keepProcess = undefined;
        }
      }
    },
    lastDate: () => lastDate,
    close() {
      closing.abort();
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

function leaving(request: HttpRequest): HttpRequest {
  request.leaving?.();
  if (typeof request.json !== 'function') return request;
  return { ...request, json: (request.json as () => unknown)() };
}

/** An answer that is to be handed on, or the error it stands for. */
function judge(
  request: HttpRequest,
  response: HttpResponse,
  subject: string,
  base: URL,
): HttpResponse | TransientError | TerminalError {
  const { status } = response;
  if (status >= 300 && status < 400) return redirectError(subject, status, response.headers['location'], base);
  if (status === 429) return new TransientError(`${subject}: too many requests.`, { code: 'TooManyRequests' });
  if (status >= 500 && request.answerServerErrors !== true) {
    return new TransientError(`${subject}: the server answered ${status}.`, { code: 'ServerError' });
  }
  return response;
}

function closedError(subject: string): TransientError {
  return new TransientError(`${subject}: given up, the program is ending.`, { code: 'Closed' });
}

function cleartextError(host: string): TerminalError {
  return new TerminalError(
    `http://${host} would send the credentials in clear text; use https (http is for loopback addresses only).`,
    {
      code: 'CleartextRefused',
    },
  );
}

function parseBase(baseUrl: string): URL {
  if (!URL.canParse(baseUrl)) throw new ConfigurationError('The url is not a URL.', { code: 'InvalidUrl' });
  const base = new URL(baseUrl);
  if (base.protocol !== 'https:' && base.protocol !== 'http:') {
    throw new ConfigurationError(`The url of ${base.host} must begin with https://.`, { code: 'InvalidUrl' });
  }
  if (base.username !== '' || base.password !== '') {
    throw new ConfigurationError(`The url of ${base.host} holds credentials; they belong into the environment.`, {
      code: 'InvalidUrl',
    });
  }
  return base;
}
