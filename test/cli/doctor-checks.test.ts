import { createServer } from 'node:http';
import { request as secureRequest } from 'node:https';
import { join } from 'node:path';
import picocolors from 'picocolors';
import { afterEach, describe, expect, it } from 'vitest';
import { parseDocuments } from '../../src/api/documents.js';
import type { Resource } from '../../src/api/resource.js';
import { validateResource } from '../../src/api/validate.js';
import { checkText } from '../../src/cli/doctor/check-text.js';
import { failed, ok, type Check } from '../../src/cli/doctor/check.js';
import { declaredChecks } from '../../src/cli/doctor/declared-checks.js';
import { machineChecks, type MachineInputs } from '../../src/cli/doctor/machine-checks.js';
import { alertChecks, gitOpsChecks } from '../../src/cli/doctor/telling-checks.js';
import { viewChecks } from '../../src/cli/doctor/view-checks.js';
import { unifiChecks } from '../../src/cli/doctor/unifi-checks.js';
import { systemClock } from '../../src/runtime/clock.js';
import { loadConfiguration, type Configuration } from '../../src/runtime/config.js';
import { silentLogger } from '../../src/runtime/log.js';
import { unifiDefinition } from '../../src/sim/unifi/definition.js';
import type { PlaneView, SourceView, StatusView } from '../../src/status/view.js';
import { createUnifiClient } from '../../src/unifi/developer-api/client.js';
import { rows, startTestSimulator, type TestSimulator } from '../support/sim.js';
import { doorGroup, makeSite } from './harness.js';
import { calmView } from './view-fixture.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const areas = ['space', 'policy', 'user', 'credential'] as const;
const everything = areas.flatMap((area) => [`view:${area}`, `edit:${area}`]);

interface Look {
  readonly seed?: Readonly<Record<string, unknown>>;
  readonly quirks?: Readonly<Record<string, string>>;
  readonly fault?: Readonly<Record<string, unknown>>;
  readonly mayTryEdits?: boolean;
  /** In front of the simulator. */
  readonly through?: (unifi: TestSimulator) => Promise<string>;
  readonly now?: () => number;
}

async function look({ seed, quirks, fault, mayTryEdits = true, through, now = () => Date.now() }: Look): Promise<{ readonly checks: readonly Check[]; readonly unifi: TestSimulator }> {
  const unifi = await startTestSimulator(unifiDefinition, { seed: { doors: [{ id: 'd1', name: 'Lobby' }], ...seed }, ...(quirks && { quirks }) });
  closing.push(() => unifi.close());
  if (fault !== undefined) await unifi.sim('/fault', { times: -1, ...fault });
  const url = (await through?.(unifi)) ?? unifi.listening;
  const client = createUnifiClient({ url, token: 'sim-unifi-token', ...(url === unifi.listening ? { fingerprint: unifi.fingerprint ?? '' } : {}), clock: systemClock, log: silentLogger });
  closing.push(() => client.close());
  const configuration = { url, tlsFingerprint: unifi.fingerprint ?? null, concurrency: 4, resync: 300_000 } as Configuration['unifi'];
  return { checks: await unifiChecks({ configuration, unifi: client, certificate: () => Promise.resolve(unifi.fingerprint ?? null), now, mayTryEdits }), unifi };
}

const stateOf = (checks: readonly Check[], name: string): string | undefined => checks.find((check) => check.name === name)?.state;
const wrong = (checks: readonly Check[]): readonly string[] => checks.filter(({ state }) => state === 'Failed').map(({ name }) => name);
const seedWith = (scopes: readonly string[]) => ({ tokens: [{ token: 'sim-unifi-token', scopes }] });

