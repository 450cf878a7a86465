import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../src/runtime/config.js';
import { formatProblem } from '../../src/api/problem.js';

const directory = mkdtempSync(join(tmpdir(), 'sexton-config-'));
afterAll(() => rmSync(directory, { recursive: true }));
let count = 0;

function load(content: string | Buffer) {
  const file = join(directory, `${(count += 1)}.yaml`);
  writeFileSync(file, content);
  return loadConfiguration(file);
}

function problemsOf(content: string | Buffer): string[] {
  return (load(content).problems ?? []).map((problem) => formatProblem({ ...problem, file: 'f' }));
}

const minimal = `apiVersion: config.sexton.dev/v1alpha1
kind: SextonConfiguration
site: first-church
timeZone: America/New_York
mode: DryRun
resources: resources
unifi: { url: "https://192.168.1.1:12445" }
`;

describe('loadConfiguration', () => {
  it('fills in the documented defaults; a source that is absent is off', () => {
    expect(load(minimal).config).toEqual({
      apiVersion: 'config.sexton.dev/v1alpha1',
      kind: 'SextonConfiguration',
      site: 'first-church',
      timeZone: 'America/New_York',
      mode: 'DryRun',
      resources: join(directory, 'resources'),
      stateDir: '/var/lib/sexton',
      runtimeDir: '/run/sexton',
      horizon: 7,
      fence: 'On',
      unifi: { url: 'https://192.168.1.1:12445', tlsFingerprint: null, concurrency: 4, resync: 300_000 },
      planningCenter: null,
      civicrm: null,
      server: { listen: { host: '127.0.0.1', port: 9180 } },
      alerts: [],
      heartbeat: null,
      audit: { keepDays: 400 },
      gitOps: null,
    });
  });

  it('reads every way of telling people, with its defaults', () => {
    const { config, problems } = load(`${minimal}
alerts:
  - { type: Smtp, host: mail.example.org, from: doors@example.org, to: [keeper@example.org, board@example.org] }
  - { type: Smtp, name: local-mail, host: 127.0.0.1, port: 2525, security: None, auth: None, from: doors@localhost, to: [root@localhost], minSeverity: Critical }
  - { type: Mailgun, url: "https://api.eu.mailgun.net/", domain: mg.example.org, from: doors@mg.example.org, to: [keeper@example.org] }
  - { type: Telegram, chatId: -1001234567890 }
heartbeat: { url: "https://hc.example.org/ping/123?rid=a" }
`);
    expect(problems).toBeUndefined();
    expect(config?.heartbeat).toEqual({ url: 'https://hc.example.org/ping/123?rid=a' });
    expect(config?.alerts).toMatchObject([
      { type: 'Smtp', name: 'smtp', port: 587, security: 'StartTls', auth: 'Login', minSeverity: 'Info', caFile: null, to: ['keeper@example.org', 'board@example.org'] },
      { type: 'Smtp', name: 'local-mail', port: 2525, security: 'None', auth: 'None', minSeverity: 'Critical' },
      { type: 'Mailgun', name: 'mailgun', url: 'https://api.eu.mailgun.net' },
      { type: 'Telegram', name: 'telegram', url: 'https://api.telegram.org', chatId: '-1001234567890' },
    ]);
  });

  it('names everything that is wrong with alerts at once, and never an address that may be secret', () => {
    const problems = problemsOf(`${minimal}alerts:
  - { type: smtp, host: mail.example.org }
  - { type: Smtp, host: "mail.example.org:25", from: "Doors <a@b>", to: [], security: None }
  - { type: Smtp, host: mail.example.org, from: a@b, to: [c@d], security: None }
  - { url: "https://hooks.example.org" }
  - Telegram
  - { type: Webhook, url: "http://hooks.example.org/s3cret", minSeverity: critical }
  - { type: Telegram, chatId: the board }
heartbeat: { url: "https://user:s3cret@hc.example.org", every: 1m }
`);
    expect(problems).toEqual([
      'f:9:13 alerts[0].type: must be one of Smtp, Mailgun, Telegram, Webhook; did you mean `Smtp`?',
      'f:10:25 alerts[1].host: must be a host name or an address such as mail.example.org, without a port',
      'f:10:54 alerts[1].from: must be an e-mail address alone, such as doors@example.org',
      'f:10:73 alerts[1].to: must name at least one address',
      'f:11:75 alerts[2].security: must be StartTls or Tls: mail in clear text goes to this machine (loopback) only',
      'f:12:5 alerts[3].type: is required: Smtp, Mailgun, Telegram or Webhook',
      'f:13:5 alerts[4]: must be a mapping with a type: Smtp, Mailgun, Telegram or Webhook',
      'f:14:27 alerts[5].url: must be https: cleartext is allowed to this machine (loopback) only',
      'f:14:75 alerts[5].minSeverity: must be one of Info, Warning, Critical; did you mean `Critical`?',
      'f:15:31 alerts[6].chatId: must be the number of a chat, such as "-1001234567890", or a public channel such as "@front_desk"',
      'f:16:19 heartbeat.url: must not hold a user name or password: credentials come from the environment',
      expect.stringMatching(/^f:16:\d+ heartbeat\.every: unknown field/),
    ]);
    expect(problems.join()).not.toContain('s3cret');
  });

  it('wants a name of its own for each of two alike, and none called file', () => {
    const mail = 'type: Webhook, url: "https://hooks.example.org"';
    expect(problemsOf(`${minimal}alerts:\n  - { ${mail} }\n  - { ${mail} }\n  - { ${mail}, name: file }\n`)).toEqual([
      'f:10:5 alerts[1].name: must be given and unique: "webhook" is another one\'s name already',
      'f:11:56 alerts[2].name: must be given and unique: "file" is another one\'s name already',
    ]);
  });

  it('reads the documented example whole', () => {
    const fingerprint = Array.from({ length: 32 }, () => 'ab').join(':');
    const config = load(`${minimal}
fence: Off
horizon: 3
planningCenter: { url: "https://api.planningcenteronline.com/", pollInterval: 1h30m, lookahead: 21d, auth: OAuth }
civicrm: { url: "http://127.0.0.1:8080/wp", apiPath: /civicrm/ajax/api4, cardField: Door_Access.card_id, activeStatuses: [New], pollInterval: 90s, auth: Authorization }
server: { listen: "[::1]:0" }
alerts: [{ type: Webhook, url: "https://hooks.example.org/a?b=c" }]
gitOps: { url: "ssh://git@git.example.org/doors.git", branch: live, path: ./resources/, interval: 10m, allowedSigners: signers, maxSize: 2Mi }
`.replace('12445"', `12445", tlsFingerprint: "${fingerprint}"`)).config;
    expect(config).toMatchObject({
      fence: 'Off',
      horizon: 3,
      unifi: { tlsFingerprint: fingerprint.toUpperCase() },
      planningCenter: {
        url: 'https://api.planningcenteronline.com',
        pollInterval: 5_400_000,
        lookaheadDays: 21,
        auth: 'OAuth',
        caFile: null,
      },
      civicrm: { url: 'http://127.0.0.1:8080/wp', activeStatuses: ['New'], pollInterval: 90_000, auth: 'Authorization' },
      server: { listen: { host: '::1', port: 0 } },
      alerts: [{ type: 'Webhook', name: 'webhook', minSeverity: 'Info', url: 'https://hooks.example.org/a?b=c', caFile: null }],
      gitOps: {
        url: 'ssh://git@git.example.org/doors.git',
        branch: 'live',
        path: 'resources',
        interval: 600_000,
        timeout: 60_000,
        sshKey: null,
        knownHosts: null,
        caFile: null,
        allowedSigners: join(directory, 'signers'),
        allowForcePush: false,
        maxFiles: 5000,
        maxSize: 2 * 1024 ** 2,
      },
    });
  });

  it('names every problem at once, each with its position', () => {
    const problems = problemsOf(`apiVersion: config.sexton.dev/v1alpha1
kind: SextonConfiguration
site: First_Church
timeZone: Mars/Olympus
mode: apply
horizon: 8
resurces: ./r
unifi:
  url: "http://192.168.1.1:12445"
  resync: 5 minutes
planningCenter: { lookahead: 7d }
civicrm: { url: "https://user:hunter2@crm.example.org", caFile: no-such-file.pem }
fence: on
`);
    expect(problems).toEqual([
      'f:1:1 resources: is required',
      'f:3:7 site: must be a DNS-1123 label: lower-case letters, digits and hyphens, 63 at most, such as first-church',
      'f:4:11 timeZone: must be an IANA time zone such as America/New_York',
      'f:5:7 mode: must be one of DryRun, Apply; did you mean `Apply`?',
      'f:6:10 horizon: must be a whole number from 3 to 7',
      'f:7:1 resurces: unknown field; did you mean `resources`?',
      'f:9:8 unifi.url: must be https: cleartext is allowed to this machine (loopback) only',
      'f:10:11 unifi.resync: must be a duration such as 90s, 15m or 1h30m',
      'f:11:30 planningCenter.lookahead: must be from 8d to 366d',
      'f:12:17 civicrm.url: must not hold a user name or password: credentials come from the environment',
      `f:12:65 civicrm.caFile: ${join(directory, 'no-such-file.pem')} cannot be read (ENOENT)`,
      'f:13:8 fence: must be one of On, Off; did you mean `On`?',
    ]);
  });

  it.each([
    ['a missing field of a nested mapping', minimal.replace(/unifi: .*/, 'unifi: { concurrency: 2 }'), 'f:7:8 unifi.url: is required'],
    ['an empty file', '', 'f:0:0: is empty'],
    ['a tab', minimal.replace('mode: DryRun', 'mode:\n\t- x'), 'f:6:1: a tab is used to indent'],
    ['a duplicate key', `${minimal}site: other\n`, 'f:8:1 site: `site` is given twice'],
    ['a list', '- 1\n', 'f:1:1: '],
    ['an empty source', `${minimal}civicrm:\n`, 'f:8:9 civicrm: is empty: write {} for the defaults, or remove it'],
    ['an offset as time zone', minimal.replace('America/New_York', '"+05:00"'), 'f:4:11 timeZone: must be an IANA'],
    ['something else than UTF-8', Buffer.from([0x73, 0xe9, 0x3a]), 'f:1:2: the file is not UTF-8 text'],
    ['a second document', `${minimal}---\nsite: x\n`, 'f:9:1: the configuration is one document'],
    ['an unusable port', `${minimal}server: { listen: "127.0.0.1:99999" }\n`, 'f:8:19 server.listen: must be an address and a port'],
  ])('says where %s stands', (_name, content, expected) => {
    expect(problemsOf(content)).toEqual([expect.stringContaining(expected)]);
  });

  it('does not repeat a password that stands in a URL', () => {
    expect(problemsOf(minimal.replace('https://192', 'https://me:hunter2@192')).join()).not.toContain('hunter2');
  });

  it('a missing file is one problem that names the remedy', () => {
    const { problems } = loadConfiguration(join(directory, 'none.yaml'));
    expect(problems).toEqual([expect.objectContaining({ message: expect.stringContaining('ENOENT') as string })]);
    expect(problems?.[0]?.message).toContain('--config FILE or $SEXTON_CONFIG');
  });

  it.each(['http://localhost:1', 'http://127.8.9.1:1', 'http://[::1]:1'])('takes cleartext to loopback: %s', (url) => {
    expect(load(minimal.replace(/"https:.*?"/, `"${url}"`)).config?.unifi.url).toBe(url);
  });

  it.each(['http://127.0.0.1.example.org', 'http://localhost.example.org', 'ftp://127.0.0.1'])('refuses %s', (url) => {
    expect(load(minimal.replace(/"https:.*?"/, `"${url}"`)).problems).toHaveLength(1);
  });
});
