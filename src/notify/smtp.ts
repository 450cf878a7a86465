import { readFileSync } from 'node:fs';
import { createTransport } from 'nodemailer';
import { ConfigurationError, errorCode, TerminalError, TransientError } from '../runtime/errors.js';
import type { Severity } from '../status/view.js';
import { answerTime, type Transport } from './transport.js';

export interface SmtpOptions {
  readonly name: string;
  readonly minSeverity: Severity;
  readonly host: string;
  readonly port: number;
  readonly security: 'StartTls' | 'Tls' | 'None';
  /** Null: the server asks for no login. */
  readonly login: { readonly user: string; readonly pass: string } | null;
  readonly from: string;
  readonly to: readonly string[];
  readonly caFile: string | null;
}

/** Mail over SMTP, one connection a message. With StartTls nothing is said before the connection is encrypted. */
export function createSmtp(options: SmtpOptions): Transport {
  const { name, minSeverity, host, port, security, login, from, to } = options;
  const mailer = createTransport({
    host,
    port,
    secure: security === 'Tls',
    requireTLS: security === 'StartTls',
    ignoreTLS: security === 'None',
    ...(login === null ? {} : { auth: login }),
    tls: { minVersion: 'TLSv1.2', ...(options.caFile === null ? {} : { ca: authority(options.caFile) }) },
    connectionTimeout: answerTime,
    greetingTimeout: answerTime,
    socketTimeout: answerTime,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    name,
    type: 'Smtp',
    minSeverity,
    async deliver({ subject, text, site }) {
      try {
        await mailer.sendMail({ from: { name: `Sexton ${site}`, address: from }, to: [...to], subject, text, headers: { 'Auto-Submitted': 'auto-generated' } });
      } catch (error) {
        throw mailError(error, options);
      }
    },
    close: () => mailer.close(),
  };
}

/** In our own words: the server's may repeat addresses. The cause is left out for the same reason. */
function mailError(error: unknown, { name, host, port }: SmtpOptions): TransientError | TerminalError {
  const code = errorCode(error);
  const server = `${host}:${port}`;
  const answer = error instanceof Error && 'responseCode' in error && typeof error.responseCode === 'number' ? error.responseCode : null;
  if (code === 'EAUTH') {
    return new TerminalError(`${name}: ${server} refuses the login${answer === null ? '' : ` (${answer})`}. Check SMTP_USERNAME and SMTP_PASSWORD.`, { code });
  }
  if (code === 'ETLS') return new TransientError(`${name}: ${server} offers no encryption, or none that can be trusted. Check host, port, security and caFile.`, { code });
  if (answer !== null) {
    const message = `${name}: ${server} refuses the mail (${answer}). Check the addresses in the configuration, and what the server allows.`;
    // RFC 5321, 4.2.1: a 4yz answer may be another one later.
    return answer >= 500 ? new TerminalError(message, { code }) : new TransientError(message, { code });
  }
  if (code === 'EDNS' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') return new TransientError(`${name}: the name ${host} cannot be resolved.`, { code });
  if (code === 'ETIMEDOUT') return new TransientError(`${name}: ${server} does not answer in time.`, { code });
  return new TransientError(`${name}: no connection to ${server} (${code}).`, { code });
}

/** @throws ConfigurationError */
function authority(caFile: string): string {
  try {
    return readFileSync(caFile, 'utf8');
  } catch (error) {
    const code = errorCode(error);
    throw new ConfigurationError(`${caFile} cannot be read (${code}): give it to the user that runs sexton`, { code, cause: error });
  }
}
