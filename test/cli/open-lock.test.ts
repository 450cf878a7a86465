import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { SpecOf } from '../../src/api/resource.js';
import { localRange, nextClock } from '../../src/cli/generated-files/local-range.js';
import { localTime } from '../../src/desired/calendar/local-time.js';
import type { Site } from '../support/site.js';
import { commandsOf, generatedFiles, readResource, start } from './decision-site.js';
import { doorGroup, makeSite } from './harness.js';

let site: Site | undefined;
afterEach(async () => {
  await site?.close();
  site = undefined;
});

async function specOf(file: string): Promise<SpecOf<'OfficeHours'>> {
  if (site === undefined) throw new Error('no site');
  return (parse(await readResource(site, `generated/${file}`)) as { readonly spec: SpecOf<'OfficeHours'> }).spec;
}

const choir = { id: '10', name: 'Choir', at: [['2026-11-21T16:00:00Z', '2026-11-21T20:00:00Z']] } as const;

describe('open', () => {
  it('opens the doors from this minute for as long as asked, and says until when', async () => {
    site = await start([]);
    const { code, out } = await commandsOf(site)(['open', 'gym', '--for', '2h', '--reason', 'Delivery']);
    expect(code).toBe(0);
    expect(out).toContain('generated/open-gym-20261121T150000Z.yaml\ngym opens now, until 2026-11-21 12:00 (America/New_York)');
    expect(await specOf('open-gym-20261121T150000Z.yaml')).toEqual({
      openings: [{ from: '2026-11-21T10:00', to: '2026-11-21T12:00', doorGroups: ['gym'], reason: 'Delivery' }],
    });
    await site.run('doors');
    expect(await site.openDoors('2026-11-21T15:30:00Z')).toContain('Gym');
    expect(await site.openDoors('2026-11-21T17:05:00Z')).not.toContain('Gym');
    await site.remove('generated/open-gym-20261121T150000Z.yaml');
    await site.run('doors');
    site.clock.advance(11_000);
    await site.run('doors');
    expect(await site.openDoors('2026-11-21T15:30:00Z')).not.toContain('Gym');
  });

  it('--until ends today, or tomorrow when that time is past; midnight is the 24:00 of today', async () => {
    site = await start([]);
    const sexton = commandsOf(site);
    for (const [until, to] of [['21:30', '2026-11-21T21:30'], ['09:00', '2026-11-22T09:00'], ['24:00', '2026-11-21T24:00'], ['00:00', '2026-11-21T24:00']]) {
      expect((await sexton(['open', 'dg/gym', '--until', until ?? ''])).code).toBe(0);
      expect((await specOf('open-gym-20261121T150000Z.yaml')).openings[0]?.to).toBe(to);
    }
    expect(await generatedFiles(site)).toHaveLength(1);
  });

  it('the same order twice writes once', async () => {
    site = await start([]);
    const sexton = commandsOf(site);
    await sexton(['open', 'gym', '--until', '12:00', '--reason', 'a']);
    const before = await readResource(site, 'generated/open-gym-20261121T150000Z.yaml');
    for (const words of [[], ['--reason', 'a']]) expect((await sexton(['open', 'gym', '--for', '2h', ...words])).out).toContain('it was so already');
    expect(await readResource(site, 'generated/open-gym-20261121T150000Z.yaml')).toBe(before);
    await sexton(['open', 'gym', '--until', '12:00', '--reason', 'b']);
    expect((await specOf('open-gym-20261121T150000Z.yaml')).openings[0]?.reason).toBe('b');
  });

  it('says what keeps the doors shut all the same', async () => {
    const closure = 'apiVersion: sexton.dev/v1alpha1\nkind: OfficeHours\nmetadata: { name: holiday }\nspec: { closures: [{ from: "2026-11-21", to: "2026-11-22", scope: Everything }] }\n';
    site = await start([], { files: { 'holiday.yaml': closure } });
    expect(await commandsOf(site)(['open', 'gym', '--for', '20h'])).toMatchObject({
      code: 0,
      err: expect.stringMatching(/OfficeHours\/holiday \(holiday\.yaml:1\) closes gym[^]*maxContinuous of 16h/) as string,
    });
  });

  it('an unknown group ends with 1 and a suggestion; no length, two lengths or nonsense with 64', async () => {
    const own = makeSite();
    own.write('resources/doors.yaml', doorGroup('gym-front'));
    expect(await own.run(['open', 'gym-fornt', '--for', '2h'])).toMatchObject({ code: 1, err: expect.stringContaining('did you mean `gym-front`?') as string });
    for (const words of [[], ['--for', '2h', '--until', '21:30'], ['--for', '2'], ['--for', '0m'], ['--until', '25:00'], ['--until', 'tonight']]) {
      expect([words, (await own.run(['open', 'gym-front', ...words])).code]).toEqual([words, 64]);
    }
  });
});