describe('what the token may', () => {
  it('a token with every scope may, and every try is of nothing', async () => {
    const { checks, unifi } = await look({ seed: seedWith(everything) });
    expect(wrong(checks)).toEqual([]);
    for (const scope of everything) expect([scope, stateOf(checks, `unifi.scope.${scope}`)]).toEqual([scope, 'Ok']);
    const tries = rows(await unifi.sim('/requests')).filter(({ method, path }) => method !== 'GET' || String(path).includes('/sessions/'));
    expect(tries.map(({ method, path }) => `${String(method)} ${String(path).replace('/api/v1/developer', '')}`)).toEqual([
      'PUT /users/00000000-0000-0000-0000-000000000000',
      'DELETE /access_policies/00000000-0000-0000-0000-000000000000',
      'PUT /doors/00000000-0000-0000-0000-000000000000/lock_rule',
      'GET /credentials/nfc_cards/sessions/00000000-0000-0000-0000-000000000000',
    ]);
  });

  it.each(areas.map((area) => [area] as const))('a token that may look at %s alone, and edit all the rest', async (area) => {
    const { checks } = await look({ seed: seedWith(everything.filter((scope) => scope !== `edit:${area}`)) });
    expect(wrong(checks)).toEqual([`unifi.scope.edit:${area}`]);
    expect(checks.find(({ state }) => state === 'Failed')?.message).toMatch(/the token lacks the scope edit:\w+\. In the API token settings .*: Edit"\. .* make a new one/);
  });

  it.each(areas.map((area) => [area] as const))('a token that may do nothing with %s', async (area) => {
    const { checks } = await look({ seed: seedWith(everything.filter((scope) => !scope.endsWith(`:${area}`))) });
    expect(wrong(checks)).toEqual(expect.arrayContaining([`unifi.scope.view:${area}`, `unifi.scope.edit:${area}`]));
    expect(wrong(checks).every((name) => name.endsWith(`:${area}`) || (area === 'policy' && name === 'unifi.defaultPolicy'))).toBe(true);
  });

  it.each([
    ['an older version that does not know the call', { status: 404, body: '{"code":404,"codeS":"CODE_NOT_FOUND","msg":"The API was not found.","error":"you entered no-man zone"}' }],
    ['the same with status 200', { status: 200, body: '{"code":404,"codeS":"CODE_NOT_FOUND","msg":"The API was not found.","error":"you entered no-man zone"}' }],
    ['a failure of the console', { status: 500, body: '<html>' }],
    ['a failure that UniFi names', { code: 'CODE_SYSTEM_ERROR', msg: 'Server system error.' }],
    ['a line that breaks', { reset: true }],
  ] as const)('%s is neither may nor may not', async (_, answer) => {
    const { checks } = await look({ fault: { match: '^(PUT|DELETE) |/sessions/', ...answer } });
    for (const area of areas) {
      const check = checks.find(({ name }) => name === `unifi.scope.edit:${area}`);
      expect(check).toMatchObject({ state: 'Warning', message: expect.stringMatching(/^it cannot be told: /) as string, remedy: expect.stringContaining('API token settings') as string });
    }
    expect(wrong(checks)).toEqual([]);
  });

  it('whatever status errors come with', async () => {
    for (const quirks of [{ 'business-error-status': '200' }, { 'business-error-status': '400' }]) {
      const { checks } = await look({ seed: seedWith(everything.filter((scope) => scope !== 'edit:credential')), quirks });
      expect(wrong(checks)).toEqual(['unifi.scope.edit:credential']);
    }
  });

  it('in a dry run nothing that writes is tried, and cards still are', async () => {
    const { checks, unifi } = await look({ mayTryEdits: false });
    expect(areas.map((area) => stateOf(checks, `unifi.scope.edit:${area}`))).toEqual(['Skipped', 'Skipped', 'Skipped', 'Ok']);
    expect(rows(await unifi.sim('/requests')).every(({ method }) => method === 'GET')).toBe(true);
  });

  it('a wrong token is told once, and nothing more is asked', async () => {
    const { checks } = await look({ seed: { tokens: [{ token: 'another', scopes: ['*'] }] } });
    expect(checks.map(({ name, state }) => `${state} ${name}`)).toEqual(['Ok unifi.certificate', 'Failed unifi.scope.view:space']);
    expect(checks[1]?.message).toContain('make a new API token in UniFi Access');
  });
});

describe('the clock of UniFi', () => {
  /** A console that says another time, or none. */
  const proxied = (date: string | null) => async (unifi: TestSimulator): Promise<string> => {
    const { hostname, port } = new URL(unifi.listening);
    const server = createServer((incoming, outgoing) => {
      outgoing.sendDate = false;
      const onward = secureRequest({ hostname, port, path: incoming.url, method: incoming.method, headers: incoming.headers, rejectUnauthorized: false }, (answer) => {
        const headers = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => name !== 'date'));
        outgoing.writeHead(answer.statusCode ?? 500, { ...headers, ...(date === null ? {} : { date }) });
        answer.pipe(outgoing);
      });
      incoming.pipe(onward);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => server.close());
    server.unref();
    const address = server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  };

  it('that says none leaves the check out, and says so', async () => {
    const { checks } = await look({ through: proxied(null) });
    expect(checks.find(({ name }) => name === 'unifi.clock')).toMatchObject({ state: 'Skipped', message: expect.stringContaining('does not say what time it is') as string });
  });

  it('that is ten minutes off is wrong', async () => {
    const { checks } = await look({ through: proxied(new Date(Date.now() - 600_000).toUTCString()) });
    expect(checks.find(({ name }) => name === 'unifi.clock')).toMatchObject({ state: 'Failed', message: expect.stringMatching(/^(599|60\d) s behind ours; nothing is written/) as string, remedy: 'set the clocks of both by NTP' });
  });
});

