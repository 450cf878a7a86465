import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireLock } from '../../src/runtime/lock.js';
import { type Site, doorGroup, makeSite, roomMapping } from './harness.js';
import { calmView } from './view-fixture.js';

let site: Site;
beforeEach(() => {
  site = makeSite();
});
afterEach(() => rmSync(site.root, { recursive: true, force: true }));

interface Item {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly file: string; readonly line: number; readonly namespace: string; readonly generation?: number };
  readonly spec?: unknown;
  readonly status?: { readonly conditions: readonly { readonly type: string; readonly status: string; readonly reason: string; readonly message: string }[]; readonly refused?: unknown };
}
const json = (text: string): Item & { readonly items: readonly Item[] } => JSON.parse(text) as Item & { readonly items: readonly Item[] };

const noDaemon = 'No daemon runs: the files as they are now, with the status that the last run left; nothing was written.\n';

describe('get', () => {
  it('one name is an object, anything else a List', async () => {
    site.write('resources/doors.yaml', `${doorGroup('gym')}---\n${doorGroup('office', ', labels: { team: staff }')}`);
    const one = json((await site.run(['get', 'DoorGroup', 'gym', '-o', 'json'])).out);
    expect(one).toMatchObject({
      apiVersion: 'sexton.dev/v1alpha1',
      kind: 'DoorGroup',
      metadata: { name: 'gym', namespace: 'first-church', generation: 1, file: 'doors.yaml', line: 1 },
      spec: { doors: [{ name: 'gym' }], deletionPolicy: 'Lock' },
    });
    const all = json((await site.run(['get', 'doorgroups', '-o', 'json'])).out);
    expect([all.kind, all.items.map(({ metadata }) => metadata.name)]).toEqual(['List', ['gym', 'office']]);
    const selected = json((await site.run(['get', 'dg', '-l', 'team=staff,!other', '-o', 'json'])).out);
    expect(selected.items.map(({ metadata }) => metadata.name)).toEqual(['office']);
  });

  it('prints kubectl-like tables and names', async () => {
    site.write('resources/all.yaml', `${doorGroup('gym')}---\n${roomMapping('rooms', 'gym')}`);
    const { code, out, err } = await site.run(['get', 'all']);
    expect([code, err]).toEqual([0, noDaemon]);
    expect(out).toMatch(/^NAME +DOORS +METHOD +NEXT +READY +AGE\ndoorgroup\.sexton\.dev\/gym +Schedule +Unknown +\d+s\n\nNAME +ROOMS/);
    expect((await site.run(['get', 'dg/gym', 'rm/rooms', '-o', 'name'])).out).toBe('doorgroup.sexton.dev/gym\nroommapping.sexton.dev/rooms\n');
    expect((await site.run(['get', 'oh,dg', '-o', 'name'])).out).toBe('doorgroup.sexton.dev/gym\n');
  });

  it('beside a daemon says nothing of it', async () => {
    site.write('resources/doors.yaml', doorGroup('gym'));
    const lock = acquireLock(site.runtimeDir);
    expect((await site.run(['get', 'dg'])).err).toBe('');
    if ('release' in lock) lock.release();
  });

  it('as JSON every object has all of its metadata, also where there is none', async () => {
    site.write('resources/doors.yaml', doorGroup('gym'));
    const { metadata } = JSON.parse((await site.run(['get', 'dg', 'gym', '-o', 'json'])).out) as { readonly metadata: unknown };
    expect(metadata).toMatchObject({ name: 'gym', namespace: 'first-church', generation: 1, labels: {}, annotations: {}, file: 'doors.yaml', line: 1 });
  });

  it('nothing is no failure, an unknown name is', async () => {
    site.write('resources/doors.yaml', doorGroup('front-lobby'));
    expect(await site.run(['get', 'oh'])).toEqual({ code: 0, out: '', err: `${noDaemon}No resources found\n` });
    const missing = await site.run(['get', 'dg', 'front-loby', 'front-lobby', '-o', 'name']);
    expect(missing).toMatchObject({ code: 1, out: 'doorgroup.sexton.dev/front-lobby\n' });
    expect(missing.err).toContain('did you mean `front-lobby`?');
  });

  it('shows what is refused, doubled and unreadable, with its place', async () => {
    site.write('resources/a.yaml', doorGroup('gym'));
    site.write('resources/b.yaml', doorGroup('gym'));
    site.write('resources/c.yaml', doorGroup('office').replace('doors', 'dors'));
    site.write('resources/d.yaml', 'kind: [\n');
    const { code, out, err } = await site.run(['get', 'dg', '-o', 'wide']);
    expect(code).toBe(0);
    expect(out).toMatch(/office .*False .*c\.yaml:4:9 spec\.dors: there is no such field; did you mean `doors`\?/);
    expect(out.match(/^gym/gm)).toHaveLength(2);
    expect(out).toMatch(/^gym .*False .*a\.yaml/m);
    expect(err).toMatch(/^DoorGroup\/gym of b\.yaml:1 is refused, nothing of it is in force:$/m);
    expect(err).toMatch(/^d\.yaml:\d+:\d+: /m);
    const { items } = json((await site.run(['get', 'all', '-o', 'json'])).out);
    expect(items.map(({ kind }) => kind)).toEqual(['DoorGroup', 'DoorGroup', 'DoorGroup', 'UnreadableDocument']);
    const refused = items.find(({ metadata }) => metadata.name === 'office');
    expect(refused).not.toHaveProperty('spec');
    expect(refused?.status?.refused).toMatchObject({ problems: expect.arrayContaining([expect.objectContaining({ line: 4, column: 9 })]) as unknown });
    expect(refused?.status?.conditions.find(({ type }) => type === 'Ready')).toMatchObject({ status: 'False', reason: 'Invalid' });
  });

  it('an empty directory says so', async () => {
    const { code, err } = await site.run(['get', 'all']);
    expect(code).toBe(0);
    expect(err).toContain('holds no resource');
  });

  it('-w prints what changes, and ends with 130', async () => {
    site.write('resources/doors.yaml', doorGroup('gym'));
    const interrupt = new AbortController();
    const { code, out } = await site.run(['get', 'dg', '-o', 'name', '-w'], {
      interrupt: interrupt.signal,
      heard: (text) => {
        if (text.includes('office')) interrupt.abort('SIGINT');
        else site.write('resources/office.yaml', doorGroup('office'));
      },
    });
    expect([code, out]).toEqual([130, 'doorgroup.sexton.dev/gym\ndoorgroup.sexton.dev/office\n']);
  });
});

