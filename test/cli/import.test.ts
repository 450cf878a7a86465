import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { stringify } from 'smol-toml';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { importDoorSync } from '../../src/cli/import/door-sync.js';
import { leafPaths } from '../../src/cli/import/field-ledger.js';
import { exportRoomsCsv, importRoomsCsv } from '../../src/cli/import/rooms-csv.js';
import { validateFiles } from '../../src/cli/validation.js';
import type { Resource } from '../../src/api/resource.js';
import { person } from '../support/church.js';
import { rows } from '../support/sim.js';
import { startSite, type Site } from '../support/site.js';
import { doorGroup, makeSite, runCommandLine } from './harness.js';

const fingerprint = Array.from({ length: 32 }, () => 'AB').join(':');
const doorSync = {
  cadence_seconds: 300,
  civicrm: { host: 'https://crm.example.org/', card_id_field: 'Cards.number', active_statuses: ['Current', 'New'] },
  unifi: { host: 'https://unifi.example.org', tls_fingerprint: fingerprint, facility_code: 42 },
  safety: { mass_deactivate_pct: 0.15, mass_add_pct: 0.29, mass_policy_pct: 0.2 },
  tier_mapping: {
    rules: {
      Gold: { resolution: 'tier', target_policy: 'p-1', rank: 100 },
      Comp: { resolution: 'none', rank: 50 },
      'Day Pass': { resolution: 'day-pass', rank: 10 },
    },
  },
  alert: { transport: 'smtp', smtp: { host: 'smtp.example.org', port: 465, starttls: false, from: 'a@example.org', to: 'b@example.org' } },
};