function groupsOf(...specs: readonly string[]): readonly Resource<'DoorGroup'>[] {
  return specs.flatMap((spec, index) => {
    const text = `apiVersion: sexton.dev/v1alpha1\nkind: DoorGroup\nmetadata: { name: group-${index} }\nspec: ${spec}\n`;
    return parseDocuments('doors.yaml', text).documents.flatMap((document) => {
      const { resource, problems } = validateResource(document);
      expect(problems).toEqual([]);
      return resource?.kind === 'DoorGroup' ? [resource] : [];
    });
  });
}

describe('what door groups name', () => {
  const seed = {
    doors: [{ id: 'd1', name: 'Lobby' }, { id: 'd2', name: 'Gym' }, { id: 'd3', name: 'Gym' }, { id: 'd4', name: 'Attic', is_bind_hub: false }],
    schedules: [{ id: 's1', name: 'lobby hours' }],
  };
  async function judged(...specs: readonly string[]): Promise<readonly Check[]> {
    const unifi = await startTestSimulator(unifiDefinition, { seed });
    closing.push(() => unifi.close());
    const client = createUnifiClient({ url: unifi.listening, token: 'sim-unifi-token', fingerprint: unifi.fingerprint ?? '', clock: systemClock, log: silentLogger });
    closing.push(() => client.close());
    return declaredChecks({ groups: groupsOf(...specs), doors: await client.listDoors(), schedules: await client.listSchedules() });
  }

  it.each([
    ['all there', '{ doors: [{ name: Lobby }, { id: d2 }], unlock: { schedule: { name: lobby hours } } }', 'Ok', 'each door of a DoorGroup is there', null],
    ['no such door', '{ doors: [{ name: Loby }], unlock: { method: LockRule } }', 'Failed', 'UniFi has no door "Loby" (DoorGroup/group-0)', '`sexton get doors` lists them all'],
    ['no such id', '{ doors: [{ id: d9 }], unlock: { method: LockRule } }', 'Failed', 'UniFi has no door with the id d9 (DoorGroup/group-0)', '`sexton get doors` lists them all'],
    ['a name of two doors', '{ doors: [{ name: Gym }], unlock: { method: LockRule } }', 'Failed', 'UniFi has 2 doors "Gym" (DoorGroup/group-0)', 'by its id in DoorGroup/group-0 (d2 or d3)'],
    ['a door without a hub', '{ doors: [{ name: Attic }], unlock: { method: LockRule } }', 'Warning', 'no hub answers for the door "Attic"', 'adopt it in UniFi Access'],
    ['no such schedule', '{ doors: [{ name: Lobby }] }', 'Failed', 'UniFi has no schedule "Sexton group-0" (DoorGroup/group-0)', 'create it in UniFi Access'],
    ['a schedule that Sexton makes', '{ doors: [{ name: Lobby }], unlock: { schedule: { create: true } } }', 'Ok', 'each schedule of a DoorGroup is there', null],
    ['doors that only policies open', '{ doors: [{ name: Attic }], unlock: { method: None } }', 'Ok', 'each door of a DoorGroup is there', null],
  ] as const)('%s', async (_, spec, state, message, remedy) => {
    const found = (await judged(spec)).find((check) => check.message.includes(message));
    expect(found).toMatchObject({ state, remedy: remedy === null ? null : (expect.stringContaining(remedy) as string) });
  });

  it('no group at all is worth a word', async () => {
    expect(await judged()).toMatchObject([{ state: 'Warning', remedy: expect.stringContaining('--commission') as string }]);
  });
});

