import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { churchFiles, person } from '../support/church.js';
import { install, type Installation, type InstallationOptions } from '../support/installation.js';
import { compiledProgram, until } from '../support/process.js';

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

const many = Array.from({ length: 12 }, (_, index) => person(index + 1, String(3000 + index), 'Gold'));

/** Everybody once, each with the one card that is theirs. */
async function expectProvisioned(here: Installation): Promise<void> {
  const users = await here.users();
  const numbers = users.map((user) => user['employee_number']);
  expect(numbers.toSorted()).toEqual(['1001', ...many.map(({ id }) => `civicrm-${String(id)}`)].toSorted());
  const tokens = users.flatMap((user) => (user['nfc_cards'] as readonly { readonly token: string }[]).map(({ token }) => token));
  expect(tokens).toHaveLength(many.length);
  expect(new Set(tokens).size).toBe(many.length);
  expect(await here.openDoors()).toEqual(['Lobby']);
}

describe('an end', () => {
  it('by SIGTERM in the middle of writing is 0 within 10 s; the next start goes on without twins', async () => {
    const here = await site({ contacts: many });
    await here.unifi.sim('/fault', { match: '^(POST|PUT) ', times: -1, delayMs: 700 });
    const child = here.start('run');
    await until('some members are written', async () => (await here.users()).length >= 3);
    const asked = Date.now();
    child.kill('SIGTERM');
    const { code, signal, err } = await child.ended;
    expect([code, signal, err]).toEqual([0, null, '']);
    expect(Date.now() - asked).toBeLessThan(10_000);
    const cards = (await here.users()).flatMap((user) => user['nfc_cards'] as readonly unknown[]);
    expect(cards.length).toBeLessThan(many.length);
    await here.unifi.remove('/fault');
    expect((await here.sexton('run', '--once')).code).toBe(0);
    await expectProvisioned(here);
    const diff = await here.sexton('diff');
    expect([diff.code, diff.out]).toEqual([0, expect.stringContaining('0 changes')]);
  });

  it.each([2, 8])('by SIGKILL after %i users leaves nothing that the next start does not put right', async (users) => {
    const here = await site({ contacts: many });
    await here.unifi.sim('/fault', { match: '^(POST|PUT) ', times: -1, delayMs: 60 });
    const child = here.start('run');
    await until('some members are written', async () => (await here.users()).length > users);
    child.kill('SIGKILL');
    expect((await child.ended).signal).toBe('SIGKILL');
    await here.unifi.remove('/fault');
    // The lock of the dead is no lock.
    const { code, err } = await here.sexton('run', '--once');
    expect([code, err]).toEqual([0, expect.not.stringContaining('damaged')]);
    await expectProvisioned(here);
    expect((await here.sexton('diff')).code).toBe(0);
  });

  it('by SIGKILL of a first provisioning that a person approved needs no second approval', async () => {
    const here = await site({ contacts: many, files: churchFiles('Ask') });
    const { code, out } = await here.sexton('run', '--once');
    expect(code).toBe(1);
    expect((await here.sexton('approve', /sexton approve (plan\/\w+)/.exec(out)?.[1] ?? 'no plan')).code).toBe(0);
    await here.unifi.sim('/fault', { match: '^(POST|PUT) ', times: -1, delayMs: 60 });
    const child = here.start('run');
    await until('some members are written', async () => (await here.users()).length > 2);
    child.kill('SIGKILL');
    await child.ended;
    await here.unifi.remove('/fault');
    expect((await here.sexton('run', '--once')).code).toBe(0);
    await expectProvisioned(here);
  });

  it('of a view: after SIGKILL no command believes the live.json of the dead', async () => {
    const here = await site();
    const daemon = await here.daemon();
    daemon.kill('SIGKILL');
    await daemon.ended;
    const { code, err } = await here.sexton('status');
    expect([code, err]).toEqual([0, expect.stringContaining('No daemon runs')]);
    expect((await here.sexton('reconcile')).code).toBe(2);
  });

  it('of run --once by SIGTERM while it waits for the second reading revokes nothing', async () => {
    const here = await site();
    expect((await here.sexton('run', '--once')).code).toBe(0);
    await here.remove('doors.yaml');
    const child = here.start('run', '--once');
    await until('it waits', () => child.err().includes('looking again'));
    child.kill('SIGTERM');
    expect((await child.ended).signal).toBe(null);
    expect(await here.openDoors()).toEqual(['Lobby']);
  });

  it('SIGTERM while UniFi hangs is still 0 within 10 s', async () => {
    const here = await site();
    await here.unifi.sim('/fault', { match: 'GET ', times: -1, delayMs: 60_000 });
    const child = here.start('run');
    await until('it asks UniFi', async () => ((await here.unifi.sim('/requests')) as readonly unknown[]).length > 0);
    const asked = Date.now();
    child.kill('SIGTERM');
    expect((await child.ended).code).toBe(0);
    expect(Date.now() - asked).toBeLessThan(10_000);
  });
});
