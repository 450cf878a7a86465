import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { bookedEvent, churchFiles, doorGroup, officeHours, person, roomMapping } from '../support/church.js';
import { hoursFromNow, install, type Installation, type InstallationOptions } from '../support/installation.js';
import { compiledProgram, until } from '../support/process.js';
import { call, rows } from '../support/sim.js';

const program = compiledProgram();
const installations: Installation[] = [];
afterEach(async () => {
  await program.endAll();
  for (const each of installations.splice(0)) await each.close();
});
afterAll(() => program.remove());

async function site(options?: InstallationOptions): Promise<Installation> {
  const made = await install(program, options);
  installations.push(made);
  return made;
}

interface Readiness {
  readonly planes: Readonly<Record<'doors' | 'members', { readonly ready: boolean; readonly lastSuccess: string | null; readonly reason: string | null }>>;
}

describe('the daemon', () => {
  it('answers /healthz, /readyz and /metrics under the names that are promised', async () => {
    const here = await site();
    const daemon = await here.daemon();
    expect(await daemon.get('/healthz')).toMatchObject({ status: 200, json: { ok: true } });
    const ready = await daemon.get('/readyz');
    expect(ready.status).toBe(200);
    const { planes } = ready.json as Readiness;
    for (const plane of ['doors', 'members'] as const) {
      expect(planes[plane]).toMatchObject({ ready: true, reason: null });
      expect(planes[plane].lastSuccess).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    }
    const { text } = await daemon.get('/metrics');
    const samples = [
      /^controller_runtime_reconcile_total\{controller="doors",result="success"\} [1-9]/m,
      /^controller_runtime_reconcile_total\{controller="members",result="error"\} 0$/m,
      /^controller_runtime_reconcile_errors_total(\{controller="doors"\})? 0$/m,
      /^controller_runtime_reconcile_time_seconds_count\{controller="members"\} [1-9]/m,
      /^workqueue_depth\{name="doors"\} 0$/m,
      /^workqueue_adds_total\{name="members"\} [1-9]/m,
      /^workqueue_queue_duration_seconds_count\{name="doors"\} [1-9]/m,
      /workqueue_work_duration_seconds/,
      /^workqueue_retries_total\{name="doors"\} 0$/m,
      /^sexton_last_success_timestamp_seconds\{plane="doors"\} 1\d{9}$/m,
      /^sexton_source_age_seconds\{source="civicrm"\} \d/m,
      /^sexton_source_complete\{source="planningCenter"\} 1$/m,
      /^sexton_plan_changes_total\{plane="members",verb="add"\} 2$/m,
      /^sexton_held_changes\{plane="members"\} 0$/m,
      /^sexton_quarantined 0$/m,
      /^sexton_pending_events 0$/m,
      /^sexton_condition\{kind="DoorGroup",name="lobby",type="Ready",status="True"\} 1$/m,
      /^sexton_door_open\{group="lobby"\} 1$/m,
      /^sexton_door_open\{group="gym"\} 0$/m,
      /^sexton_http_requests_total\{host="127\.0\.0\.1:\d+",method="POST",code="200"\} [1-9]/m,
      /^sexton_http_request_seconds_count\{host="127\.0\.0\.1:\d+"\} [1-9]/m,
      /^sexton_disk_writes_total\{what="[a-z]+"\} [1-9]/m,
    ];
    for (const sample of samples) expect(text).toMatch(sample);
    expect(await daemon.get('/elsewhere')).toMatchObject({ status: 404 });
    expect((await daemon.stop()).code).toBe(0);
  });

  it('is ready when the plane it was started for is', async () => {
    const here = await site();
    await here.links.civicrm.shut();
    const daemon = await here.daemon('--plane', 'doors');
    const { status, json } = await daemon.get('/readyz');
    expect([status, (json as Readiness).planes]).toMatchObject([200, { doors: { ready: true }, members: { ready: false, reason: 'NotRunning' } }]);
    await daemon.stop();
  });

  it('is not ready before its planes have run', async () => {
    const here = await site();
    await here.unifi.sim('/fault', { match: 'GET /api', times: -1, delayMs: 3_000 });
    const child = here.start('run');
    const url = await until('it listens', () => /"url":"([^"]+)"/.exec(child.out())?.[1]);
    const { status, json } = await call(`${url}/readyz`);
    expect(status).toBe(503);
    expect((json as Readiness).planes.doors).toEqual({ ready: false, lastSuccess: null, reason: 'Reconciling' });
    expect(await call(`${url}/healthz`)).toMatchObject({ status: 200 });
  });

  it('beside it, commands read live.json; without it they say so and write nothing', async () => {
    const here = await site();
    const nothing = await here.files('state', 'run', 'resources');
    for (const words of [['status'], ['get', 'bookings'], ['get', 'dg'], ['describe', 'member/1'], ['diff'], ['describe', 'dg/lobby'], ['events'], ['get', 'sources', '-o', 'json']]) {
      await here.sexton(...words);
    }
    expect(await here.files('state', 'run', 'resources')).toEqual(nothing);
    const alone = await here.sexton('get', 'bookings');
    expect([alone.code, alone.err]).toEqual([0, expect.stringContaining('nothing was written')]);
    expect(alone.out).toContain('Concert');

    const daemon = await here.daemon();
    const live = await here.read('run/live.json');
    const beside = await here.sexton('get', 'bookings');
    expect([beside.code, beside.err]).toEqual([0, '']);
    expect(beside.out).toBe(alone.out);
    expect((await here.sexton('status')).err).toBe('');
    expect((await here.sexton('describe', 'member/1')).err).toBe('');
    await daemon.stop();
    expect(JSON.parse(live)).toMatchObject({ version: 1, pid: daemon.pid, status: { site: 'test-site', mode: 'Apply' } });
  });

  it('`reconcile` waits for its run; without a daemon it is 2', async () => {
    const here = await site();
    const without = await here.sexton('reconcile');
    expect([without.code, without.out]).toEqual([2, '']);
    await here.daemon();
    await here.unifi.remove('/requests');
    const { code } = await here.sexton('reconcile', 'doors');
    expect(code).toBe(0);
    const asked = (await here.unifi.sim('/requests')) as readonly { readonly path: string }[];
    expect(asked.some(({ path }) => path.endsWith('/doors'))).toBe(true);
    await here.links.unifi.shut();
    expect((await here.sexton('reconcile')).code).not.toBe(0);
  });

  it('every one of many `reconcile` at once gets its answer, whatever is left in the poke file', async () => {
    const here = await site({ configuration: { stateDir: 'state' } });
    await here.daemon();
    // What the first runs leave on the disk is there then.
    expect((await here.sexton('reconcile')).code).toBe(0);
    const before = await here.files('state');
    const words = Array.from({ length: 10 }, (_, index) => [[], ['doors'], ['members']][index % 3] ?? []);
    const running = words.map((plane) => here.sexton('reconcile', ...plane));
    await writeFile(join(here.directory, 'run/poke'), 'no line of a command');
    const ended = await Promise.all(running);
    expect(ended.map(({ code, out, err }) => [code, out, err])).toEqual(
      words.map(([plane]) => [0, `${plane === 'members' ? '' : 'doors reconciled\n'}${plane === 'doors' ? '' : 'members reconciled\n'}`, '']),
    );
    expect(await here.files('state')).toEqual(before);
  });

  it('`reconcile` during a run waits for one that began after it', async () => {
    const here = await site();
    await here.daemon();
    expect(await here.openDoors()).toEqual(['Lobby']);
    await here.unifi.sim('/fault', { match: 'GET /api/v1/developer/doors$', times: 100, delayMs: 3_000 });
    const earlier = here.sexton('reconcile', 'doors');
    await until('a run is under way, which has read the files', async () => rows(await here.unifi.sim('/fault')).some(({ times }) => Number(times) < 100));
    await here.write('rooms.yaml', roomMapping('{ name: Sanctuary, doorGroups: [gym] }'));
    expect(await here.sexton('reconcile', 'doors')).toMatchObject({ code: 0, out: 'doors reconciled\n' });
    expect(await here.openDoors()).toEqual(['Gym']);
    expect((await earlier).code).toBe(0);
  });

  it('`reconcile` reads the source first: what was entered a moment ago counts', async () => {
    const here = await site();
    const { civicrm } = here.links;
    const config = await readFile(here.config, 'utf8');
    await writeFile(here.config, config.replace(/^civicrm: .*$/m, `civicrm: { url: "http://127.0.0.1:${civicrm.port}", pollInterval: 30m }`));
    await here.daemon();
    const access = async (): Promise<unknown> => (JSON.parse((await here.sexton('get', 'members', '9', '-o', 'json')).out || 'null') as { readonly outcome?: string } | null)?.outcome;
    await here.civicrm.sim('/seed?merge=1', { contacts: [person(9, '777', 'Gold')] });
    expect(await access()).toBeUndefined();
    expect((await here.sexton('reconcile', 'members')).code).toBe(0);
    expect(await access()).toBe('Access');
  });

  it('an edited file moves the doors within seconds; a broken one is named with its place and moves nothing', async () => {
    const here = await site();
    await here.daemon();
    expect(await here.openDoors()).toEqual(['Lobby']);
    await here.write('rooms.yaml', roomMapping('{ name: Sanctuary, doorGroups: [gym] }'));
    await until('the gym is open instead of the lobby', async () => (await here.openDoors()).join() === 'Gym', 5_000);
    await here.write('rooms.yaml', roomMapping('{ name: Sanctuary, doorGroup: [lobby] }'));
    const status = await until('the status file tells of it', async () => {
      const found = await here.status('RoomMapping', 'rooms');
      return found.refused === undefined ? null : found;
    }, 5_000);
    const problem = status.refused?.problems.find(({ message }) => message.includes('did you mean `doorGroups`?'));
    expect(problem).toMatchObject({ file: 'rooms.yaml', line: 7, column: 26 });
    const { out, err } = await here.sexton('get', 'rm');
    expect(`${out}${err}`).toContain('rooms.yaml:7:26');
    expect(await here.openDoors()).toEqual(['Gym']);
    expect((await here.sexton('status')).code).toBe(1);
    await here.write('rooms.yaml', roomMapping('{ name: Sanctuary, doorGroups: [lobby] }'));
    await until('the lobby is open again', async () => (await here.openDoors()).join() === 'Lobby', 5_000);
    await until('the status file is clean again', async () => (await here.status('RoomMapping', 'rooms')).refused === undefined, 5_000);
  });

  it('a new booking and a new member are there after the next poll', async () => {
    const here = await site();
    await here.daemon();
    await here.pco.sim('/seed?merge=1', { events: [bookedEvent('e9', 'Pickleball', hoursFromNow(-1), hoursFromNow(1), 'r2')] });
    await here.civicrm.sim('/seed?merge=1', { contacts: [person(7, '777', 'Gold')] });
    await until('the gym is open', async () => (await here.openDoors()).join() === 'Gym,Lobby', 10_000);
    await until('the member has a card', async () => (await here.users()).some((user) => user['employee_number'] === 'civicrm-7' && (user['nfc_cards'] as readonly unknown[]).length === 1), 10_000);
  });

  it('a status file that is deleted or edited is healed, and goes with its file', async () => {
    const here = await site({ files: { ...churchFiles(), 'extra.yaml': officeHours('{ days: [sunday], hours: ["09:00-12:00"], doorGroups: [gym] }').replace('office', 'extra') } });
    await here.daemon();
    const [doors, rooms] = ['resources/doors.status.yaml', 'resources/rooms.status.yaml'];
    const good = [await here.read(doors), await here.read(rooms)];
    await here.remove('doors.status.yaml');
    await writeFile(join(here.directory, rooms), 'kind: RoomMapping\n');
    // With the moments of its conditions, although nothing on the disk knows them any more.
    await until('both are as they were', async () => [await here.read(doors), await here.read(rooms)].join() === good.join(), 25_000);
    await here.remove('extra.yaml');
    await until('it is gone', async () => (await here.read('resources/extra.status.yaml').catch(() => null)) === null || null, 15_000);
  });

  it('a cycle in which nothing changed writes nothing to the card', async () => {
    const here = await site({
      resync: '1s',
    });
    const daemon = await here.daemon();
    const runs = async (): Promise<number> => {
      const { text } = await daemon.get('/metrics');
      return Number(/^controller_runtime_reconcile_total\{controller="doors",result="success"\} (\d+)$/m.exec(text)?.[1]);
    };
    await until('it has settled', async () => (await runs()) >= 3);
    const before = await here.files('state', 'resources');
    const metrics = (await daemon.get('/metrics')).text.split('\n').filter((line) => line.startsWith('sexton_disk_writes_total'));
    await here.unifi.remove('/requests');
    const start = await runs();
    await until('two more cycles', async () => (await runs()) >= start + 2);
    expect(await here.files('state', 'resources')).toEqual(before);
    expect((await daemon.get('/metrics')).text.split('\n').filter((line) => line.startsWith('sexton_disk_writes_total'))).toEqual(metrics);
    expect(await here.writes()).toEqual([]);
  });

  it('a busy port is a warning, not an end', async () => {
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
    const { port } = squatter.address() as { readonly port: number };
    const here = await site({ configuration: { server: `{ listen: "127.0.0.1:${port}" }` } });
    const child = here.start('run');
    await until('the doors are programmed', async () => (await here.openDoors()).length === 1);
    expect(child.out()).toMatch(/"level":"warn".*127\.0\.0\.1:\d+/);
    child.kill('SIGTERM');
    expect((await child.ended).code).toBe(0);
    await new Promise((resolve) => squatter.close(resolve));
  });

  it('approve releases exactly the plan that is held, beside the daemon, once', async () => {
    const contacts = [1, 2, 3, 4, 5].map((id) => person(id, String(2000 + id), 'Gold'));
    const here = await site({ files: churchFiles('Ask'), contacts });
    await here.daemon();
    const { held } = JSON.parse((await here.sexton('status', '-o', 'json')).out) as { readonly held: readonly { readonly ref: string; readonly release: string }[] };
    const [waiting] = held;
    expect(waiting?.release).toBe(`sexton approve ${waiting?.ref ?? ''}`);
    expect((await here.status('TierMapping', 'tiers')).conditions).toContainEqual(expect.objectContaining({ type: 'Braked', status: 'True' }));
    expect((await here.sexton('approve', waiting?.ref ?? '')).code).toBe(0);
    await until('all five are there', async () => (await here.users()).length === 6, 10_000);
    expect((await here.sexton('wait', '--for=condition=Ready', 'tm/tiers')).code).toBe(0);
    expect((await here.sexton('approve', waiting?.ref ?? '')).code).toBe(1);
  });
});

