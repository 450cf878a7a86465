import { readFileSync } from 'node:fs';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ConfigurationError, errorMessage } from './errors.js';
import { PinnedAgent } from './tls-pin.js';

/** A pinned certificate (SHA-256), or the authority to trust instead of the system's, as PEM or as a file of PEM. */
export type TlsTrust = { readonly fingerprint: string } | { readonly ca: string } | { readonly caFile: string };

// Shorter than what servers commonly allow an idle connection (5 s): a write must not meet one that is just being closed.
const idleConnection = 3000;

/** @throws ConfigurationError for an unreadable fingerprint or caFile */
export function createAgents(
  base: URL,
  tls: TlsTrust | undefined,
  timeoutMs: number,
): { readonly http: HttpAgent; readonly https: HttpsAgent } {
  const http = new HttpAgent({ keepAlive: true });
  const https =
    tls !== undefined && 'fingerprint' in tls
      ? new PinnedAgent(tls.fingerprint, timeoutMs)
      : new HttpsAgent({ keepAlive: true, ...(tls !== undefined && { ca: authority(tls, base.host) }) });
  for (const agent of [http, https]) {
    agent.on('free', (socket: Duplex) => {
      if (socket instanceof Socket) socket.setTimeout(idleConnection);
    });
  }
  return { http, https };
}

function authority(tls: { readonly ca: string } | { readonly caFile: string }, host: string): string {
  if ('ca' in tls) return tls.ca;
  try {
    return readFileSync(tls.caFile, 'utf8');
  } catch (error) {
    throw new ConfigurationError(`caFile for ${host} cannot be read: ${errorMessage(error)}`, {
      code: 'CaFileUnreadable',
      cause: error,
    });
  }
}
