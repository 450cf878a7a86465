import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { commandsOf, event, generatedFiles, readResource, start } from '../cli/decision-site.js';
import { header } from '../support/church.js';
import { condition, type Site } from '../support/site.js';
import { rows } from '../support/sim.js';

let site: Site | undefined;
afterEach(async () => {
  await site?.close();
  site = undefined;
});

const week = { from: '2026-11-21T15:00:00Z', to: '2026-12-12T15:00:00Z' };

/** When each door stands open in the coming three weeks, asked of the hubs themselves. */
async function openings(on: Site): Promise<string> {
  return JSON.stringify(rows(await on.unifi.sim(`/doors?from=${week.from}&to=${week.to}`)).map(({ name, unlocked }) => [name, unlocked]));
}

describe('case 7: a deny stays denied', () => {
  const overnight = { id: '77', name: 'Overnight', at: [['2026-11-22T20:00:00Z', '2026-11-22T22:00:00Z']] } as const;
  const during = '2026-11-22T21:00:00Z';
  const calendar = (events: readonly unknown[]): unknown => ({
    organization: { name: 'Church', time_zone: 'America/New_York' },
    resources: [{ id: 'r1', name: 'Sanctuary', kind: 'Room' }],
    events,
  });

  it('through a glitch of the source, a preview, a restart and an instance made anew at the same start', async () => {
    site = await start([overnight]);
    const on = site;
    const sexton = commandsOf(on);
    expect(await on.openDoors(during)).toEqual(['Lobby']);
    expect((await sexton(['deny', '77'])).code).toBe(0);
    const poll = async (): Promise<void> => {
      on.clock.advance(60_000);
      expect(await on.run('doors')).toEqual([]);
      expect(await on.openDoors(during)).toEqual([]);
    };
    await poll();
    const [deny = ''] = await generatedFiles(on);
    const text = await readResource(on, `generated/${deny}`);

    // The source fails, then loses the event, then has it again.
    await on.pco.sim('/fault', { match: 'calendar/v2', times: 1, status: 500, body: '' });
    await poll();
    await on.pco.sim('/seed', calendar([]));
    for (let round = 0; round < 4; round += 1) await poll();
    await on.pco.sim('/seed', calendar([event(overnight)]));
    await poll();
    expect(on.composition.engine.view().bookings.map(({ state }) => state)).toEqual(['Denied']);

    expect((await sexton(['preview', '--days', '3'])).code).toBe(0);
    await on.restart();
    await poll();

    // The same event and start under other ids, as when the calendar makes a series anew.
    const again = JSON.parse(JSON.stringify(event(overnight)).replaceAll('77-0', '990-0')) as unknown;
    await on.pco.sim('/seed', calendar([again]));
    await poll();
    await on.restart();
    await poll();
    expect(on.composition.engine.view().bookings.map(({ state }) => state)).toEqual(['Denied']);
    expect(await readResource(on, `generated/${deny}`)).toBe(text);
  });
});

describe('case 11: one door group without its schedule in UniFi', () => {
  it('is Stalled alone, with the remedy; all others are programmed', async () => {
    const annex = `${header('DoorGroup', 'annex')}spec:\n  doors: [{ name: Annex }]\n  unlock: { method: Schedule, schedule: { name: "Annex hours" } }\n`;
    site = await start([], { files: { 'annex.yaml': annex } });
    const stalled = condition(await site.status('DoorGroup', 'annex'), 'Stalled');
    expect(stalled).toMatchObject({ status: 'True', reason: 'ScheduleMissing' });
    expect(stalled?.message).toMatch(/create it there .* or set spec\.unlock\.schedule\.create: true/);
    for (const name of ['lobby', 'gym']) expect(condition(await site.status('DoorGroup', name), 'Ready')?.status).toBe('True');
    expect(await site.openDoors('2026-11-21T15:30:00Z')).toEqual(['Lobby']);
  });
});