describe('lock', () => {
  it('closes at once what is open, until its window ends; the next window opens again', async () => {
    // Hours until 12:00, choir from 15 minutes before 11:00 to 15 minutes after 15:00: one window to 15:15.
    site = await start([choir, { id: '11', name: 'Band', at: [['2026-11-21T22:00:00Z', '2026-11-21T23:00:00Z']] }]);
    const sexton = commandsOf(site);
    expect(await site.openDoors('2026-11-21T15:00:40Z')).toEqual(['Lobby']);
    const { code, out } = await sexton(['lock', 'lobby', '--reason', 'no staff']);
    expect(code).toBe(0);
    expect(out).toContain('lobby closes now and stays closed until 2026-11-21 15:15');
    expect(await specOf('lock-lobby-20261121T145900Z.yaml')).toEqual({
      closures: [{ from: '2026-11-21T09:59', to: '2026-11-21T15:15', scope: 'Everything', doorGroups: ['lobby'], reason: 'no staff' }],
    });
    await site.run('doors');
    for (const at of ['2026-11-21T15:00:40Z', '2026-11-21T18:00:00Z', '2026-11-21T20:14:59Z']) expect([at, await site.openDoors(at)]).toEqual([at, []]);
    expect(await site.openDoors('2026-11-21T22:30:00Z')).toEqual(['Lobby']);
    // Locked is locked: no error, and no second file.
    expect(await sexton(['lock', 'lobby'])).toMatchObject({ code: 0, out: expect.stringContaining('locked already, by OfficeHours/lock-lobby-20261121t145900z') as string });
    expect(await generatedFiles(site)).toHaveLength(1);
  });

  it('with --until nothing needs to be open, and no source is asked', async () => {
    site = await start([]);
    const readers = { loadView: () => Promise.reject(new Error('not asked')) };
    expect((await commandsOf(site)(['lock', 'gym', '--until', '22:00'], { readers })).code).toBe(0);
    expect((await specOf('lock-gym-20261121T145900Z.yaml')).closures[0]).toMatchObject({ from: '2026-11-21T09:59', to: '2026-11-21T22:00' });
    expect(await commandsOf(site)(['lock', 'lobby'], { readers })).toMatchObject({ code: 1 });
  });

  it('nothing open ends with 1 and writes nothing', async () => {
    site = await start([]);
    const { code, err } = await commandsOf(site)(['lock', 'gym']);
    expect([code, await generatedFiles(site)]).toEqual([1, []]);
    expect(err).toContain('gym is not open now');
  });

  it('on the stroke of midnight the closure begins the day before', async () => {
    site = await start([]);
    site.clock.set('2026-11-22T05:00:10Z');
    expect((await commandsOf(site)(['lock', 'gym', '--until', '06:00'])).code).toBe(0);
    expect((await specOf('lock-gym-20261122T045900Z.yaml')).closures[0]?.from).toBe('2026-11-21T23:59');
  });
});