describe('this machine', () => {
  const site = makeSite();
  const loaded = loadConfiguration(join(site.root, 'sexton.yaml'));
  if (loaded.config === undefined) throw new Error('the configuration is not valid');
  const { config: configuration } = loaded;
  const wellOff: MachineInputs = { configuration, credentials: { UNIFI_API_TOKEN: 'x' }, nodeVersion: 'v20.19.0', synchronised: () => true };
  site.write('resources/doors.yaml', doorGroup('gym'));

  it('that is well has nothing to mend', async () => {
    const checks = await machineChecks(wellOff);
    expect(checks.filter(({ state }) => state !== 'Ok').map(({ name, state }) => `${state} ${name}`)).toEqual(['Warning machine.daemon']);
  });

  it.each([
    ['an old Node', { nodeVersion: 'v20.18.9' }, 'machine.node', 'Failed', /too old/, /install Node 20\.19/],
    ['a newer Node', { nodeVersion: 'v24.0.0' }, 'machine.node', 'Ok', /24/, null],
    ['a clock that is not set', { synchronised: (): boolean => false }, 'machine.clock', 'Failed', /nothing is written until it is/, /timedatectl/],
    ['a clock that nobody judges', { synchronised: (): null => null }, 'machine.clock', 'Warning', /UniFi's own time decides/, /systemd-timesyncd/],
    ['a missing credential', { credentials: {} }, 'machine.credentials', 'Failed', /^UNIFI_API_TOKEN is not set/, /\$CREDENTIALS_DIRECTORY/],
    ['a state directory that is not there yet', { configuration: { ...configuration, stateDir: join(site.root, 'none') } }, 'machine.stateDir', 'Warning', /ENOENT/, /first start/],
    // The kernel's own file system: nobody writes there, and it has no room.
    ['a state directory that nobody can write', { configuration: { ...configuration, stateDir: '/proc/sys' } }, 'machine.stateDir', 'Failed', /cannot be written/, /give it/],
    ['a card that is full', { configuration: { ...configuration, stateDir: '/proc' } }, 'machine.space', 'Failed', /^0 MiB are free/, /free some space/],
    ['a runtime directory that is a file', { configuration: { ...configuration, runtimeDir: join(site.root, 'sexton.yaml') } }, 'machine.daemon', 'Failed', /ENOTDIR/, null],
    ['no resources', { configuration: { ...configuration, resources: site.stateDir } }, 'resources', 'Warning', /holds no resource/, /--commission/],
  ] as const)('%s', async (_, change, name, state, message, remedy) => {
    const found = (await machineChecks({ ...wellOff, ...change })).find((check) => check.name === name);
    expect(found).toMatchObject({ state, message: expect.stringMatching(message) as string, remedy: remedy === null ? null : (expect.stringMatching(remedy) as string) });
  });
});

describe('the site as a whole', () => {
  const { config } = loadConfiguration(join(makeSite().root, 'sexton.yaml'));
  if (config === undefined) throw new Error('the configuration is not valid');
  const { planningCenter, civicrm } = config;
  const everythingOn = { ...config, planningCenter: planningCenter ?? ({} as NonNullable<Configuration['planningCenter']>), civicrm: civicrm ?? ({} as NonNullable<Configuration['civicrm']>) };
  const status = calmView().status;
  const judged = (change: Partial<StatusView>): readonly Check[] => viewChecks({ ...calmView(), status: { ...status, ...change } }, everythingOn);
  const source = (name: string, change: Partial<SourceView>): Partial<StatusView> => ({ sources: status.sources.map((each) => (each.name === name ? { ...each, ...change } : each)) });
  const plane = (change: Partial<PlaneView>): Partial<StatusView> => ({ planes: status.planes.map((each) => (each.plane === 'doors' ? { ...each, ...change } : each)) });

  it('that is well has nothing to mend', () => {
    expect(judged({}).filter(({ state }) => state !== 'Ok').map(({ name, state }) => `${state} ${name}`)).toEqual(['Skipped gitOps']);
  });

  it.each([
    ['CiviCRM that shows nobody', source('civicrm', { items: 0 }), 'source.civicrm', 'Failed', /shows nobody who has a card/, /"view all contacts"/],
    ['a calendar without a booking', source('planningCenter', { items: 0 }), 'source.planningCenter', 'Warning', /no booking/, /sees its rooms/],
    ['an answer with holes', source('civicrm', { complete: false }), 'source.civicrm', 'Failed', /not complete/, /permissions of the API user/],
    ['a calendar that refuses', source('planningCenter', { complete: false, error: 'Planning Center refuses access to Calendar (403)' }), 'source.planningCenter', 'Failed', /\(403\)/, /the token/],
    ['a source that was never asked', { sources: [] }, 'source.civicrm', 'Failed', /not read/, /check civicrm/],
    ['another owner', plane({ ready: false, reason: 'NotOwner', message: 'it belongs to x' }), 'plane.doors', 'Failed', /NotOwner: it belongs to x/, /sexton adopt controller/],
    ['another UniFi', plane({ ready: false, reason: 'ControllerReplaced', message: 'it is new' }), 'plane.doors', 'Failed', /ControllerReplaced/, /sexton adopt controller/],
    ['wrong clocks', plane({ ready: false, reason: 'ClockSkew', message: '9 min' }), 'plane.doors', 'Failed', /9 min/, /NTP/],
    ['an empty directory', plane({ ready: false, reason: 'Suspended', message: 'it is empty' }), 'plane.doors', 'Warning', /it is empty/, /bring the files back/],
    ['a group that is not Ready', { doorGroups: status.doorGroups.map((each) => ({ ...each, ready: false })) }, 'DoorGroup/front-lobby', 'Failed', /not Ready/, /sexton describe dg\/front-lobby/],
    ['a group in a dry run', { mode: 'DryRun', doorGroups: status.doorGroups.map((each) => ({ ...each, ready: false })) }, 'DoorGroup/front-lobby', 'Warning', /does not hold it yet/, /mode: Apply/],
    ['a brake', { held: [{ kind: 'plan', ref: 'plan/0123456789ab', summary: '9 of 10 deactivated', release: 'sexton approve plan/0123456789ab' }] }, 'held', 'Warning', /9 of 10/, /sexton approve plan\/0123456789ab/],
  ] as const)('%s', (_, change, name, state, message, remedy) => {
    expect(judged(change as Partial<StatusView>).find((check) => check.name === name)).toMatchObject({ state, message: expect.stringMatching(message) as string, remedy: expect.stringMatching(remedy) as string });
  });

  it('what a source lacks is told once, not of the plane as well', () => {
    const error = 'CiviCRM refuses access to contacts (403)';
    const checks = judged({ ...source('civicrm', { complete: false, error }), planes: status.planes.map((each) => (each.plane === 'members' ? { ...each, ready: false, reason: 'SourceIncomplete', message: error } : each)) });
    expect(wrong(checks)).toEqual(['source.civicrm']);
  });
});

describe('whether anybody is told', () => {
  const file = { name: 'file', type: 'File', ok: true, waiting: 0, lastSuccess: null, failingSince: null, error: null } as const;
  const mail = { type: 'Webhook', name: 'hook', minSeverity: 'Info', url: 'https://example.org/x', caFile: null } as const;
  const beat = { url: 'https://example.org/y' };
  const untried = { ok: true, lastSuccess: null, failingSince: null, error: null };
  const worked = { ok: true, lastSuccess: '2026-11-21T12:00:00Z', failingSince: null, error: null };
  const broken = { ok: false, lastSuccess: null, failingSince: '2026-11-21T12:00:00Z', error: 'hook: the service answered 500.' };
  const live = (state: typeof untried | typeof worked | typeof broken) => ({ alerts: [], transports: [file, { name: 'hook', type: 'Webhook', waiting: 0, ...state } as const], heartbeat: state });

  it.each([
    ['nobody', { alerts: [], heartbeat: null }, null, ['Warning', 'Warning']],
    ['nobody knows yet', { alerts: [mail], heartbeat: beat }, null, ['Warning', 'Warning']],
    ['never tried', { alerts: [mail], heartbeat: beat }, live(untried), ['Warning', 'Warning']],
    ['it works', { alerts: [mail], heartbeat: beat }, live(worked), ['Ok', 'Ok']],
    ['it fails', { alerts: [mail], heartbeat: beat }, live(broken), ['Failed', 'Failed']],
  ] as const)('%s', (_, configured, alerting, expected) => {
    const checks = alertChecks(configured, alerting);
    expect(checks.map(({ state }) => state)).toEqual(expected);
    expect(checks.every(({ state, remedy }) => (state === 'Ok') === (remedy === null))).toBe(true);
  });

  const revision = { commit: 'a'.repeat(40), branch: 'main', authoredAt: '2026-11-21T11:00:00Z', pulledAt: '2026-11-21T11:01:00Z' };
  const gitOps = { revision, refused: null, fetchedAt: '2026-11-21T12:00:00Z', failed: null, intervalSeconds: 60 };
  const refused = { commit: 'b'.repeat(40), authoredAt: null, since: '2026-11-21T11:30:00Z', reason: 'Invalid', message: 'hours.yaml is not valid', problems: [] } as const;
  it.each([
    ['off', null, 'Skipped'],
    ['in force', gitOps, 'Ok'],
    ['never pulled', { ...gitOps, revision: null }, 'Failed'],
    ['refused', { ...gitOps, refused }, 'Failed'],
    ['failing', { ...gitOps, failed: { since: '2026-11-21T11:30:00Z', code: 'X', message: 'no network' } }, 'Failed'],
    ['silent', { ...gitOps, fetchedAt: '2026-11-21T11:50:00Z' }, 'Warning'],
  ] as const)('git-ops %s', (_, state, expected) => {
    const [check] = gitOpsChecks(state, Date.parse('2026-11-21T12:00:10Z'));
    expect([check?.state, check?.remedy === null]).toEqual([expected, expected === 'Ok' || expected === 'Skipped']);
  });
});

describe('on a phone', () => {
  const colors = picocolors.createColors(false);
  const long = `the certificate is ${Array.from({ length: 32 }, () => 'AB').join(':')}, and nothing is pinned`;

  it.each([80, 60, 40, 200])('%s columns: it lines up, and only a word that is longer sticks out', (columns) => {
    const text = [ok('machine.node', 'Node v20'), failed('unifi.certificate', long, 'compare it with what the console shows, then pin it, and look once more whether all is well'), failed('x', 'ü'.repeat(30), 'y')].map((check) => checkText(check, { colors, columns })).join('');
    const lines = text.trimEnd().split('\n');
    expect(lines.filter((line) => line.length > Math.min(80, columns) && line.trimStart().includes(' '))).toEqual([]);
    expect(lines.every((line) => /^(ok {7}|WRONG {4}|look {5}|skipped {2})\S|^ {9}(-> |\S| {3}\S)/.test(line))).toBe(true);
    expect(text.replaceAll(/\s+/g, ' ')).toContain(long);
  });

  it('what UniFi calls things moves nothing', () => {
    expect(checkText(failed('unifi.doors', 'UniFi has no door "A\u202eB\u001b[2J\nC"'), { colors })).toBe('WRONG    unifi.doors                   UniFi has no door "AB[2J C"\n');
  });
});