function folder(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'sexton-import-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

const texts = (root: string, file: string): string => readFileSync(join(root, file), 'utf8');
const specs = (root: string, file: string): readonly { readonly kind: string; readonly metadata: { readonly name: string }; readonly spec: unknown }[] =>
  parseAllDocuments(texts(root, file)).map((document) => document.toJS() as never);

describe('import door-sync', () => {
  it('carries everything over, into files that validate and that only the owner may read where they are secret', async () => {
    const from = folder({ 'config.toml': stringify(doorSync), env: 'CIVICRM_API_KEY=one\nUNIFI_API_KEY="two"\nSMTP_USERNAME=u\nSMTP_PASSWORD=p\n' });
    const out = join(folder({}), 'moved');
    const { code, out: said, err } = await runCommandLine(['import', 'door-sync', from, '--out', out, '--site', 'first-church', '--time-zone', 'America/New_York']);
    expect([code, said]).toEqual([0, expect.stringContaining('0 not carried over')]);
    expect(err).toContain('sexton adopt members');
    expect(parse(texts(out, 'sexton.yaml'))).toMatchObject({
      site: 'first-church',
      timeZone: 'America/New_York',
      mode: 'DryRun',
      unifi: { url: 'https://unifi.example.org:12445', tlsFingerprint: fingerprint },
      civicrm: { url: 'https://crm.example.org', cardField: 'Cards.number', activeStatuses: ['Current', 'New'], pollInterval: '300s' },
      alerts: [{ type: 'Smtp', host: 'smtp.example.org', port: 465, security: 'Tls', from: 'a@example.org', to: ['b@example.org'] }],
    });
    expect(specs(out, 'resources/members.yaml')).toMatchObject([
      {
        spec: {
          identity: { employeeNumber: 'civicrm-{id}', adoptFrom: '{id}' },
          cards: { facilityCode: 42, aliasPrefix: 'sync-' },
          rules: [
            { membershipType: 'Gold', access: 'Policy', policies: ['p-1'], rank: 100 },
            { membershipType: 'Comp', access: 'None', rank: 50 },
            { membershipType: 'Day Pass', access: 'Ignore', rank: 10 },
          ],
          guards: { maxDeactivate: '15%', maxAdd: '29%', maxPolicyChange: '20%' },
        },
      },
    ]);
    expect(readdirSync(join(out, 'credentials')).sort()).toEqual(['CIVICRM_API_KEY', 'SMTP_PASSWORD', 'SMTP_USERNAME', 'UNIFI_API_TOKEN']);
    expect(texts(out, 'credentials/UNIFI_API_TOKEN')).toBe('two');
    expect(statSync(join(out, 'credentials/UNIFI_API_TOKEN')).mode & 0o777).toBe(0o600);
    expect(statSync(join(out, 'credentials')).mode & 0o777).toBe(0o700);
    expect((await validateFiles([join(out, 'resources')], 'first-church')).problems).toEqual([]);
  });

  it('names what it leaves behind, with the reason, and no secret', async () => {
    const odd = {
      ...doorSync,
      ops: { audit_jsonl: '/var/log/x' },
      webhook: { enabled: true },
      safety: { baseline_floor: 10 },
      mystery: { deep: [{ x: 1 }] },
      tier_mapping: { rules: { Odd: { resolution: 'maybe' }, Bare: { resolution: 'tier' }, Comp: { resolution: 'none', rank: 5 } } },
    };
    const from = folder({ 'config.toml': stringify(odd), '.env': 'WEBHOOK_HMAC_SECRET=very-secret\nUNIFI_API_KEY=also-secret\n' });
    const { code, out, err } = await runCommandLine(['import', 'door-sync', from, '--out', join(from, 'moved')]);
    expect(code).toBe(1);
    for (const line of [
      'ops: Sexton keeps audit',
      'webhook: Sexton polls CiviCRM',
      'safety.baseline_floor: ',
      'mystery.deep[0].x: Sexton does not know this field',
      'tier_mapping.rules.Odd: its resolution is none of tier, none, day-pass',
      'tier_mapping.rules.Bare: resolution "tier" without a target_policy',
      'env:WEBHOOK_HMAC_SECRET: ',
    ]) expect(out).toContain(line);
    expect(out + err).not.toMatch(/very-secret|also-secret/);
  });

  it('a file that is no TOML is named with its line and column; nobody else\'s file is replaced', async () => {
    const from = folder({ 'config.toml': 'cadence_seconds = 5\nx = = 1\n' });
    const bad = await runCommandLine(['import', 'door-sync', from, '--out', join(from, 'moved')]);
    expect([bad.code, bad.err]).toEqual([1, expect.stringContaining('config.toml:2:5 is no TOML')]);
    writeFileSync(join(from, 'config.toml'), stringify(doorSync));
    mkdirSync(join(from, 'moved/resources'), { recursive: true });
    writeFileSync(join(from, 'moved/resources/members.yaml'), '# mine\n');
    const refused = await runCommandLine(['import', 'door-sync', from, '--out', join(from, 'moved')]);
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('members.yaml stands there already and says something else; nothing was written')]);
    expect(readdirSync(join(from, 'moved'))).toEqual(['resources']);
  });

  it('reads what Windows wrote, takes an address without https as it was meant, and sends mail without a login where there was none', async () => {
    const bom = '\ufeff';
    const odd = { ...doorSync, civicrm: { ...doorSync.civicrm, host: 'crm.example.org' }, unifi: { ...doorSync.unifi, host: '192.0.2.9' } };
    const from = folder({ 'config.toml': `${bom}# mine\n${stringify(odd)}`.replaceAll('\n', '\r\n'), env: `${bom}CIVICRM_API_KEY=one\r\nUNIFI_API_KEY='t#wo'\r\nMAILGUN_API_KEY=\r\n` });
    const out = join(from, 'moved');
    const { code, out: said, err } = await runCommandLine(['import', 'door-sync', from, '--out', out, '--time-zone', 'America/New_York']);
    expect([code, said]).toEqual([0, expect.stringContaining('0 not carried over')]);
    expect(err).not.toContain('sexton.yaml:');
    expect(parse(texts(out, 'sexton.yaml'))).toMatchObject({ unifi: { url: 'https://192.0.2.9:12445' }, civicrm: { url: 'https://crm.example.org' }, alerts: [{ type: 'Smtp', auth: 'None' }] });
    expect(readdirSync(join(out, 'credentials')).map((name) => [name, texts(out, `credentials/${name}`)])).toEqual([['CIVICRM_API_KEY', 'one'], ['UNIFI_API_TOKEN', 't#wo']]);
  });

  it('says of a value that is none why, and never that it was carried', () => {
    const { carried, notCarried } = importDoorSync({
      config: { cadence_seconds: '5', civicrm: { host: 'https://x', active_statuses: ['A', 7] }, safety: { mass_add_pct: 15 }, tier_mapping: { rules: { Gold: { resolution: 'none', rank: 'high' } } } },
      environment: {},
    });
    expect(notCarried.map(({ from }) => from)).toEqual(expect.arrayContaining(['cadence_seconds', 'civicrm.active_statuses', 'safety.mass_add_pct', 'tier_mapping.rules.Gold.rank']));
    expect(notCarried.filter(({ reason }) => reason === 'Sexton does not know this field')).toEqual([]);
    expect(carried.map(({ from }) => from)).toEqual(['civicrm.host', 'tier_mapping.rules.Gold.resolution']);
  });

  it('every field of any such file is carried or named', () => {
    const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.double({ min: 0, max: 1, noNaN: true }));
    const key = fc.constantFrom('host', 'tls_fingerprint', 'facility_code', 'mass_add_pct', 'baseline_floor', 'resolution', 'target_policy', 'rank', 'transport', 'smtp', 'rules', 'x y', 'to');
    const section = fc.constantFrom('civicrm', 'unifi', 'safety', 'tier_mapping', 'alert', 'ops', 'webhook', 'cadence_seconds', 'other');
    const tree = fc.dictionary(key, fc.oneof(scalar, fc.array(scalar, { maxLength: 2 }), fc.dictionary(key, fc.oneof(scalar, fc.dictionary(key, scalar, { maxKeys: 3 })), { maxKeys: 3 })), { maxKeys: 4 });
    fc.assert(
      fc.property(fc.dictionary(section, fc.oneof(scalar, tree), { maxKeys: 6 }), (config) => {
        const { carried, notCarried } = importDoorSync({ config, environment: {} });
        const named = [...carried, ...notCarried].map(({ from }) => from);
        const lost = leafPaths(config).filter((leaf) => !named.some((path) => leaf === path || leaf.startsWith(`${path}.`) || leaf.startsWith(`${path}[`)));
        expect(lost).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

const planner = {
  'config/room-door-mapping.json': {
    doors: {
      front_lobby: { label: 'Front Lobby', unifiDoorIds: ['door-front'] },
      office: { label: 'Office', unifiDoorIds: ['door-office'] },
      gym_front: { label: 'Gym', unifiDoorIds: ['door-gym'] },
    },
    rooms: { Sanctuary: ['front_lobby'], Gym: ['gym_front'] },
    defaults: { unlockLeadMinutes: 15, unlockLagMinutes: 20 },
    rules: { excludeDoorKeysByEventName: [{ eventNameContains: 'worship service', doorKeys: ['gym_front'] }], excludeEventsByRoomContains: ['1520 Hainesport Rd'] },
  },
  'config/office-hours.json': {
    enabled: true,
    schedule: { monday: { ranges: '9:00-11:00, 13–17', doors: ['office'] }, tuesday: { ranges: '', doors: [] }, wednesday: { ranges: '9-11; 13:00-17:00', doors: ['office'] } },
  },
  'config/event-overrides.json': {
    overrides: { 'Youth Group': { doorOverrides: { gym_front: { windows: [{ openTime: '18:40', closeTime: '19:20' }, { openTime: '21:15', closeTime: '21:45' }] }, front_lobby: { windows: [] } } } },
  },
  'config/cancelled-events.json': { instances: [{ id: '1', name: 'Board Meeting', startAt: '2026-11-24T00:00:00Z', endAt: '2026-11-24T03:30:00Z', cancelledAt: '2026-11-20T00:00:00Z' }] },
  'config/pending-approvals.json': { pending: [{ id: '2', name: 'Lock-in', startAt: '2026-11-28T02:00:00Z', endAt: '2026-11-28T12:00:00Z', reason: 'x', flaggedAt: '2026-11-20T00:00:00Z', status: 'denied' }] },
  'config/safe-hours.json': { safeStartMonday: '06:00', safeEndFriday: '23:30' },
  'config/approved-event-names.json': { names: [{ name: 'Sunday Service', approvedAt: '2026-01-01T00:00:00Z' }] },
  'config/exception-calendar.json': {
    entries: [
      { id: 'a', kind: 'closure', fromDate: '2026-12-24', toDate: '2026-12-26', doorKeys: [], label: 'Christmas', note: '' },
      { id: 'b', kind: 'special_open', fromDate: '2026-12-29', toDate: '2026-12-30', doorKeys: ['office'], label: 'Year end', startTime: '10:00', endTime: '12:00' },
    ],
  },
  'config/manual-access-windows.json': { windows: [{ id: 'q', doorKeys: ['gym_front'], startAt: '2026-11-22T15:00:00Z', endAt: '2026-11-22T17:30:00Z', note: 'Delivery', createdAt: '2026-01-01T00:00:00Z' }] },
  'config/cancelled-office-hours.json': { dates: ['2026-11-25'] },
} as const;
const plannerEnv = 'PCO_AUTH_TYPE=personal_access_token\nPCO_APP_ID=a\nPCO_SECRET=b\nUNIFI_ACCESS_BASE_URL=https://192.168.59.9:12445\nUNIFI_ACCESS_API_TOKEN=t\nSYNC_CRON=*/5 * * * *\nSYNC_LOOKAHEAD_HOURS=240\nDISPLAY_TIMEZONE=America/New_York\nTELEGRAM_BOT_TOKEN=x\nTELEGRAM_CHAT_IDS=11,12\n';
const plannerFolder = (more: Readonly<Record<string, string>> = {}): string =>
  folder({ ...Object.fromEntries(Object.entries(planner).map(([name, value]) => [name, JSON.stringify(value)])), '.env': plannerEnv, ...more });
const now = Date.parse('2026-11-21T15:00:00Z');

describe('import fccplanner', () => {
  it('carries rooms, hours, exceptions, overrides, decisions and settings over', async () => {
    const out = join(folder({}), 'moved');
    const { code, out: said } = await runCommandLine(['import', 'fccplanner', plannerFolder(), '--out', out, '--site', 'first-church'], { now });
    expect([code, said]).toEqual([0, expect.stringContaining('0 not carried over')]);
    expect(parse(texts(out, 'sexton.yaml'))).toMatchObject({
      timeZone: 'America/New_York',
      unifi: { url: 'https://192.168.59.9:12445' },
      planningCenter: { auth: 'PersonalAccessToken', pollInterval: '5m', lookahead: '10d' },
      alerts: [{ type: 'Telegram', name: 'telegram-1', chatId: '11' }, { type: 'Telegram', name: 'telegram-2', chatId: '12' }],
    });
    expect(specs(out, 'resources/door-groups.yaml').map(({ metadata }) => metadata.name)).toEqual(['front-lobby', 'office', 'gym-front']);
    expect(specs(out, 'resources/door-groups.yaml')[2]?.spec).toMatchObject({
      displayName: 'Gym',
      doors: [{ id: 'door-gym' }],
      unlock: { method: 'Schedule', schedule: { name: 'PCO Sync gym_front' } },
      policy: { manage: true, name: 'PCO Sync Policy gym_front' },
    });
    expect(specs(out, 'resources/rooms.yaml')[0]?.spec).toEqual({
      timesFrom: 'Event',
      lead: '15m',
      lag: '20m',
      rooms: [{ name: 'Sanctuary', doorGroups: ['front-lobby'] }, { name: 'Gym', doorGroups: ['gym-front'] }],
      exclude: [{ eventNameContains: 'worship service', doorGroups: ['gym-front'] }, { roomContains: '1520 Hainesport Rd' }],
      locationFallback: true,
    });
    expect(specs(out, 'resources/office-hours.yaml').map(({ spec }) => spec)).toEqual([
      { weekly: [{ days: ['monday', 'wednesday'], hours: ['09:00-11:00', '13:00-17:00'], doorGroups: ['office'] }], closures: [{ from: '2026-11-25', to: '2026-11-25', reason: 'Cancelled' }] },
      {
        closures: [{ from: '2026-12-24', to: '2026-12-26', scope: 'Everything', reason: 'Christmas' }],
        openings: [
          { date: '2026-12-29', hours: ['10:00-12:00'], doorGroups: ['office'], reason: 'Year end' },
          { date: '2026-12-30', hours: ['10:00-12:00'], doorGroups: ['office'], reason: 'Year end' },
          { from: '2026-11-22T10:00', to: '2026-11-22T12:30', doorGroups: ['gym-front'], reason: 'Delivery' },
        ],
      },
    ]);
    expect(specs(out, 'resources/overrides.yaml').map(({ metadata, spec }) => [metadata.name, spec])).toEqual([
      ['youth-group', { match: { eventName: 'Youth Group' }, action: 'Adjust', doorGroups: [{ name: 'gym-front', windows: [{ open: '18:40', close: '19:20' }, { open: '21:15', close: '21:45' }] }, { name: 'front-lobby', windows: [] }] }],
      ['cancel-board-meeting', { match: { eventName: 'Board Meeting', startsAt: '2026-11-24T00:00:00Z' }, action: 'Cancel' }],
      ['deny-lock-in', { match: { eventName: 'Lock-in', startsAt: '2026-11-28T02:00:00Z' }, action: 'Deny' }],
    ]);
    expect(specs(out, 'resources/safe-hours.yaml')[0]?.spec).toEqual({ default: '05:00-23:00', days: { monday: '06:00-23:00', friday: '05:00-23:30' }, preApproved: ['Sunday Service'] });
    expect((await validateFiles([join(out, 'resources')], 'first-church')).problems).toEqual([]);
  });

  it('joins a configuration that the other import left, and names where the two differ', async () => {
    const out = join(folder({}), 'moved');
    const from = folder({ 'config.toml': stringify(doorSync), '.env': 'UNIFI_API_KEY=t\nCIVICRM_API_KEY=c\n' });
    await runCommandLine(['import', 'door-sync', from, '--out', out, '--time-zone', 'America/New_York']);
    const { code, out: said } = await runCommandLine(['import', 'fccplanner', plannerFolder(), '--out', out], { now });
    expect([code, said]).toEqual([1, expect.stringContaining('sexton.yaml unifi.url ("https://192.168.59.9:12445"): the configuration has it already')]);
    expect(said).toContain('1 not carried over');
    expect(parse(texts(out, 'sexton.yaml'))).toMatchObject({ unifi: { url: 'https://unifi.example.org:12445', tlsFingerprint: fingerprint }, civicrm: {}, planningCenter: {}, alerts: [{ type: 'Smtp' }, { name: 'telegram-1' }, { name: 'telegram-2' }] });
  });

  it('what has no meaning any longer is named: past windows, unknown doors, ranges it never opened', async () => {
    const from = plannerFolder({
      'config/office-hours.json': JSON.stringify({ enabled: false, schedule: { monday: { ranges: '17:00-9:00, abc, 9-10', doors: ['office', 'attic'] } } }),
      'config/manual-access-windows.json': JSON.stringify({ windows: [{ id: 'q', doorKeys: ['gym_front'], startAt: '2020-11-22T15:00:00Z', endAt: '2020-11-22T17:30:00Z' }] }),
      'config/event-memory.json': '{"events":[]}',
      '.env': `${plannerEnv}PORT=3000\nODD=1\nPCO_LOCATION_MUST_CONTAIN=Mount Laurel\n`,
    });
    const out = join(from, 'moved');
    const { code, out: said } = await runCommandLine(['import', 'fccplanner', from, '--out', out], { now });
    expect(code).toBe(1);
    for (const line of ['"17:00-9:00": it ends before it starts', '"abc": it is no range of times', '"attic": there is no door "attic"', 'windows[0]: it is past', 'event-memory.json: it is made from the calendar', 'env:PORT: ', 'env:ODD: Sexton does not know this field']) {
      expect(said).toContain(line);
    }
    expect(specs(out, 'resources/office-hours.yaml')[0]?.spec).toMatchObject({ suspend: true, weekly: [{ days: ['monday'], hours: ['09:00-10:00'], doorGroups: ['office'] }] });
    expect(specs(out, 'resources/rooms.yaml')[0]?.spec).toMatchObject({ onlyLocationContains: 'Mount Laurel' });
  });
});

describe('import fccplanner, from files that nobody tidied', () => {
  const files = (more: Readonly<Record<string, unknown>>): string => plannerFolder(Object.fromEntries(Object.entries(more).map(([name, value]) => [`config/${name}`, `\ufeff${JSON.stringify(value)}`])));
  const said = async (root: string, out: string): Promise<{ readonly code: number; readonly out: string; readonly err: string }> => runCommandLine(['import', 'fccplanner', root, '--out', out, '--site', 'first-church'], { now });

  it('lists without entries are nothing to tell', async () => {
    const root = files({ 'cancelled-office-hours.json': { dates: [] }, 'exception-calendar.json': { entries: [] }, 'manual-access-windows.json': { windows: [] }, 'event-overrides.json': { overrides: {} }, 'cancelled-events.json': { instances: [] }, 'pending-approvals.json': { pending: [] }, 'approved-event-names.json': [] });
    expect(await said(root, join(root, 'moved'))).toMatchObject({ code: 0, out: expect.stringContaining('0 not carried over') as string });
  });

  it('names a field of an entry that it does not know, without the characters that would hide it', async () => {
    const root = files({
      'exception-calendar.json': { entries: [{ id: 'a', kind: 'closure', fromDate: '2026-12-24', toDate: '2026-12-26', 'col\u202eor': 'red' }, { id: 'b', kind: 'special_open', fromDate: '0001-01-01', toDate: '9999-12-31', startTime: '10:00', endTime: '12:00' }] },
      'approved-event-names.json': ['Sunday Service', { name: 'Choir', by: 'me' }, 3],
    });
    const { code, out } = await said(root, join(root, 'moved'));
    expect([code, out.includes('\u202e')]).toEqual([1, false]);
    for (const line of ['exception-calendar.json: entries[0]."color": Sexton does not know this field', 'exception-calendar.json: entries[1]: it spans more than a year', 'approved-event-names.json: [1].by: Sexton does not know this field', 'approved-event-names.json: [2]: it is no name']) expect(out).toContain(line);
  });

  it('one room that cannot be leaves the others', async () => {
    const mapping = planner['config/room-door-mapping.json'];
    const root = files({ 'room-door-mapping.json': { ...mapping, rooms: { ...mapping.rooms, ['R'.repeat(300)]: ['office'] }, defaults: { unlockLeadMinutes: 1.5 } } });
    const out = join(root, 'moved');
    const { code, out: told } = await said(root, out);
    expect([code, told]).toEqual([1, expect.stringMatching(/RoomMapping\/rooms spec\.rooms\[2\]\.name: it would be refused: .* is too long/)]);
    expect(told).toContain('defaults.unlockLeadMinutes: it is no whole number of minutes');
    expect(specs(out, 'resources/rooms.yaml')[0]?.spec).toMatchObject({ rooms: [{ name: 'Sanctuary' }, { name: 'Gym' }] });
  });

  it('a file that may not be read is no file that is missing', async () => {
    const root = plannerFolder();
    // A loop of links: even root cannot read it.
    rmSync(join(root, 'config/safe-hours.json'));
    symlinkSync('safe-hours.json', join(root, 'config/safe-hours.json'));
    expect(await said(root, join(root, 'moved'))).toMatchObject({ code: 1, err: expect.stringContaining('safe-hours.json cannot be read (ELOOP)') as string });
  });
});

describe('after the older services, on the same UniFi', () => {
  let site: Site | null = null;
  let members: Site | null = null;
  afterAll(async () => {
    await site?.close();
    await members?.close();
  });

  it('what is left to change is the date that closes the doors should Sexton stop, and whom to adopt', async () => {
    const out = join(folder({}), 'moved');
    const settings = { ...planner, 'config/cancelled-office-hours.json': { dates: [] }, 'config/exception-calendar.json': { entries: [] }, 'config/manual-access-windows.json': { windows: [] } };
    await runCommandLine(['import', 'fccplanner', folder(Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, JSON.stringify(value)]))), '--out', out, '--time-zone', 'America/New_York'], { now });
    const files = Object.fromEntries(readdirSync(join(out, 'resources')).map((name) => [name, texts(out, `resources/${name}`)]));
    const empty = { sunday: [], monday: [], tuesday: [], wednesday: [], thursday: [], friday: [], saturday: [] };
    const hours = [{ start_time: '09:00:00', end_time: '11:00:00' }, { start_time: '13:00:00', end_time: '17:00:00' }];
    const doors = ['front', 'office', 'gym'].map((name) => ({ id: `door-${name}`, name }));
    site = await startSite({
      now: '2026-11-21T15:00:00Z',
      files,
      without: ['civicrm'],
      mode: 'DryRun',
      unifi: {
        doors,
        schedules: [
          { id: 's-front', name: 'PCO Sync front_lobby', weekly: empty },
          { id: 's-office', name: 'PCO Sync office', weekly: { ...empty, monday: hours, wednesday: hours } },
          { id: 's-gym', name: 'PCO Sync gym_front', weekly: empty },
        ],
        access_policies: [
          { id: 'p-front', name: 'PCO Sync Policy front_lobby', schedule_id: 's-front', resources: [{ id: 'door-front', type: 'door' }] },
          { id: 'p-office', name: 'PCO Sync Policy office', schedule_id: 's-office', resources: [{ id: 'door-office', type: 'door' }] },
          { id: 'p-gym', name: 'PCO Sync Policy gym_front', schedule_id: 's-gym', resources: [{ id: 'door-gym', type: 'door' }] },
        ],
        unlock_schedules: { 'door-front': 's-front', 'door-office': 's-office', 'door-gym': 's-gym' },
      },
    });
    expect(await site.run('doors')).toEqual([]);
    const view = site.composition.engine.view();
    const changes = rows(JSON.parse(JSON.stringify(view.diff.planes[0]?.changes ?? []))) as readonly { readonly object: { readonly kind: string; readonly name: string }; readonly before: object | null; readonly after: object | null }[];
    const schedules = changes.filter(({ object }) => object.kind === 'Schedule');
    expect(schedules.map(({ object }) => object.name)).toEqual(['PCO Sync front_lobby', 'PCO Sync gym_front', 'PCO Sync office']);
    // The programs stay as they are; each schedule only gets its fence.
    for (const { before, after } of schedules) expect({ ...after, holidays: '' }).toEqual({ ...before, holidays: '' });
    expect(changes.filter(({ object }) => object.kind !== 'Schedule').map(({ object }) => object.kind)).toEqual(['HolidayGroup', 'HolidayGroup']);
    expect(await site.writes()).toEqual([]);
  });

  it('of the members nothing is left to change but what the older program left undone: whoever has its number waits to be adopted', async () => {
    const out = join(folder({}), 'moved');
    const from = folder({ 'config.toml': stringify(doorSync), env: 'CIVICRM_API_KEY=one\nUNIFI_API_KEY="two"\n' });
    await runCommandLine(['import', 'door-sync', from, '--out', out, '--site', 'first-church', '--time-zone', 'America/New_York']);
    const older = (contact: number, status: string): object => ({
      id: `u-${contact}`,
      first_name: `First${contact}`,
      last_name: `Last${contact}`,
      employee_number: String(contact),
      status,
      access_policy_ids: status === 'ACTIVE' ? ['p-1'] : [],
      nfc_cards: [{ token: `t${contact}` }],
    });
    const cards = [201, 202, 203].map((contact) => ({ token: `t${contact}`, alias: `sync-00${contact}`, nfc_id: (42 * 65_536 + contact).toString(16).toUpperCase() }));
    members = await startSite({
      now: '2026-11-21T15:00:00Z',
      files: { 'members.yaml': texts(out, 'resources/members.yaml') },
      without: ['planningCenter'],
      mode: 'DryRun',
      civicrm: {
        card_field: 'Door_Access.card_id',
        contacts: [person(201, '201', 'Gold'), person(202, '202', 'Gold'), person(203, '203', 'Gold', { memberships: [] }), person(204, '204', 'Gold')],
      },
      unifi: {
        schedules: [],
        access_policies: [{ id: 'p-1', name: 'Members', resources: [], schedule_id: '' }],
        users: [older(201, 'ACTIVE'), older(202, 'ACTIVE'), older(203, 'DEACTIVATED')],
        cards,
      },
    });
    expect(await members.run('members')).toEqual([]);
    const view = members.composition.engine.view();
    const changes = view.diff.planes.find(({ plane }) => plane === 'members')?.changes ?? [];
    // Only the newcomer, whom the older program had not seen yet; no twin of anybody.
    expect(changes.map(({ verb, contact }) => [verb, contact])).toEqual([['add', 204]]);
    expect(Object.fromEntries(view.members.map(({ contact, outcome }) => [contact, outcome]))).toEqual({ 201: 'AdoptionPending', 202: 'AdoptionPending', 203: 'None', 204: 'Access' });
    expect(await members.writes()).toEqual([]);
  });
});

describe('rooms as a table', () => {
  it('reads the table of the older service, and names what it cannot read', () => {
    const text = 'room,front_lobby,gym_front,notes\n103 Classroom,,yes,\n"Hall, big",YES,x,mind the step\nNowhere,,,\nKitchen,perhaps,1,\n';
    const { files, notCarried } = importRoomsCsv(text, ['front-lobby', 'gym-front']);
    expect(files[0]?.documents).toEqual([
      {
        kind: 'RoomMapping',
        name: 'rooms',
        spec: {
          rooms: [
            { name: '103 Classroom', doorGroups: ['gym-front'] },
            { name: 'Hall, big', doorGroups: ['front-lobby', 'gym-front'] },
            { name: 'Kitchen', doorGroups: ['gym-front'] },
          ],
        },
      },
    ]);
    expect(notCarried.map(({ from }) => from)).toEqual(['line 3, notes', 'line 4', 'line 5, front_lobby']);
    expect(importRoomsCsv('door,x\na,yes\n', []).notCarried[0]?.reason).toContain('no column "room"');
    expect(importRoomsCsv('room,cellar\na,yes\n', ['gym-front']).notCarried[0]?.reason).toBe('there is no DoorGroup "cellar"');
  });

  it('is written from the resources in force, and says what a table has no column for', async () => {
    const own = makeSite();
    own.write('resources/doors.yaml', [doorGroup('gym'), doorGroup('rear')].join('---\n'));
    own.write('resources/rooms.yaml', 'apiVersion: sexton.dev/v1alpha1\nkind: RoomMapping\nmetadata: { name: main }\nspec:\n  timesFrom: Booking\n  rooms:\n    - { name: Gym, doorGroups: [gym], lead: 30m }\n    - { nameContains: Class, doorGroups: [gym, rear] }\n    - { resourceId: "46", doorGroups: [rear] }\n');
    const { code, out, err } = await own.run(['export', 'csv']);
    expect([code, err]).toEqual([1, expect.stringContaining('RoomMapping/main spec.timesFrom')]);
    expect(out).toBe('room,match,lead,lag,mapping,gym,rear\nGym,name,30m,,main,yes,\nClass,contains,,,main,yes,yes\n46,id,,,main,,yes\n');
  });

  it('is read as spreadsheets save it, and refused where letters cannot be told', async () => {
    const table = 'room;front_lobby\r\n"Saal; ""é"" gro\u00df";x\r\n';
    const root = folder({});
    const wanted = [{ kind: 'RoomMapping', metadata: { name: 'rooms' }, spec: { rooms: [{ name: 'Saal; "é" gro\u00df', doorGroups: ['front-lobby'] }] } }];
    const forms = { 'utf8.csv': Buffer.from(`\ufeff${table}`), 'utf16le.csv': Buffer.from(`\ufeff${table}`, 'utf16le'), 'utf16be.csv': Buffer.from(`\ufeff${table}`, 'utf16le').swap16() };
    for (const [name, bytes] of Object.entries(forms)) {
      writeFileSync(join(root, name), bytes);
      await runCommandLine(['import', 'csv', join(root, name), '--out', join(root, `${name}-out`)]);
      expect(specs(join(root, `${name}-out`), 'resources/rooms.yaml')).toMatchObject(wanted);
    }
    writeFileSync(join(root, 'latin1.csv'), Buffer.from(table, 'latin1'));
    expect(await runCommandLine(['import', 'csv', join(root, 'latin1.csv'), '--out', join(root, 'x')])).toMatchObject({ code: 1, err: expect.stringContaining('save it as UTF-8') as string });
  });

  it('of thousands becomes mappings that validate; door groups keep names that look like numbers', () => {
    const text = `room,103,a.b\n${Array.from({ length: 4_500 }, (_, index) => `Room ${index},yes,yes\n`).join('')}`;
    const { files, notCarried } = importRoomsCsv(text, []);
    expect(notCarried).toEqual([]);
    expect(files.map(({ file, documents }) => [file, documents.map(({ name }) => name)])).toEqual([
      ['rooms.yaml', ['rooms', 'rooms-2', 'rooms-3', 'rooms-4']],
      ['rooms-2.yaml', ['rooms-5']],
    ]);
    expect(files[1]?.documents[0]?.spec['rooms']).toHaveLength(500);
    expect(files[0]?.documents[0]?.spec['rooms']).toMatchObject([{ doorGroups: ['103', 'a.b'] }, {}, ...Array.from({ length: 998 }, () => ({}))]);
    const reserved = { apiVersion: 'sexton.dev/v1alpha1', kind: 'RoomMapping', metadata: { name: 'main' }, spec: { rooms: [{ name: 'Hall', doorGroups: ['notes'] }] } } as unknown as Resource<'RoomMapping'>;
    expect(exportRoomsCsv([reserved], ['notes']).notCarried).toEqual([{ from: 'DoorGroup/notes', reason: 'the table has a column of that name for something else' }]);
  });

  it('there and back again it says the same', () => {
    const group = fc.constantFrom('gym', 'rear-lobby', 'office', 'front');
    const label = fc.string({ minLength: 3, maxLength: 12, unit: fc.constantFrom('a', 'B', ' ', ',', '"', '=', '+', "'", 'é', ';', '1') }).map((text) => `x${text}y`.replace(/\s+/g, ' '));
    const formula = fc.constantFrom('=SUM(A1)', '+1', '-2', '@x');
    const room = fc.record({
      name: fc.oneof(label, formula),
      field: fc.constantFrom('name', 'nameContains', 'resourceId'),
      doorGroups: fc.uniqueArray(group, { minLength: 1, maxLength: 4 }),
      lead: fc.option(fc.constant('30m'), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(room, { minLength: 1, maxLength: 6 }), (rooms) => {
        const groups = ['gym', 'rear-lobby', 'office', 'front'];
        const spec = {
          suspend: false,
          timesFrom: 'Published',
          locationFallback: false,
          exclude: [],
          rooms: rooms.map(({ name, field, doorGroups, lead }) => ({ [field]: name, doorGroups: groups.filter((each) => (doorGroups as readonly string[]).includes(each)), ...(lead === undefined ? {} : { lead }) })),
        };
        const mapping = { apiVersion: 'sexton.dev/v1alpha1', kind: 'RoomMapping', metadata: { name: 'main' }, spec } as unknown as Resource<'RoomMapping'>;
        const { text, notCarried } = exportRoomsCsv([mapping], groups);
        expect(notCarried).toEqual([]);
        const back = importRoomsCsv(text, groups);
        expect(back.notCarried).toEqual([]);
        expect(back.files[0]?.documents).toEqual([{ kind: 'RoomMapping', name: 'main', spec: { rooms: spec.rooms } }]);
      }),
      { numRuns: 200 },
    );
  });
});
