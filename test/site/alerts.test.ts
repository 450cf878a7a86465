import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { lookAt, openAlerting } from '../../src/cli/compose-alerts.js';
import { noObserver } from '../../src/controller/observer.js';
import type { Alerter } from '../../src/notify/alerter.js';
import type { AlertSettings } from '../../src/runtime/config-alerts.js';
import { silentLogger } from '../../src/runtime/log.js';
import type { Plane } from '../../src/status/view.js';
import { bookedEvent, churchFiles, churchRooms, churchUnifi, officeHours, person, tierMapping } from '../support/church.js';
import { startMailServer, type Mail, type MailServer } from '../support/mail-server.js';
import { until } from '../support/process.js';
import { startReceiver, type Receiver } from '../support/receiver.js';
import { rows } from '../support/sim.js';
import { startSite, type Site, type SiteOptions } from '../support/site.js';
import { instant, ruled, startRuleSite } from './lock-rule-world.js';

const minute = 60_000;
const hour = 60 * minute;
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const church: SiteOptions = {
  // A Saturday morning in New York.
  now: '2026-11-21T13:00:00Z',
  files: churchFiles(),
  unifi: churchUnifi('America/New_York'),
  pco: {
    organization: { name: 'Church', time_zone: 'America/New_York' },
    resources: churchRooms,
    events: [bookedEvent('e1', 'Concert', '2026-11-22T00:00:00Z', '2026-11-22T02:00:00Z', 'r1')],
  },
  civicrm: { card_field: 'Door_Access.card_id', contacts: [person(1, '1234', 'Gold'), person(2, '1235', 'Gold'), person(3, '1236', 'Gold')] },
};

/** A site with people who are told by mail and by a webhook, on the site's own clock. */
class Told {
  alerter: Alerter | null = null;

  private constructor(
    readonly site: Site,
    readonly hook: Receiver,
    private readonly port: number,
    private readonly planes: readonly Plane[],
  ) {}

  static async of(site: Site, port: number, planes: readonly Plane[] = ['doors', 'members']): Promise<Told> {
    closing.push(() => site.close());
    const hook = await startReceiver();
    closing.push(() => hook.close());
    const told = new Told(site, hook, port, planes);
    await told.start();
    closing.push(() => told.alerter?.close());
    return told;
  }

  /** As a new process has it. */
  async start(): Promise<void> {
    const common = { minSeverity: 'Info', caFile: null } as const;
    const alerts: readonly AlertSettings[] = [
      { ...common, type: 'Smtp', name: 'mail', host: '127.0.0.1', port: this.port, security: 'None', auth: 'None', from: 'doors@example.org', to: ['keeper@example.org'] },
      { ...common, type: 'Webhook', name: 'hook', url: `${this.hook.url}/in` },
    ];
    this.alerter = await openAlerting({
      configuration: { ...this.site.configuration, alerts },
      credentials: { ALERT_WEBHOOK_SECRET: 's3cret' },
      clock: this.site.clock,
      log: silentLogger,
      observer: noObserver,
      onTrouble: () => undefined,
      onEvents: () => Promise.resolve(),
      onChange: () => undefined,
    });
  }

  async restart(): Promise<void> {
    await this.alerter?.close();
    await this.site.restart();
    await this.start();
  }

  look(): void {
    this.alerter?.look(lookAt(this.site.composition.engine, this.planes, this.site.configuration));
  }

  /** One cycle of both planes after some time, as the daemon makes it. */
  async run(after = 0): Promise<void> {
    this.site.clock.advance(after);
    await this.site.run();
    this.look();
  }

  /** What the webhook got: `Raised pending/…`. */
  heard(): string[] {
    const bodies = this.hook.received.map(({ body }) => JSON.parse(body) as { alerts: { state: string; key: string }[] });
    return bodies.flatMap(({ alerts }) => alerts.map(({ state, key }) => `${state} ${key}`));
  }

  async hears(...lines: readonly string[]): Promise<void> {
    const sorted = [...lines].sort();
    await until(`the webhook hears ${sorted.join()}`, () => this.heard().sort().join() === sorted.join(), 5_000).catch(() => expect(this.heard().sort()).toEqual(sorted));
  }

  flag(): Promise<string> {
    return readFile(join(this.site.configuration.runtimeDir, 'alerts'), 'utf8');
  }
}

async function mailServer(port = 0): Promise<MailServer> {
  const server = await startMailServer({ port });
  closing.push(() => server.close());
  return server;
}

async function mailFrom(server: MailServer, count: number): Promise<readonly Mail[]> {
  await until(`${count} mails`, () => server.mails.length >= count, 5_000);
  return server.mails;
}