describe('validate', () => {
  it('a good directory, and a missing reference in it', async () => {
    site.write('resources/doors.yaml', doorGroup('front-lobby'));
    site.write('resources/rooms.yaml', roomMapping('rooms', 'front-lobby'));
    site.write('resources/doors.status.yaml', 'apiVersion: sexton.dev/v1alpha1\nkind: DoorGroup\nmetadata: { name: x }\nstatus: {}\n');
    expect(await site.run(['validate'])).toMatchObject({ code: 0, out: '' });
    site.write('resources/rooms.yaml', roomMapping('rooms', 'front-loby'));
    const { code, out } = await site.run(['validate']);
    expect([code, out]).toEqual([1, `${join(site.resources, 'rooms.yaml')}:4:49 spec.rooms[0].doorGroups[0]: there is no DoorGroup "front-loby"; did you mean \`front-lobby\`?\n`]);
  });

  it('a single file is judged without the door groups that others declare', async () => {
    site.write('rooms.yaml', roomMapping('rooms', 'elsewhere'));
    const { code, err } = await site.run(['validate', join(site.root, 'rooms.yaml')]);
    expect(code).toBe(0);
    expect(err).toContain('were not checked');
  });

  it('needs no configuration for a path, and names duplicates, second singletons, misnamed and unreadable files', async () => {
    const safeHours = (name: string): string => `apiVersion: sexton.dev/v1alpha1\nkind: SafeHours\nmetadata: { name: ${name} }\nspec: { default: "05:00-23:00" }\n`;
    site.write('x/a.yaml', doorGroup('gym'));
    site.write('x/deep/b.yml', doorGroup('gym'));
    site.write('x/c.yaml', safeHours('one'));
    site.write('x/d.yaml', safeHours('two'));
    site.write('x/e.status.yaml', doorGroup('hidden'));
    site.write('x/.hidden.yaml', 'nonsense: [');
    const { code, out } = await site.run(['validate', join(site.root, 'x'), join(site.root, 'nowhere')], { environment: { SEXTON_CONFIG: '/nowhere' } });
    expect(code).toBe(1);
    expect(out).toMatch(/deep\/b\.yml:\d+:\d+ .*a\.yaml/);
    expect(out).toMatch(/d\.yaml:\d+:\d+/);
    expect(out).toMatch(/e\.status\.yaml:4:1 spec: /);
    expect(out).toMatch(/nowhere:0:0: cannot be read \(ENOENT\)/);
    expect(out.trim().split('\n')).toHaveLength(4);
  });
});