describe('what is over', () => {
  it('stays in its file, and the status says that it may go', async () => {
    site = await start([choir]);
    const sexton = commandsOf(site);
    await sexton(['open', 'gym', '--for', '1h']);
    await sexton(['lock', 'gym', '--until', '12:00']);
    await site.run('doors');
    const said = async (name: string): Promise<readonly unknown[]> => {
      const { closureCount, openingCount, next, conditions } = await site!.status('OfficeHours', name);
      return [closureCount, openingCount, next, (conditions as { type: string; message: string }[]).find(({ type }) => type === 'Ready')?.message];
    };
    expect(await said('open-gym-20261121t150000z')).toEqual([0, 1, 'opening 2026-11-21 10:00-11:00', '0 weekly entries; in force or to come: 0 closures, 1 opening']);
    const [lock = ''] = (await generatedFiles(site)).filter((name) => name.startsWith('lock'));
    expect((await said(lock.replace('.yaml', '').toLowerCase())).slice(0, 3)).toEqual([1, 0, 'closure 2026-11-21 09:59-12:00']);

    site.clock.advance(3 * 3_600_000);
    await site.run('doors');
    for (const name of ['open-gym-20261121t150000z', lock.replace('.yaml', '').toLowerCase()]) {
      expect(await said(name)).toEqual([0, 0, null, 'over: nothing of it is in force or to come, and the file can be removed']);
    }
    expect(await generatedFiles(site)).toHaveLength(2);
    const office = await site.status('OfficeHours', 'office');
    expect(office).toMatchObject({ weeklyCount: 1, closureCount: 0, openingCount: 0, next: null });
  });
});

describe('local times when the clocks change', () => {
  const newYork = localTime('America/New_York');
  const at = (text: string): number => Date.parse(text);
  const range = (start: string, end: string, local = newYork): readonly string[] => {
    const found = localRange({ start: at(start), end: at(end) }, local);
    return [found.from, found.to, new Date(found.start).toISOString(), new Date(found.end).toISOString()];
  };

  it('an end in the missing hour is the first instant after it', () => {
    expect(nextClock('02:30', at('2026-03-08T06:30:00Z'), newYork).at).toBe(at('2026-03-08T07:00:00Z'));
    expect(range('2026-03-08T06:30:00Z', '2026-03-08T07:00:00Z')).toEqual(['2026-03-08T01:30', '2026-03-08T03:00', '2026-03-08T06:30:00.000Z', '2026-03-08T07:00:00.000Z']);
  });

  it('across the repeated hour the text runs forward, and begins no later than asked', () => {
    // 01:50 the first time to 01:20 the second time.
    expect(range('2026-11-01T05:50:00Z', '2026-11-01T06:20:00Z')).toEqual(['2026-11-01T01:19', '2026-11-01T01:20', '2026-11-01T05:19:00.000Z', '2026-11-01T06:20:00.000Z']);
    expect(range('2026-11-01T06:10:00Z', '2026-11-01T06:40:00Z')).toEqual(['2026-11-01T01:10', '2026-11-01T01:40', '2026-11-01T05:10:00.000Z', '2026-11-01T06:40:00.000Z']);
  });

  it('open refuses an end that would mean an hour more than was asked for', async () => {
    site = await start([]);
    site.clock.set('2026-11-01T05:10:00Z');
    const sexton = commandsOf(site);
    expect(await sexton(['open', 'gym', '--for', '30m'])).toMatchObject({ code: 1, err: expect.stringContaining('--until 01:40') as string });
    expect(await generatedFiles(site)).toEqual([]);
    expect((await sexton(['open', 'gym', '--until', '01:40'])).code).toBe(0);
    expect((await sexton(['open', 'gym', '--for', '2h'])).code).toBe(0);
    expect((await specOf('open-gym-20261101T051000Z.yaml')).openings[0]).toMatchObject({ from: '2026-11-01T01:10', to: '2026-11-01T02:10' });
  });

  it('a midnight that comes twice ends the day once', () => {
    const havana = localTime('America/Havana');
    expect(range('2026-11-01T01:00:00Z', '2026-11-01T04:00:00Z', havana)).toEqual(['2026-10-31T21:00', '2026-10-31T24:00', '2026-11-01T01:00:00.000Z', '2026-11-01T04:00:00.000Z']);
    expect(nextClock('00:00', at('2026-11-01T01:00:00Z'), havana).at).toBe(at('2026-11-01T04:00:00Z'));
    // A clock that skips midnight.
    const beirut = localTime('Asia/Beirut');
    expect(nextClock('24:00', at('2026-03-28T20:00:00Z'), beirut).at).toBe(at('2026-03-28T22:00:00Z'));
  });
});