describe('a whole site tells its people', () => {
  it('a brake at once, with the command and without a member; a restart tells nothing twice; a day later it reminds; a release ends it', async () => {
    const mail = await mailServer();
    const told = await Told.of(await startSite({ ...church, files: churchFiles('Ask') }), mail.port);
    await told.run();
    const [first] = await mailFrom(mail, 1);
    const hash = told.site.composition.engine.view().diff.planes.find(({ plane }) => plane === 'members')?.hash ?? '';
    expect(first?.headers['subject']).toBe('test-site: Changes of members wait for you');
    expect(first?.text).toContain(`  sexton approve plan/${hash}\n`);
    expect(first?.text).toContain('Since Sat 2026-11-21 08:00 (America/New_York).');
    expect(`${JSON.stringify(mail.mails)} ${JSON.stringify(told.hook.received)} ${await told.flag()}`).not.toMatch(/First\d|Last\d|123[456]/);
    for (let index = 0; index < 3; index += 1) await told.run(5 * minute);
    await told.hears('Raised held/members');
    await told.restart();
    await told.run(minute);
    await told.run(10 * minute);
    expect(told.heard()).toEqual(['Raised held/members']);
    await told.run(24 * hour);
    await told.hears('Raised held/members', 'Reminder held/members');
    await told.site.write('members.yaml', tierMapping('Allow'));
    await told.run(minute);
    await told.hears('Raised held/members', 'Reminder held/members', 'Resolved held/members');
    const mails = await mailFrom(mail, 3);
    expect(mails.map(({ headers }) => headers['subject'])).toEqual([
      'test-site: Changes of members wait for you',
      'test-site: still: Changes of members wait for you',
      'test-site: over: Changes of members wait for you',
    ]);
    await until('the file is gone', () => told.flag().then(() => false, () => true));
  });

  it('a refused file with its place, an event that waits, and both when they are over', async () => {
    const mail = await mailServer();
    const told = await Told.of(await startSite(church), mail.port);
    await told.run();
    await told.site.write('hours.yaml', officeHours('{ days: [moonday], hours: ["09:00-12:00"], doorGroups: [lobby] }'));
    await told.site.pco.sim('/seed?merge=1', { events: [bookedEvent('e9', 'Night watch', '2026-11-23T06:00:00Z', '2026-11-23T07:00:00Z', 'r2')] });
    await told.run();
    await told.run(15_000);
    await told.hears('Raised refused/hours.yaml', 'Raised pending/e9@2026-11-23T06:00:00Z');
    const texts = (await mailFrom(mail, 2)).map(({ text }) => text).join('\n');
    expect(texts).toMatch(/hours\.yaml:6:\d+ spec\.weekly\[0\]\.days\[0\]: /);
    expect(texts).toContain('  sexton approve e9@2026-11-23T06:00:00Z\n');
    expect(texts).toContain('"Night watch" on Mon 2026-11-23 01:00 waits for approval. It is outside the safe hours: gym Mon 2026-11-23 00:30-02:15.');
    await told.site.write('hours.yaml', officeHours('{ days: [monday], hours: ["09:00-12:00"], doorGroups: [lobby] }'));
    await told.site.pco.sim('/seed?merge=1', { events: [bookedEvent('e9', 'Night watch', '2026-11-23T06:00:00Z', '2026-11-23T07:00:00Z', 'r2', 'R')] });
    await told.run(minute);
    await told.hears('Raised refused/hours.yaml', 'Raised pending/e9@2026-11-23T06:00:00Z', 'Resolved refused/hours.yaml', 'Resolved pending/e9@2026-11-23T06:00:00Z');
  });

  it('of a dead mail server, by the webhook, while doors go on being programmed; what waited comes when it lives, after a restart too', async () => {
    const gone = await startMailServer();
    await gone.close();
    const told = await Told.of(await startSite({ ...church, files: churchFiles('Ask') }), gone.port);
    await told.run();
    await told.hears('Raised held/members');
    await until('the mail fails', () => told.alerter?.view().transports.find(({ name }) => name === 'mail')?.ok === false);
    await told.site.write('hours.yaml', officeHours('{ days: [saturday], hours: ["09:00-12:00"], doorGroups: [gym] }'));
    await told.run(2 * minute);
    expect(await told.site.openDoors('2026-11-21T15:00:00Z')).toEqual(['Gym']);
    expect(told.alerter?.view().transports.find(({ name }) => name === 'mail')).toMatchObject({ ok: false, waiting: 1, error: `mail: no connection to 127.0.0.1:${gone.port} (ESOCKET).` });
    await told.run(2 * minute);
    await told.hears('Raised held/members', 'Raised transport/mail');
    const back = await mailServer(gone.port);
    await told.restart();
    expect((await mailFrom(back, 1))[0]?.headers['subject']).toBe('test-site: Changes of members wait for you');
    await told.run(minute);
    await told.run(6 * minute);
    await told.hears('Raised held/members', 'Raised transport/mail', 'Resolved transport/mail');
    expect(back.mails).toHaveLength(1);
  });

  it('of a UniFi that cannot be reached for long, and of nothing else; what it hides is not over', async () => {
    const mail = await mailServer();
    const told = await Told.of(await startSite(church), mail.port);
    await told.run();
    await told.site.unifi.sim('/fault', { match: '/api/', times: -1, status: 503, body: 'busy' });
    await told.run(5 * minute);
    expect(told.heard()).toEqual([]);
    await told.run(11 * minute);
    await told.hears('Raised plane/doors', 'Raised plane/members');
    expect((await mailFrom(mail, 1))[0]?.text).toMatch(/The doors plane fails: .* Doors follow the last program, and stay shut after 2026-11-27 for at least 60 days\./);
    await told.site.unifi.remove('/fault');
    await told.run(minute);
    await told.run(6 * minute);
    await told.hears('Raised plane/doors', 'Raised plane/members', 'Resolved plane/doors', 'Resolved plane/members');
  });

  it('of a door that a person left open outside its windows, since when, and when it is shut', async () => {
    const mail = await mailServer();
    const site = await startRuleSite({ files: { 'doors.yaml': ruled('gym', 'Gym') } });
    const told = await Told.of(site, mail.port, ['doors']);
    const watched = async (from: number, minutes: number): Promise<void> => {
      for (let at = from; at < from + minutes; at += 1) {
        const time = instant(`17:${String(at).padStart(2, '0')}`);
        site.clock.set(time);
        await site.unifi.sim('/clock', { now: time });
        await site.composition.deps.watch.sample();
        await site.composition.engine.refresh();
        told.look();
      }
    };
    await site.runAt('17:00');
    told.look();
    await site.person('gym', { type: 'keep_unlock' });
    await watched(5, 4);
    await told.hears('Raised door/gym/open');
    const [first] = await mailFrom(mail, 1);
    expect(first?.text).toMatch(/^Door "Gym" \(gym\) is open outside every window: the lock rule "keep_unlock" holds it\.\nSite: test-site\. Since Sat 2026-11-21 \d\d:05 /);
    // While UniFi is silent, nobody knows that it was shut.
    await site.unifi.sim('/fault', { match: '/api/', times: -1, status: 503, body: 'busy' });
    await watched(9, 3);
    expect(told.heard()).toEqual(['Raised door/gym/open']);
    await site.unifi.remove('/fault');
    await site.person('gym', { type: 'reset' });
    await watched(12, 7);
    await told.hears('Raised door/gym/open', 'Resolved door/gym/open');
  });

  it('of another owner at once, of nothing else that follows from it, again after a day, and when the mark is back', async () => {
    const mail = await mailServer();
    const told = await Told.of(await startSite(church), mail.port);
    await told.run();
    const mark = async (): Promise<Readonly<Record<string, unknown>> | undefined> => rows(((await told.site.unifi.sim('/state')) as { readonly holiday_groups: unknown }).holiday_groups).find(({ name }) => name === 'Sexton owner');
    const ours = await mark();
    await told.site.unifi.sim('/seed?merge=1', { holiday_groups: [{ ...ours, description: 'somebody-else' }] });
    await told.run(minute);
    await told.hears('Raised owner');
    expect((await mailFrom(mail, 1))[0]?.text).toMatch(/Nothing is written\.[^]*Take it over only when no other one writes\.\n {2}sexton adopt controller\n/);
    expect(await told.flag()).toMatch(/^CRITICAL test-site: Another installation owns this UniFi\n/);
    await told.restart();
    for (let index = 0; index < 3; index += 1) await told.run(10 * minute);
    expect(told.heard()).toEqual(['Raised owner']);
    await told.run(24 * hour);
    await told.hears('Raised owner', 'Reminder owner');
    await told.site.unifi.sim('/seed?merge=1', { holiday_groups: [ours] });
    await told.run(minute);
    await told.run(6 * minute);
    await told.hears('Raised owner', 'Reminder owner', 'Resolved owner');
  });

  it('of a fence that cannot be made, once for all its door groups, and when it is made', async () => {
    const mail = await mailServer();
    const told = await Told.of(await startSite(church), mail.port);
    await told.run();
    await told.site.unifi.sim('/fault', { match: 'POST .*/holiday_groups', times: -1, code: 'CODE_PARAMS_INVALID', msg: 'Invalid parameters.' });
    await told.run(24 * hour);
    await told.run(6 * minute);
    await told.hears('Raised fence');
    expect((await mailFrom(mail, 1))[0]?.text).toMatch(/^Without it no new program is written for gym, lobby: /);
    await told.site.unifi.remove('/fault');
    await told.run(minute);
    await told.run(6 * minute);
    await told.hears('Raised fence', 'Resolved fence');
  });
});