describe('completion', () => {
  const offered = async (...words: readonly string[]): Promise<readonly string[]> =>
    (await site.run(['__complete', '--', ...words])).out.split('\n').filter((line) => line !== '');

  it('offers commands, kinds, names and options', async () => {
    site.write('resources/doors.yaml', `${doorGroup('gym-front')}---\n${doorGroup('gym-rear')}---\n${doorGroup('office')}`);
    expect(await offered('val')).toEqual(['validate']);
    expect(await offered('get', 'tier')).toEqual(['tiermapping', 'tiermappings']);
    expect(await offered('get', 'dg', 'gym')).toEqual(['gym-front', 'gym-rear']);
    expect(await offered('describe', 'DoorGroup/of')).toEqual(['DoorGroup/office']);
    expect(await offered('get', 'dg', '-o', '')).toEqual(['json', 'name', 'wide', 'yaml']);
    expect(await offered('get', '--wa')).toEqual(['--watch']);
    expect(await offered('preview', '')).toEqual([]);
  });

  it('offers what a command takes besides kinds: planes, quirks, what waits, what may be cancelled', async () => {
    expect(await offered('run', '--plane', '')).toEqual(['doors', 'members']);
    expect(await offered('adopt', '')).toEqual(['controller', 'members']);
    expect(await offered('import', '')).toEqual(['csv', 'door-sync', 'fccplanner']);
    expect(await offered('import', 'csv', '')).toEqual([]);
    expect(await offered('sim', 'unifi', '--quirk', 'empty-h')).toEqual(['empty-holiday=deny', 'empty-holiday=weekly']);
    expect(await offered('sim', 'pco', '--quirk', 'limit')).toEqual(expect.arrayContaining([expect.stringMatching(/^limit-drop=/)]));
    expect(await offered('approve', '')).toEqual([]);
    const held = [{ kind: 'plan' as const, ref: 'plan/0123456789ab', summary: '', release: '' }];
    site.write('run/live.json', JSON.stringify({ ...calmView(), status: { ...calmView().status, held } }));
    expect(await offered('approve', 'pl')).toEqual(['plan/0123456789ab']);
    expect(await offered('cancel', '')).toEqual(calmView().bookings.map(({ event }) => `${event.id}@${event.startsAt}`));
  });

  it('after --config leaves the word to the shell, which offers files', async () => {
    const completed = async (...words: readonly string[]): Promise<string> => (await site.run(['__complete', '--', ...words])).out;
    expect(await completed('--config', '')).toBe('');
    expect(await completed('--config', 'x.yaml', 'stat')).toBe('status\n');
  });

  it.each(['bash', 'zsh', 'fish'])('prints a script for %s', async (shell) => {
    expect(await site.run(['completion', shell])).toMatchObject({ code: 0, out: expect.stringContaining('sexton __complete') as string });
  });
});