describe('case 14: what vanishes for a moment', () => {
  const night = { id: '140', name: 'Night Watch', at: [['2026-11-22T04:30:00Z', '2026-11-22T06:00:00Z']] } as const;
  const party = { id: '150', name: 'Party', room: 'r2', at: [['2026-11-22T20:00:00Z', '2026-11-22T22:00:00Z']] } as const;
  const dinner = { id: '160', name: 'Dinner', room: 'r2', at: [['2026-11-24T20:00:00Z', '2026-11-24T22:00:00Z']] } as const;
  /** Wide safe hours that are narrower at night; a Deny; a closure. Without any of them a door would open. */
  const files = {
    'safe.yaml': `${header('SafeHours', 'safe')}spec:\n  default: "06:00-21:00"\n`,
    'deny.yaml': `${header('EventOverride', 'no-party')}spec:\n  match: { eventName: Party }\n  action: Deny\n`,
    'closed.yaml': `${header('OfficeHours', 'closed')}spec:\n  closures:\n    - { from: "2026-11-24", to: "2026-11-24", scope: Everything }\n    - { from: "2026-11-23", to: "2026-11-23" }\n`,
  };
  const late = { id: '170', name: 'Late Shift', at: [['2026-11-23T02:30:00Z', '2026-11-23T03:30:00Z']] } as const;
  const events = [night, party, dinner, late] as const;

  it.each(Object.keys(files))('%s, removed for a second by a half-finished checkout, opens nothing', async (name) => {
    site = await start(events, { files });
    const before = await openings(site);
    await site.remove(name);
    expect(await site.run('doors')).toEqual([]);
    expect(await openings(site)).toBe(before);
    site.clock.advance(1_000);
    await site.run('doors');
    expect(await openings(site)).toBe(before);
    await site.write(name, files[name as keyof typeof files]);
    site.clock.advance(60_000);
    await site.run('doors');
    expect(await openings(site)).toBe(before);
    // Gone for good it does open something: what was asked was no empty question.
    await site.remove(name);
    await site.run('doors');
    site.clock.advance(11_000);
    await site.run('doors');
    expect(await openings(site)).not.toBe(before);
  });

  it('nor does any of them while git holds its index, however long, or across a restart', async () => {
    site = await start(events, { files });
    const before = await openings(site);
    const git = join(site.resources, '.git');
    await mkdir(git);
    await writeFile(join(git, 'index.lock'), '');
    for (const name of Object.keys(files)) await site.remove(name);
    for (let round = 0; round < 3; round += 1) {
      site.clock.advance(30_000);
      await site.run('doors');
      expect(await openings(site)).toBe(before);
    }
    await site.restart();
    await site.run('doors');
    expect(await openings(site)).toBe(before);
  });

  it('a file that is half written opens nothing', async () => {
    site = await start(events, { files });
    const before = await openings(site);
    for (const [name, text] of Object.entries(files)) await site.write(name, text.slice(0, text.length / 2));
    await site.run('doors');
    site.clock.advance(60_000);
    await site.run('doors');
    expect(await openings(site)).toBe(before);
  });

  it('suspending the Deny or the closures opens nothing', async () => {
    site = await start(events, { files });
    const before = await openings(site);
    for (const name of ['deny.yaml', 'closed.yaml'] as const) await site.write(name, files[name].replace('spec:\n', 'spec:\n  suspend: true\n'));
    expect(await site.run('doors')).toEqual([]);
    expect(condition(await site.status('EventOverride', 'no-party'), 'Suspended')?.status).toBe('True');
    expect(await openings(site)).toBe(before);
    const { code } = await commandsOf(site)(['suspend', 'oh/closed']);
    expect(code).toBe(0);
    await site.run('doors');
    expect(await openings(site)).toBe(before);
  });

  it('an emptied directory empties nothing, nor does one that is gone', async () => {
    site = await start(events, { files });
    const before = await openings(site);
    const aside = join(site.directory, 'aside');
    await rename(site.resources, aside);
    await site.forgetRequests();
    const rounds = async (on: Site): Promise<void> => {
      for (let round = 0; round < 2; round += 1) {
        await on.run('doors');
        on.clock.advance(60_000);
      }
      expect(await on.writes()).toEqual([]);
      expect(await openings(on)).toBe(before);
      expect(on.composition.engine.view().status.planes.find(({ plane }) => plane === 'doors')).toMatchObject({ ready: false, reason: 'Suspended' });
    };
    await rounds(site);
    await mkdir(site.resources);
    await rounds(site);
    await site.restart();
    await rounds(site);
    await rm(site.resources, { recursive: true });
    await rename(aside, site.resources);
    expect(await site.run('doors')).toEqual([]);
    expect(await openings(site)).toBe(before);
  });
});

it('describe dg/NAME and door/NAME tell of a booking without a window why it has none', async () => {
  site = await start([{ id: '77', name: 'Overnight', at: [['2026-11-22T20:00:00Z', '2026-11-22T22:00:00Z']] }]);
  const sexton = commandsOf(site);
  await sexton(['deny', '77']);
  await site.run('doors');
  for (const object of ['dg/lobby', 'door/Lobby']) {
    const { code, out } = await sexton(['describe', object]);
    expect(code).toBe(0);
    expect(out).toMatch(/Bookings that do not open it:\n.*\n.*Overnight .*Denied +EventOverride\/deny-77-\S+ denies it/);
    expect(out).toContain('because of OfficeHours/office');
  }
});
