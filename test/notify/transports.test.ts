import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { openTransports, wordingOf } from '../../src/cli/compose-alerts.js';
import type { Note } from '../../src/notify/alert.js';
import { messageOf, type Message } from '../../src/notify/message.js';
import type { Transport } from '../../src/notify/transport.js';
import { systemClock } from '../../src/runtime/clock.js';
import type { AlertSettings } from '../../src/runtime/config-alerts.js';
import { loadConfiguration, type Configuration } from '../../src/runtime/config.js';
import { errorCode, errorMessage, TerminalError, TransientError } from '../../src/runtime/errors.js';
import { silentLogger } from '../../src/runtime/log.js';
import { makeCertificate } from '../../src/sim/kit/certificate.js';
import { startMailServer, type MailServer, type MailServerOptions } from '../support/mail-server.js';
import { startReceiver, type Receiver } from '../support/receiver.js';

const directory = mkdtempSync(join(tmpdir(), 'sexton-transports-'));
const certificate = makeCertificate({ authority: 'Test authority', server: 'mail.test' });
const caFile = join(directory, 'ca.pem');
writeFileSync(caFile, certificate.ca);
afterAll(() => rmSync(directory, { recursive: true }));

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

const credentials = {
  SMTP_USERNAME: 'sexton',
  SMTP_PASSWORD: 's3cret-pass',
  MAILGUN_API_KEY: 's3cret-mailgun',
  TELEGRAM_BOT_TOKEN: '123456:s3cret-telegram',
  ALERT_WEBHOOK_SECRET: 's3cret-webhook',
};

const base: Configuration = configured();

function configured(): Configuration {
  const path = join(directory, 'sexton.yaml');
  writeFileSync(path, 'apiVersion: config.sexton.dev/v1alpha1\nkind: SextonConfiguration\nsite: first-church\ntimeZone: America/New_York\nmode: Apply\nresources: resources\nunifi: { url: "https://127.0.0.1:1" }\n');
  const { config } = loadConfiguration(path);
  if (config === undefined) throw new Error('the configuration of this test is wrong');
  return config;
}

async function open(settings: AlertSettings): Promise<Transport> {
  const [transport] = await openTransports({ configuration: { ...base, alerts: [settings] }, credentials, clock: systemClock, log: silentLogger });
  if (transport === undefined) throw new Error('no transport');
  opened.push(transport);
  return transport;
}

const at = Date.parse('2026-11-22T03:14:00Z');

function note(more: Partial<Note> = {}, told: Partial<Note['told']> = {}): Note {
  return {
    kind: 'Raised',
    since: at,
    at,
    told: {
      key: 'door/d1/open',
      severity: 'Critical',
      subject: 'Door open: Café <b>North</b>',
      what: 'Door "Café <b>North</b>" (front-lobby) is open outside every window.',
      todo: 'Look whether somebody needs it.',
      command: "sexton describe door/'Café <b>North</b>'",
      fact: '',
      ...told,
    },
    ...more,
  };
}

const message = (...notes: readonly Note[]): Message => messageOf(notes.length === 0 ? [note()] : notes, wordingOf(base));
const expected = `Door "Café <b>North</b>" (front-lobby) is open outside every window.
Site: first-church. Since Sat 2026-11-21 22:14 (America/New_York).
Look whether somebody needs it.
  sexton describe door/'Café <b>North</b>'
`;

async function failure(attempt: Promise<void>): Promise<Error> {
  const error: unknown = await attempt.then(() => null, (thrown: unknown) => thrown);
  if (!(error instanceof Error)) throw new Error('it was delivered');
  for (const secret of Object.values(credentials)) expect(`${error.message} ${String(error.stack)} ${JSON.stringify(error)}`).not.toContain(secret);
  return error;
}

