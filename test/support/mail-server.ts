import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import type { ServerCertificate } from '../../src/sim/kit/certificate.js';

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly secure: boolean;
  readonly user: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** Decoded. */
  readonly text: string;
}

export interface MailServer {
  readonly port: number;
  readonly mails: readonly Mail[];
  /** User names that tried to log in. */
  readonly logins: readonly string[];
  close(): Promise<void>;
}

export interface MailServerOptions {
  readonly port?: number;
  /** STARTTLS is offered, or with `tls` spoken from the beginning. Without one neither is. */
  readonly certificate?: ServerCertificate;
  readonly tls?: boolean;
  readonly login?: { readonly user: string; readonly pass: string };
  /** Refuses every recipient so. */
  readonly refuse?: { readonly code: number; readonly words: string };
}

/** A real SMTP server on loopback. */
export async function startMailServer({ port = 0, certificate, tls = false, login, refuse }: MailServerOptions = {}): Promise<MailServer> {
  const mails: Mail[] = [];
  const logins: string[] = [];
  const server = new SMTPServer({
    secure: tls,
    ...(certificate === undefined ? { disabledCommands: ['STARTTLS'] } : { key: certificate.key, cert: certificate.chain }),
    ...(login === undefined ? { authOptional: true } : {}),
    allowInsecureAuth: true,
    onAuth({ username, password }, _, done) {
      logins.push(username ?? '');
      if (username === login?.user && password === login?.pass) done(null, { user: username });
      else done(new Error('these words of the server name somebody@example.org'));
    },
    onRcptTo(_, __, done) {
      if (refuse === undefined) done();
      else done(Object.assign(new Error(refuse.words), { responseCode: refuse.code }));
    },
    onData(stream, session, done) {
      let raw = '';
      stream.setEncoding('utf8').on('data', (part: string) => (raw += part));
      stream.on('end', () => {
        const from = session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address;
        const user = typeof session.user === 'string' ? session.user : null;
        mails.push({ from, to: session.envelope.rcptTo.map(({ address }) => address), secure: session.secure, user, ...parsed(raw) });
        done();
      });
    },
  });
  // A client that breaks off is what some tests are about.
  server.on('error', () => undefined);
  server.listen(port, '127.0.0.1');
  await once(server.server, 'listening');
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    logins,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function parsed(raw: string): Pick<Mail, 'headers' | 'text'> {
  const end = raw.indexOf('\r\n\r\n');
  const lines = raw.slice(0, end).replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
  return { headers, text: decoded(raw.slice(end + 4), headers['content-transfer-encoding'] ?? '').replaceAll('\r\n', '\n') };
}

function decoded(body: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  if (encoding !== 'quoted-printable') return body;
  const bytes = body.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