describe('an outage', () => {
  it('of UniFi fails both planes, which recover by themselves', async () => {
    const here = await site();
    const daemon = await here.daemon();
    await here.links.unifi.shut();
    await here.sexton('reconcile');
    const down = await daemon.get('/readyz');
    expect([down.status, (down.json as Readiness).planes.doors.ready, (down.json as Readiness).planes.members.ready]).toEqual([503, false, false]);
    expect(await daemon.get('/healthz')).toMatchObject({ status: 200 });
    expect((await here.sexton('status')).code).toBe(1);
    await here.links.unifi.open();
    await until('both planes are ready again', async () => (await daemon.get('/readyz')).status === 200, 30_000);
    expect(await here.openDoors()).toEqual(['Lobby']);
  });

  it.each([
    ['pco', 'doors', 'members'],
    ['civicrm', 'members', 'doors'],
  ] as const)('of %s degrades %s alone, removes nothing, and is over by itself', async (source, plane, other) => {
    const here = await site();
    const daemon = await here.daemon();
    await here.unifi.remove('/requests');
    await here.links[source].shut();
    await until('the source is told incomplete', async () => {
      return (await daemon.get('/metrics')).text.includes(`sexton_source_complete{source="${source === 'pco' ? 'planningCenter' : 'civicrm'}"} 0`);
    });
    await until('the plane is not ready', async () => !((await daemon.get('/readyz')).json as Readiness).planes[plane].ready, 30_000);
    expect(((await daemon.get('/readyz')).json as Readiness).planes[other].ready).toBe(true);
    // The other plane goes on meanwhile.
    if (plane === 'doors') {
      await here.civicrm.sim('/seed?merge=1', { contacts: [person(7, '777', 'Gold')] });
      await until('a new member comes in', async () => (await here.users()).some((user) => user['employee_number'] === 'civicrm-7'));
    } else {
      await here.write('rooms.yaml', roomMapping('{ name: Sanctuary, doorGroups: [lobby, gym] }'));
      await until('the gym opens too', async () => (await here.openDoors()).join() === 'Gym,Lobby');
      expect(await here.writes()).not.toContainEqual(expect.stringContaining('/users'));
    }
    expect(await here.openDoors()).toContain('Lobby');
    await here.links[source].open();
    await until('the plane is ready again', async () => (await daemon.get('/readyz')).status === 200, 30_000);
  });

  it('a restart while Planning Center is down closes nothing', async () => {
    const here = await site();
    const first = await here.daemon();
    await first.stop();
    await here.links.pco.shut();
    await here.unifi.remove('/requests');
    const second = await here.daemon();
    expect((await here.sexton('reconcile', 'doors')).out).not.toBe('');
    expect(await here.openDoors()).toEqual(['Lobby']);
    expect(await here.writes()).toEqual([]);
    await second.stop();
  });
});

describe('doors that are declared while it runs', () => {
  it('a schedule that is missing is not Ready, never for a moment', async () => {
    const here = await site({ resync: '1s' });
    const daemon = await here.daemon();
    await here.write('annex.yaml', doorGroup('annex', 'Gym'));
    const status = await until('its status', async () => here.status('DoorGroup', 'annex').catch(() => null), 5_000);
    expect(status.conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'False' }));
    await daemon.stop();
  });
});