describe('SMTP', () => {
  const smtp = { type: 'Smtp', name: 'mail', minSeverity: 'Info', host: '127.0.0.1', security: 'StartTls', auth: 'Login', from: 'doors@example.org', to: ['keeper@example.org', 'board@example.org'], caFile } as const;
  const login = { user: credentials.SMTP_USERNAME, pass: credentials.SMTP_PASSWORD };

  async function server(options: MailServerOptions): Promise<MailServer> {
    const started = await startMailServer(options);
    opened.push(started);
    return started;
  }

  it('says nothing before STARTTLS, logs in, and sends plain text to everybody at once', async () => {
    const { port, mails } = await server({ certificate, login });
    await (await open({ ...smtp, port })).deliver(message());
    expect(mails).toHaveLength(1);
    expect(mails[0]).toMatchObject({ from: 'doors@example.org', to: ['keeper@example.org', 'board@example.org'], secure: true, user: 'sexton', text: expected });
    const headers = mails[0]?.headers ?? {};
    expect(headers['auto-submitted']).toBe('auto-generated');
    expect(headers['content-type']).toMatch(/^text\/plain/);
    expect(headers['from']).toBe('"Sexton first-church" <doors@example.org>');
  });

  it('speaks TLS from the beginning where it is told so', async () => {
    const { port, mails } = await server({ certificate, tls: true, login });
    await (await open({ ...smtp, port, security: 'Tls' })).deliver(message());
    expect(mails).toMatchObject([{ secure: true }]);
  });

  it('sends in clear, without a login, to this machine only where it is told so', async () => {
    const { port, mails } = await server({});
    await (await open({ ...smtp, port, security: 'None', auth: 'None', caFile: null })).deliver(message());
    expect(mails).toMatchObject([{ secure: false, user: null }]);
  });

  it('sends nothing, not even the login, without encryption or to a stranger', async () => {
    const plain = await server({ login });
    expect(errorMessage(await failure((await open({ ...smtp, port: plain.port })).deliver(message())))).toMatch(/offers no encryption/);
    const stranger = await server({ certificate: makeCertificate({ authority: 'Another', server: 'mail.test' }), login });
    const error = await failure((await open({ ...smtp, port: stranger.port })).deliver(message()));
    expect(error).toBeInstanceOf(TransientError);
    expect([...plain.mails, ...stranger.mails, ...plain.logins, ...stranger.logins]).toEqual([]);
  });

  it('says what to do when the login is refused, in its own words', async () => {
    const { port } = await server({ certificate, login: { user: 'sexton', pass: 'another' } });
    const error = await failure((await open({ ...smtp, port })).deliver(message()));
    expect(error).toBeInstanceOf(TerminalError);
    expect(error.message).toBe(`mail: 127.0.0.1:${port} refuses the login (535). Check SMTP_USERNAME and SMTP_PASSWORD.`);
  });

  it('never repeats an address that a server repeats; a 4yz passes by itself, a 5yz does not', async () => {
    const gone = await server({ certificate, login, refuse: { code: 550, words: 'no such user keeper@example.org' } });
    const error = await failure((await open({ ...smtp, port: gone.port })).deliver(message()));
    expect(error).toBeInstanceOf(TerminalError);
    expect(error.message).toContain('refuses the mail (550)');
    expect(error.message).not.toContain('@');
    const full = await server({ certificate, login, refuse: { code: 452, words: 'keeper@example.org is full' } });
    expect(await failure((await open({ ...smtp, port: full.port })).deliver(message()))).toBeInstanceOf(TransientError);
  });

  it('names host and port when nobody is there', async () => {
    const gone = await startMailServer();
    const { port } = gone;
    await gone.close();
    expect((await failure((await open({ ...smtp, port })).deliver(message()))).message).toBe(`mail: no connection to 127.0.0.1:${port} (ESOCKET).`);
  });
});

async function receiver(): Promise<Receiver> {
  const started = await startReceiver();
  opened.push(started);
  return started;
}

describe('Mailgun', () => {
  const settings = (url: string): AlertSettings => ({ type: 'Mailgun', name: 'mailgun', minSeverity: 'Info', url, domain: 'mg.example.org', from: 'doors@mg.example.org', to: ['keeper@example.org', 'board@example.org'] });

  it('posts a form to the domain\'s messages', async () => {
    const { url, received } = await receiver();
    await (await open(settings(url))).deliver(message());
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({ method: 'POST', path: '/v3/mg.example.org/messages' });
    expect(received[0]?.headers.authorization).toBe(`Basic ${Buffer.from('api:s3cret-mailgun').toString('base64')}`);
    const form = new URLSearchParams(received[0]?.body);
    expect(Object.fromEntries(form)).toMatchObject({ from: 'Sexton first-church <doors@mg.example.org>', to: 'keeper@example.org,board@example.org', subject: 'first-church: Door open: Café <b>North</b>', text: expected });
  });

  it('names a refused key, a server that is ill and a redirect, and follows none', async () => {
    const here = await receiver();
    const elsewhere = await receiver();
    const transport = await open(settings(here.url));
    here.answer(401, 'Forbidden');
    const refused = await failure(transport.deliver(message()));
    expect([refused.message, refused instanceof TerminalError]).toEqual(['mailgun: the service answered 401. Check its credentials.', true]);
    here.answer(503);
    expect(errorCode(await failure(transport.deliver(message())))).toBe('ServerError');
    here.answer(307, '', { location: `${elsewhere.url}/v3/x` });
    expect(errorCode(await failure(transport.deliver(message())))).toBe('Redirect');
    expect(elsewhere.received).toEqual([]);
    // A message that may have been taken is not sent again by itself.
    expect(here.received).toHaveLength(3);
  });
});

