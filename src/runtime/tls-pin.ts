import { Agent } from 'node:https';
import type { RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { ConfigurationError, TerminalError } from './errors.js';

/** `AB:CD:…` in capitals. @throws ConfigurationError unless it is 32 bytes of hexadecimal, with or without colons */
function normalizeFingerprint(fingerprint: string): string {
  const digits = fingerprint
    .trim()
    .replace(/^sha-?256[ :=/]/i, '')
    .replaceAll(/[:\s]/g, '')
    .toUpperCase();
  if (!/^[0-9A-F]{64}$/.test(digits)) {
    throw new ConfigurationError(
      'A TLS fingerprint is the SHA-256 of the certificate: 64 hexadecimal digits, with or without colons.',
      { code: 'InvalidFingerprint' },
    );
  }
  return digits.replaceAll(/(..)(?=.)/g, '$1:');
}

type ConnectionCallback = (error: Error | null, stream: Duplex) => void;

/**
 * An agent that hands a connection to a request only after its certificate was seen to be the pinned one,
 * so that a stranger in the middle never receives a byte of a request. No session is ever resumed and no
 * handshake repeated: the certificate checked is the one of the whole connection.
 */
export class PinnedAgent extends Agent {
  readonly #fingerprint: string;
  readonly #handshakeTimeout: number;

  /** @param handshakeTimeout milliseconds */
  constructor(fingerprint: string, handshakeTimeout: number) {
    super({ keepAlive: true, maxCachedSessions: 0 });
    this.#fingerprint = normalizeFingerprint(fingerprint);
    this.#handshakeTimeout = handshakeTimeout;
  }

  override createConnection(options: RequestOptions, callback?: ConnectionCallback): undefined {
    const { servername, host, port } = options;
    const socket = connect({
      host: host ?? 'localhost',
      port: Number(port ?? 443),
      ...(servername !== undefined && servername !== '' && { servername }),
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
      // The pin replaces the chain: the controller's certificate is self-signed.
      rejectUnauthorized: false,
    });
    socket.disableRenegotiation();
    let settled = false;
    const settle = (error: Error | null): void => {
      if (settled) return;
      settled = true;
      socket.setTimeout(0);
      if (error !== null) socket.destroy();
      callback?.(error, socket);
    };
    // Stays for the connection's life: an error after the agent has let go of it must not end the process.
    socket.on('error', settle);
    socket.once('close', () => {
      settle(Object.assign(new Error('The connection was closed during the TLS handshake.'), { code: 'ECONNRESET' }));
    });
    socket.setTimeout(this.#handshakeTimeout, () => {
      settle(Object.assign(new Error('The TLS handshake took too long.'), { code: 'ETIMEDOUT' }));
    });
    socket.once('secureConnect', () => {
      settle(this.#verify(socket, host ?? 'localhost'));
    });
    return undefined;
  }

  #verify(socket: TLSSocket, host: string): Error | null {
    const actual = socket.isSessionReused() ? undefined : socket.getPeerX509Certificate()?.fingerprint256;
    if (actual === this.#fingerprint) return null;
    return new TerminalError(
      `${host} presents another certificate than the pinned one: expected ${this.#fingerprint}, got ${actual ?? 'none'}. ` +
        'Nothing was sent. If the certificate was renewed on purpose, compare it on the device itself and put the new ' +
        'fingerprint into the configuration (tlsFingerprint); otherwise somebody is between you and the device.',
      { code: 'FingerprintMismatch' },
    );
  }
}
