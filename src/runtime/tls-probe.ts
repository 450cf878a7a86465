import { connect } from 'node:tls';
import { TransientError } from './errors.js';

/**
 * SHA-256 of the certificate that a server shows, as `AB:CD:…`. Nothing is sent but the handshake.
 * @throws the connection's error, TransientError Timeout
 */
export function shownFingerprint({ host, port, timeout }: { readonly host: string; readonly port: number; readonly timeout: number }): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, rejectUnauthorized: false, minVersion: 'TLSv1.2', ALPNProtocols: ['http/1.1'] });
    const end = (settle: () => void): void => {
      socket.destroy();
      settle();
    };
    socket.setTimeout(timeout, () => {
      end(() => {
        reject(new TransientError(`${host}:${port} does not answer`, { code: 'Timeout' }));
      });
    });
    socket.once('error', (error: Error) => {
      end(() => {
        reject(error);
      });
    });
    socket.once('secureConnect', () => {
      const { fingerprint256 } = socket.getPeerCertificate();
      end(() => {
        resolve(fingerprint256);
      });
    });
  });
}
