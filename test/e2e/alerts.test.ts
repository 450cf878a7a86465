import { createHmac } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { unifiDefinition } from '../../src/sim/unifi/definition.js';
import type { StatusView, View } from '../../src/status/view.js';
import { churchFiles, churchUnifi, officeHours } from '../support/church.js';
import { install, type Daemon, type Installation, type InstallationOptions } from '../support/installation.js';
import { startMailServer } from '../support/mail-server.js';
import { compiledProgram, until } from '../support/process.js';
import { startReceiver, type Receiver } from '../support/receiver.js';
import { startTestSimulator } from '../support/sim.js';

const program = compiledProgram();
const closing: (() => unknown)[] = [];
afterEach(async () => {
  await program.endAll();
  for (const close of closing.splice(0).reverse()) await close();
});
afterAll(() => program.remove());

const secret = 's3cret-webhook';

interface World {
  readonly here: Installation;
  readonly hook: Receiver;
  readonly beat: Receiver;
  /** `Raised held/members` */
  readonly heard: () => readonly string[];
}

/** Mail goes to a port that may have no server; the webhook has one. */
async function site(mailPort: number, options: InstallationOptions = {}): Promise<World> {
  const [hook, beat] = [await startReceiver(), await startReceiver()];
  closing.push(() => hook.close(), () => beat.close());
  const here = await install(program, {
    ...options,
    environment: { ALERT_WEBHOOK_SECRET: secret },
    configuration: {
      alerts: `[{ type: Smtp, host: 127.0.0.1, port: ${mailPort}, security: None, auth: None, from: doors@example.org, to: [keeper@example.org] }, { type: Webhook, url: "${hook.url}/in" }]`,
      heartbeat: `{ url: "${beat.url}/ping/s3cret-beat" }`,
      ...options.configuration,
    },
  });
  closing.push(() => here.close());
  const heard = (): string[] => hook.received.flatMap(({ body }) => (JSON.parse(body) as { alerts: { state: string; key: string }[] }).alerts.map(({ state, key }) => `${state} ${key}`));
  return { here, hook, beat, heard };
}

/** What the daemon tells other commands, without the time that it takes to start one. */
async function liveStatus(here: Installation): Promise<StatusView> {
  return (JSON.parse(await here.read('run/live.json')) as View).status;
}

const metric = async (daemon: Daemon, line: RegExp): Promise<boolean> => line.test((await daemon.get('/metrics')).text);

