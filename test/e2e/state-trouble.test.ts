import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { StatusView, View } from '../../src/status/view.js';
import { churchFiles, person } from '../support/church.js';
import { install, type Installation, type InstallationOptions } from '../support/installation.js';
import { compiledProgram, until } from '../support/process.js';
import { mayMount, mountDisk } from '../support/stuck-file.js';

const program = compiledProgram();
const closing: (() => unknown)[] = [];
afterEach(async () => {
  await program.endAll();
  for (const close of closing.splice(0).reverse()) await close();
});
afterAll(() => program.remove());

const mounts = mayMount();
if (!mounts) console.warn('state trouble: nothing can be mounted here (not root, or not allowed), so that a disk which goes read-only is left out');

async function site(options: InstallationOptions): Promise<Installation> {
  const here = await install(program, options);
  closing.push(() => here.close());
  return here;
}

async function liveStatus(here: Installation): Promise<StatusView> {
  return (JSON.parse(await here.read('run/live.json')) as View).status;
}

const flag = (here: Installation): string => (existsSync(join(here.directory, 'run/alerts')) ? readFileSync(join(here.directory, 'run/alerts'), 'utf8') : '');

const troubles = async (here: Installation): Promise<readonly string[]> => ((await liveStatus(here)).troubles ?? []).map(({ key }) => key).sort();

describe('state that the daemon opens beside the planes', () => {
  it('damaged: it alone is set aside, a person is told what was lost, and nothing follows', async () => {
    const here = await site({ files: churchFiles('Ask'), configuration: { gitOps: '{ url: "https://git.invalid/doors.git" }' } });
    const state = (name: string): string => join(here.directory, 'state', name);
    const first = await here.daemon();
    await until('the brake is told', () => existsSync(state('alerts.json')));
    await first.stop();
    await here.unifi.remove('/requests');
    const lost = ['alerts.json', 'fence.json', 'gitops.json'];
    for (const name of lost) writeFileSync(state(name), '{"version":1,"hello":true}\n');
    const daemon = await here.daemon();
    await until('all is told', async () => (await troubles(here)).join() === lost.map((name) => `state/${name}`).join());
    expect((await liveStatus(here)).fence).toBe('Unverified');
    for (const what of ['the memory of what people were told', 'the proof that hubs here obey the fence', 'which commit was refused last']) {
      await until('a person is told', () => flag(here).includes(what));
    }
    expect((await daemon.stop()).code).toBe(0);
    const aside = readdirSync(join(here.directory, 'state'), { recursive: true }).map(String).filter((name) => name.endsWith('.bad')).sort();
    expect(aside).toEqual(lost.map((name) => `${name}.bad`));
    expect(await here.writes()).toEqual([]);
  }, 120_000);

  it('a proof or a refusal that is damaged in mid-run is told then', async () => {
    const here = await site({ configuration: { gitOps: '{ url: "https://git.invalid/doors.git" }' } });
    await here.daemon();
    for (const name of ['fence.json', 'gitops.json']) writeFileSync(join(here.directory, 'state', name), 'garbage');
    await here.sexton('reconcile');
    expect(await troubles(here)).toEqual(['state/fence.json', 'state/gitops.json']);
    expect(readdirSync(join(here.directory, 'state'))).toEqual(expect.arrayContaining(['fence.json.bad', 'gitops.json.bad']));
  });
});

describe.runIf(mounts)('a disk that goes read-only under the daemon, as a dying card does', () => {
  it('ends nothing: a leaver goes, a joiner waits, it is told, and all comes right once it can be written', async () => {
    const here = await site({});
    const disk = join(here.directory, 'state');
    expect(mountDisk(disk, '8m')).toBe(true);
    closing.push(() => spawnSync('umount', ['-l', disk]));
    const daemon = await here.daemon();
    const remount = (how: string): void => {
      expect(spawnSync('mount', ['-o', `remount,${how}`, disk]).status).toBe(0);
    };
    remount('ro');
    await here.civicrm.sim('/seed', { card_field: 'Door_Access.card_id', contacts: [person(1, '1234', 'Comp'), person(2, '1235', 'Gold'), person(9, '1239', 'Gold')] });
    const statusOf = async (number: string): Promise<unknown> => (await here.users()).find((user) => user['employee_number'] === number)?.['status'];
    await until('the leaver is out', async () => (await statusOf('civicrm-1')) === 'DEACTIVATED');
    await until('it is told', async () => (await troubles(here)).includes('unwritable/budget.json'));
    expect(await statusOf('civicrm-9')).toBeUndefined();
    await until('a person is told', () => flag(here).includes('its disk is read-only'));
    expect((await daemon.get('/healthz')).status).toBe(200);
    remount('rw');
    await here.sexton('reconcile');
    await until('the joiner is in', async () => (await statusOf('civicrm-9')) === 'ACTIVE');
    await until('nothing is left to tell', async () => (await troubles(here)).length === 0);
    expect(await here.sexton('audit', 'verify')).toMatchObject({ code: 0 });
    expect((await daemon.stop()).code).toBe(0);
  }, 90_000);

  it('resources on a disk that is read-only: status files are in the runtime directory, and `status` says so', async () => {
    const here = await site({});
    const resources = join(here.directory, 'resources');
    expect(spawnSync('mount', ['--bind', resources, resources]).status).toBe(0);
    closing.push(() => spawnSync('umount', ['-l', resources]));
    expect(spawnSync('mount', ['-o', 'remount,bind,ro', resources]).status).toBe(0);
    await here.daemon();
    await here.sexton('reconcile');
    const elsewhere = join(here.directory, 'run/status');
    await until('it is told', async () => (await here.sexton('status')).out.includes(`status files are in ${elsewhere}`));
    expect(readdirSync(elsewhere).filter((name) => name.endsWith('.status.yaml')).length).toBeGreaterThan(0);
    expect(readdirSync(resources).filter((name) => name.endsWith('.status.yaml'))).toEqual([]);
  });

  it('at a start it is 78, and named', async () => {
    const here = await site({});
    const disk = join(here.directory, 'state');
    expect(mountDisk(disk, '1m')).toBe(true);
    closing.push(() => spawnSync('umount', ['-l', disk]));
    expect(spawnSync('mount', ['-o', 'remount,ro', disk]).status).toBe(0);
    expect(await here.sexton('run')).toMatchObject({ code: 78, err: expect.stringContaining(`stateDir ${disk} cannot be written (EROFS)`) as unknown });
  });
});