describe('Telegram', () => {
  const settings = (url: string): AlertSettings => ({ type: 'Telegram', name: 'board', minSeverity: 'Info', url, chatId: '-1001234567890' });

  it('sends plain text, without markup and without a preview', async () => {
    const { url, received } = await receiver();
    await (await open(settings(url))).deliver(message());
    expect(received[0]?.path).toBe('/bot123456:s3cret-telegram/sendMessage');
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({
      chat_id: '-1001234567890',
      text: `first-church: Door open: Café <b>North</b>\n\n${expected}`,
      link_preview_options: { is_disabled: true },
    });
  });

  it('cuts what is longer than Telegram takes, and says so', async () => {
    const { url, received } = await receiver();
    const notes = Array.from({ length: 40 }, (_, index) => note({}, { key: `k${index}`, what: '😀'.repeat(290) }));
    await (await open(settings(url))).deliver(message(...notes));
    const { text } = JSON.parse(received[0]?.body ?? '') as { text: string };
    expect(text.length).toBeLessThanOrEqual(4096);
    // No half of a character is left at the cut.
    expect(text).not.toMatch(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])/);
    expect(text).toMatch(/See all: sexton status$/);
  });

  it('tells why it was refused, and never the token', async () => {
    const here = await receiver();
    const transport = await open(settings(here.url));
    here.answer(400, '{"ok":false,"error_code":400,"description":"Bad Request: chat not found\\u202e 123456:s3cret-telegram"}');
    expect((await failure(transport.deliver(message()))).message).toBe('board: the service answered 400: Bad Request: chat not found ***.');
    here.answer(429, '', { 'retry-after': '1' });
    expect(errorCode(await failure(transport.deliver(message())))).toBe('TooManyRequests');
    await here.close();
    opened.splice(opened.indexOf(here), 1);
    expect((await failure(transport.deliver(message()))).message).toContain('/bot[redacted]/sendMessage');
  });
});

describe('webhook', () => {
  const settings = (url: string, more: Partial<AlertSettings> = {}): AlertSettings => ({ type: 'Webhook', name: 'hook', minSeverity: 'Info', url: `${url}/in/s3cret-path?key=s3cret-query`, caFile: null, ...more }) as AlertSettings;

  it('signs the time and the exact body', async () => {
    const { url, received } = await receiver();
    await (await open(settings(url))).deliver(message(note(), note({ kind: 'Resolved', since: at - 3_600_000 }, { key: 'clock', severity: 'Info' })));
    const [got] = received;
    expect(got).toMatchObject({ method: 'POST', path: '/in/s3cret-path?key=s3cret-query' });
    expect(got?.headers['content-type']).toBe('application/json');
    const [, time, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(got?.headers['sexton-signature'])) ?? [];
    expect(Math.abs(Number(time) * 1000 - Date.now())).toBeLessThan(60_000);
    expect(signature).toBe(createHmac('sha256', credentials.ALERT_WEBHOOK_SECRET).update(`${String(time)}.${got?.body ?? ''}`).digest('hex'));
    const body = JSON.parse(got?.body ?? '') as Readonly<Record<string, unknown>>;
    expect(body).toMatchObject({ version: 1, id: got?.headers['sexton-delivery'], site: 'first-church' });
    expect(body['alerts']).toEqual([
      {
        key: 'door/d1/open',
        state: 'Raised',
        severity: 'Critical',
        subject: 'Door open: Café <b>North</b>',
        text: 'Door "Café <b>North</b>" (front-lobby) is open outside every window.',
        todo: 'Look whether somebody needs it.',
        command: "sexton describe door/'Café <b>North</b>'",
        since: '2026-11-22T03:14:00Z',
        until: null,
      },
      expect.objectContaining({ key: 'clock', state: 'Resolved', since: '2026-11-22T02:14:00Z', until: '2026-11-22T03:14:00Z' }),
    ]);
  });

  it('gives the same alert the same id when it is sent again, and another time', async () => {
    const here = await receiver();
    const transport = await open(settings(here.url));
    here.answer(500);
    await failure(transport.deliver(message()));
    here.answer(204);
    await transport.deliver(message());
    await transport.deliver(message(note({ at: at + 1, kind: 'Resolved' })));
    const ids = here.received.map(({ headers }) => headers['sexton-delivery']);
    expect(ids[0]).toBe(ids[1]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  it('trusts the authority it is given, and shows neither path nor query of its address', async () => {
    const secure = await startReceiver(certificate);
    opened.push(secure);
    await (await open(settings(secure.url, { caFile }))).deliver(message());
    expect(secure.received).toHaveLength(1);
    const stranger = await failure((await open(settings(secure.url))).deliver(message()));
    expect(errorCode(stranger)).toBe('CertificateRefused');
    for (const secret of ['s3cret-path', 's3cret-query']) expect(stranger.message).not.toContain(secret);
    const here = await receiver();
    here.answer(302, '', { location: '/login' });
    const redirected = await failure((await open(settings(here.url))).deliver(message()));
    expect(redirected.message).not.toContain('s3cret');
  });
});
