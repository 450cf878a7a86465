import type { Clock } from '../../runtime/clock.js';
import { createHttpClient } from '../../runtime/http-client.js';
import type { HttpObservation } from '../../runtime/http.js';
import type { Logger } from '../../runtime/log.js';
import type { AccessController, AccessWriter } from '../access-controller.js';
import { createApi } from './api.js';
import { createReader } from './reader.js';
import { createWriter } from './writer.js';

interface UnifiClientOptions {
  /** `https://192.168.1.1:12445` */
  readonly url: string;
  readonly token: string;
  /** SHA-256 of the controller's certificate; without it the system's authorities decide. */
  readonly fingerprint?: string;
  readonly concurrency?: number;
  readonly timeoutMs?: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly observe?: (observation: HttpObservation) => void;
}

/**
 * The developer API of UniFi Access. Writes are sent once; reading back is the caller's work.
 * @throws ConfigurationError for an unreadable url or fingerprint
 */
export function createUnifiClient(options: UnifiClientOptions): AccessController & { close(): void } {
  const { url, token, fingerprint, concurrency, timeoutMs, clock, log, observe } = options;
  const http = createHttpClient({
    baseUrl: `${url.replace(/\/+$/, '')}/api/v1/developer`,
    ...(fingerprint !== undefined && { tls: { fingerprint } }),
    ...(concurrency !== undefined && { concurrency }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(observe !== undefined && { observe }),
    defaultHeaders: { authorization: `Bearer ${token}` },
    secrets: [token],
    clock,
    log,
  });
  const api = createApi(http);
  const reader = { ...createReader(api), lastDate: () => http.lastDate() };
  const controller = (writer: AccessWriter): AccessController => ({
    ...reader,
    ...writer,
    checked: (check) => controller(createWriter({ call: (call) => api.call({ ...call, leaving: check }) })),
  });
  return { ...controller(createWriter(api)), close: () => http.close() };
}