describe('the daemon and its alerts', () => {
  it('a dead mail server shows everywhere and delays no door; what waited comes after a restart, nothing else comes twice', async () => {
    const gone = await startMailServer();
    await gone.close();
    const { here, hook, heard } = await site(gone.port, { files: churchFiles('Ask') });
    const daemon = await here.daemon();
    await until('the webhook hears of the brake', () => heard().length === 1);
    expect(heard()).toEqual(['Raised held/members']);
    const [, time, signature] = /^t=(\d+),v1=(\w+)$/.exec(String(hook.received[0]?.headers['sexton-signature'])) ?? [];
    expect(createHmac('sha256', secret).update(`${String(time)}.${hook.received[0]?.body ?? ''}`).digest('hex')).toBe(signature);

    const alerting = await until('the status knows', async () => {
      const { alerting: found } = await liveStatus(here);
      return found?.transports.find(({ name }) => name === 'smtp')?.ok === false && found.alerts.length === 1 ? found : null;
    });
    expect(alerting.transports).toMatchObject([{ name: 'file', ok: true }, { name: 'smtp', waiting: 1 }, { name: 'webhook', ok: true, waiting: 0 }]);
    const screen = await here.sexton('status');
    expect(screen.out).toMatch(/^ALERT +ABOUT .*\nCritical +Changes of members wait for you .* sexton approve plan\/[0-9a-f]{12}$/m);
    expect(screen.out).toMatch(/^smtp +False +1 +<never> +smtp: no connection to 127\.0\.0\.1:\d+ \(ESOCKET\)\.$/m);
    expect(screen.out).toMatch(/^Fence: .* should Sexton stop, doors stay shut after \d{4}-\d\d-\d\d for at least 60 days$/m);
    expect((await liveStatus(here)).fencedUntil).toMatch(/^\d{4}-\d\d-\d\d$/);
    await until('so do the metrics', () => metric(daemon, /^sexton_alert_transport_up\{transport="smtp"\} 0$/m));
    for (const line of [/^sexton_alert_transport_waiting\{transport="smtp"\} 1$/m, /^sexton_alert_transport_deliveries_total\{transport="webhook",result="success"\} 1$/m, /^sexton_alerts\{severity="Critical"\} 1$/m, /^sexton_heartbeat_up 1$/m]) {
      expect(await metric(daemon, line)).toBe(true);
    }
    expect((await here.sexton('events')).out).toContain('AlertTransportFailed');
    const doctor = await here.sexton('doctor', '--offline');
    expect([doctor.code, doctor.out]).toEqual([1, expect.stringMatching(/^WRONG +alerts\.smtp\n +smtp: no connection to [^]*-> mend it, then `sexton alert test`\nok +alerts\.webhook +worked \d{4}-/m)]);
    expect(await here.read('run/alerts')).toMatch(/^CRITICAL test-site: Changes of members wait for you\n/);

    await here.write('hours.yaml', officeHours('{ days: [monday, tuesday, wednesday, thursday, friday, saturday, sunday], hours: ["00:00-24:00"], doorGroups: [gym] }'));
    await until('the gym opens', async () => (await here.openDoors()).includes('Gym'), 5_000);

    await daemon.stop();
    const back = await startMailServer({ port: gone.port });
    closing.push(() => back.close());
    await here.daemon();
    await until('the mail that waited comes', () => back.mails.length === 1);
    await here.sexton('reconcile');
    const state = await here.files('state');
    for (let index = 0; index < 2; index += 1) await here.sexton('reconcile');
    expect(await here.files('state')).toEqual(state);
    expect(heard()).toEqual(['Raised held/members']);
    expect(back.mails).toHaveLength(1);
    expect(`${JSON.stringify(back.mails)}${JSON.stringify(hook.received)}${await here.read('state/alerts.json')}`).not.toMatch(/First\d|Last\d|123[456]/);

    const command = (await liveStatus(here)).alerting?.alerts[0]?.command ?? '';
    expect((await here.sexton(...command.split(' ').slice(1))).code).toBe(0);
    await until('it is over', () => heard().length === 2 && back.mails.length === 2);
    expect([heard()[1], back.mails[1]?.headers['subject']]).toEqual(['Resolved held/members', 'test-site: over: Changes of members wait for you']);
    await until('the file is gone', () => here.read('run/alerts').then(() => false, () => true));
  });

  it('a certificate that changed is told at once, once for both planes, and the heartbeat stops', async () => {
    const mail = await startMailServer();
    closing.push(() => mail.close());
    const { here, beat, heard } = await site(mail.port);
    const daemon = await here.daemon();
    await until('the heart beats', () => beat.received.length === 1);
    expect(beat.received[0]).toMatchObject({ method: 'GET', path: '/ping/s3cret-beat' });
    const stranger = await startTestSimulator(unifiDefinition, { seed: churchUnifi(here.timeZone) });
    closing.push(() => stranger.close());
    here.links.unifi.lead(Number(new URL(stranger.listening).port));
    await here.sexton('reconcile');
    await until('it is told', () => mail.mails.length === 1 && heard().length === 1);
    expect(heard()).toEqual(['Raised certificate/unifi']);
    expect(mail.mails[0]?.text).toContain(`expected ${here.unifi.fingerprint ?? ''}, got ${stranger.fingerprint ?? ''}`);
    expect(await stranger.sim('/requests')).toEqual([]);
    expect(beat.received).toHaveLength(1);
    expect(`${daemon.out()}${daemon.err()}`).not.toContain('s3cret');
  });

  it('`alert test` tries every way, says which failed, and needs no daemon', async () => {
    const gone = await startMailServer();
    await gone.close();
    const { here, hook, beat } = await site(gone.port);
    const all = await here.sexton('alert', 'test');
    expect(all).toMatchObject({ code: 1, out: `smtp: FAILED: smtp: no connection to 127.0.0.1:${gone.port} (ESOCKET).\nwebhook: sent\nheartbeat: answered\n` });
    expect(hook.received).toHaveLength(1);
    expect(beat.received).toHaveLength(1);
    expect(await here.sexton('alert', 'test', 'webhook')).toMatchObject({ code: 0, out: 'webhook: sent\n' });
    const unknown = await here.sexton('alert', 'test', 'pager');
    expect(unknown).toMatchObject({ code: 1, err: 'there is no transport "pager"; there is smtp, webhook, heartbeat\n' });
    expect(await here.sexton('alert', 'tset')).toMatchObject({ code: 64, err: expect.stringContaining('did you mean `sexton alert test`') as string });
    expect((await here.sexton('__complete', '--', 'alert', '')).out).toBe('test\n');
    expect((await here.sexton('__complete', '--', 'alert', 'test', '')).out).toBe('heartbeat\nsmtp\nwebhook\n');
    expect(await here.files('state', 'run')).toEqual({});
  });

  it('does not start on the memory of a newer program, which would tell everything again', async () => {
    const { here } = await site(1);
    await mkdir(join(here.directory, 'state'));
    await writeFile(join(here.directory, 'state/alerts.json'), '{"version":99}');
    expect(await here.sexton('run')).toMatchObject({ code: 78, err: expect.stringMatching(/newer sexton: .*alerts\.json \(version 99/) as string });
  });

  it('does not start without the credentials that its alerts need, and names them', async () => {
    const { here } = await site(1, { configuration: { alerts: '[{ type: Smtp, host: mail.example.org, from: a@b, to: [c@d] }, { type: Telegram, chatId: "1" }]' } });
    for (const words of [['run'], ['alert', 'test']]) {
      expect(await here.sexton(...words)).toMatchObject({ code: 78, err: expect.stringContaining('SMTP_USERNAME, SMTP_PASSWORD, TELEGRAM_BOT_TOKEN are not set') as string });
    }
  });
});
