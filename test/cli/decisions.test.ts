import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Site } from '../support/site.js';
import { commandsOf, event, generatedFiles, readResource, start } from './decision-site.js';

let site: Site | undefined;
afterEach(async () => {
  await site?.close();
  site = undefined;
});

// 23:30 to 01:00 in New York: outside the default safe hours.
const night = { id: '140', name: 'Night Watch', at: [['2026-11-22T04:30:00Z', '2026-11-22T06:00:00Z']] } as const;
const choir = {
  id: '10',
  name: 'Choir',
  at: [
    ['2026-11-22T23:00:00Z', '2026-11-23T01:00:00Z'],
    ['2026-11-29T23:00:00Z', '2026-11-30T01:00:00Z'],
  ],
} as const;
const duringNight = '2026-11-22T05:00:00Z';
const approval = 'approve-140-20261122T043000Z.yaml';

describe('approve', () => {
  it('writes one readable file that releases exactly what waits, and opens the door', async () => {
    site = await start([night]);
    const sexton = commandsOf(site);
    expect(await site.openDoors(duringNight)).toEqual([]);
    const { code, out } = await sexton(['approve', '140', '--reason', 'board\nminutes 7']);
    expect(code).toBe(0);
    expect(out).toContain(join(site.resources, 'generated', approval));
    expect(out).toContain('lobby 2026-11-21 23:15-2026-11-22 01:15');
    expect(parse(await readResource(site, `generated/${approval}`))).toEqual({
      apiVersion: 'sexton.dev/v1alpha1',
      kind: 'EventOverride',
      metadata: {
        name: 'approve-140-20261122t043000z',
        labels: { 'app.kubernetes.io/managed-by': 'sexton' },
        annotations: { 'sexton.dev/by': 'pat', 'sexton.dev/at': '2026-11-21T15:00:30Z', 'sexton.dev/reason': 'board minutes 7' },
      },
      spec: {
        match: { eventId: '140', startsAt: '2026-11-22T04:30:00Z' },
        action: 'Approve',
        approvedWindows: [{ doorGroup: 'lobby', start: '2026-11-22T04:15:00Z', end: '2026-11-22T06:15:00Z' }],
      },
    });
    await site.run('doors');
    expect(await site.openDoors(duringNight)).toEqual(['Lobby']);
  });

  it('a second time changes no byte; another reason does', async () => {
    site = await start([night]);
    const sexton = commandsOf(site);
    await sexton(['approve', 'night  WATCH', '--reason', 'first']);
    const before = await readResource(site, `generated/${approval}`);
    for (const run of ['before', 'after'] as const) {
      if (run === 'after') await site.run('doors');
      site.clock.advance(60_000);
      const { code, out } = await sexton(['approve', '140@2026-11-22T04:30:00Z']);
      expect([code, out]).toEqual([0, expect.stringContaining('it was so already')]);
      expect(await readResource(site, `generated/${approval}`)).toBe(before);
    }
    await sexton(['approve', '140', '--reason', 'second']);
    expect(await readResource(site, `generated/${approval}`)).toContain('sexton.dev/reason: second');
  });

  it('an event that grew is approved with what was approved before', async () => {
    site = await start([night]);
    const sexton = commandsOf(site);
    await sexton(['approve', '140']);
    await site.pco.sim('/seed?merge=1', { events: [event({ ...night, at: [['2026-11-22T04:30:00Z', '2026-11-22T07:00:00Z']] })] });
    await site.run('doors');
    expect(await site.openDoors('2026-11-22T06:30:00Z')).toEqual([]);
    expect((await sexton(['approve', '140'])).code).toBe(0);
    await site.run('doors');
    expect(await site.openDoors('2026-11-22T06:30:00Z')).toEqual(['Lobby']);
    expect(await site.openDoors(duringNight)).toEqual(['Lobby']);
  });

  it("refuses while an operator's Deny matches, and names its file and line", async () => {
    const deny = '# Nights are quiet.\napiVersion: sexton.dev/v1alpha1\nkind: EventOverride\nmetadata: { name: quiet }\nspec: { match: { eventNameContains: night }, action: Deny }\n';
    site = await start([night], { files: { 'rules/quiet.yaml': deny } });
    const { code, err } = await commandsOf(site)(['approve', '140']);
    expect([code, await generatedFiles(site)]).toEqual([1, []]);
    expect(err).toContain('EventOverride/quiet in rules/quiet.yaml:2 denies it');
    // A file in the folder that is not labelled is an operator's too.
    await site.remove('rules/quiet.yaml');
    await site.write('generated/quiet.yaml', deny);
    expect(await commandsOf(site)(['approve', '140'])).toMatchObject({ code: 1, err: expect.stringContaining('generated/quiet.yaml:2') as string });
  });

  it('replaces a generated Deny, with the windows that it kept shut', async () => {
    site = await start([night]);
    const sexton = commandsOf(site);
    expect((await sexton(['deny', '140'])).code).toBe(0);
    await site.run('doors');
    expect((await sexton(['approve', '140'])).code).toBe(0);
    expect(await generatedFiles(site)).toEqual([approval]);
    await site.run('doors');
    site.clock.advance(11_000);
    await site.run('doors');
    expect(await site.openDoors(duringNight)).toEqual(['Lobby']);
  });

  it('takes a generated Cancel back; what opens by itself needs no file', async () => {
    site = await start([choir]);
    const sexton = commandsOf(site);
    await sexton(['cancel', '10@2026-11-22T23:00:00Z']);
    await site.run('doors');
    expect(await sexton(['approve', '10@2026-11-22T23:00:00Z'])).toMatchObject({ code: 0, out: expect.stringContaining('taken back') as string });
    expect(await generatedFiles(site)).toEqual([]);
    await site.run('doors');
    site.clock.advance(11_000);
    await site.run('doors');
    expect(await sexton(['approve', '10@2026-11-22T23:00:00Z'])).toMatchObject({ code: 0, out: expect.stringContaining('opens its doors by itself') as string });
    expect(await generatedFiles(site)).toEqual([]);
  });
});

describe('deny, cancel and restore', () => {
  it.each(['deny', 'cancel'] as const)('%s closes one occurrence only; restore opens it again', async (action) => {
    site = await start([choir]);
    const sexton = commandsOf(site);
    expect(await site.openDoors('2026-11-23T00:00:00Z')).toEqual(['Lobby']);
    const { code, out } = await sexton([action, '10@2026-11-22T23:00:00Z']);
    expect([code, out]).toEqual([0, expect.stringContaining('no longer opens lobby')]);
    expect(await generatedFiles(site)).toEqual([`${action}-10-20261122T230000Z.yaml`]);
    await site.run('doors');
    expect(await site.openDoors('2026-11-23T00:00:00Z')).toEqual([]);
    expect(site.composition.engine.view().bookings.map(({ state }) => state)).toEqual([action === 'deny' ? 'Denied' : 'Cancelled', 'Open']);

    // The name is ambiguous; only one occurrence has a decision to take back.
    expect((await sexton(['restore', 'Choir'])).code).toBe(0);
    expect(await generatedFiles(site)).toEqual([]);
    await site.run('doors');
    site.clock.advance(11_000);
    await site.run('doors');
    expect(await site.openDoors('2026-11-23T00:00:00Z')).toEqual(['Lobby']);
    expect(await sexton(['restore', '10@2026-11-22T23:00:00Z'])).toMatchObject({ code: 0, out: expect.stringContaining('nothing to take back') as string });
  });

  it('the last decision stands alone, and every one of them goes with restore', async () => {
    site = await start([night]);
    const sexton = commandsOf(site);
    for (const action of ['approve', 'cancel', 'deny']) {
      expect((await sexton([action, '140'])).code).toBe(0);
      expect((await generatedFiles(site)).map((name) => name.split('-')[0])).toEqual([action]);
    }
    // By hand, beside it.
    await site.write('generated/extra.yaml', (await readResource(site, 'generated/deny-140-20261122T043000Z.yaml')).replace('name: deny', 'name: also-deny'));
    expect((await sexton(['restore', '140'])).code).toBe(0);
    expect(await generatedFiles(site)).toEqual([]);
  });

  it('restore needs no booking when the occurrence is named in full, or by the id in its file', async () => {
    site = await start([night]);
    const sexton = commandsOf(site);
    for (const word of ['140@2026-11-22T04:30:00Z', 'event/140@2026-11-21T23:30:00-05:00', '140']) {
      await sexton(['deny', '140']);
      await site.pco.sim('/seed?merge=1', { events: [{ id: '140', name: 'Night Watch', approval_status: 'R', instances: [] }] });
      await site.run('doors');
      expect([word, (await sexton(['restore', word])).code, await generatedFiles(site)]).toEqual([word, 0, []]);
      await site.pco.sim('/seed?merge=1', { events: [event(night)] });
      await site.run('doors');
    }
  });
});

describe('which event is meant', () => {
  it('an ambiguous name or id ends with 1 and lists the occurrences', async () => {
    site = await start([choir, { ...choir, id: '11', at: [choir.at[0]] }]);
    const sexton = commandsOf(site);
    for (const word of ['Choir', '10']) {
      const { code, out, err } = await sexton(['deny', word]);
      expect([code, out, await generatedFiles(site)]).toEqual([1, '', []]);
      expect(err).toContain('  10@2026-11-22T23:00:00Z  Choir (Sun 2026-11-22 18:00), Sanctuary');
      expect(err).toContain('  10@2026-11-29T23:00:00Z');
      expect(err.includes('  11@2026')).toBe(word === 'Choir');
    }
  });

  it('an unknown one ends with 1 and says what looks like it', async () => {
    site = await start([choir, night]);
    const sexton = commandsOf(site);
    expect(await sexton(['deny', 'Coir'])).toMatchObject({ code: 1, err: expect.stringMatching(/did you mean:\n {2}10@/) as string });
    expect(await sexton(['deny', 'watch'])).toMatchObject({ code: 1, err: expect.stringMatching(/did you mean:\n {2}140@/) as string });
    expect(await sexton(['deny', '10@2026-11-25T23:00:00Z'])).toMatchObject({ code: 1, err: expect.stringMatching(/did you mean:\n {2}10@2026-11-22/) as string });
    expect(await sexton(['deny', 'Zebra'])).toMatchObject({ code: 1, err: expect.stringContaining('there are:') as string });
  });

  it('hostile ids and names stay in the folder, in one line, and apart', async () => {
    const at = [['2026-11-22T23:00:00Z', '2026-11-23T01:00:00Z']] as const;
    const name = 'x"\n---\nkind: DoorGroup\u202e <b>';
    site = await start([
      { id: '../../../evil', name, at },
      { id: 'evil', name: 'Évil  Party', at },
      { id: 'e vil', name: '# yes', at },
    ]);
    const sexton = commandsOf(site);
    for (const word of ['../../../evil', 'e\u0301vil party', '# YES']) expect([word, (await sexton(['cancel', word])).code]).toEqual([word, 0]);
    const files = await generatedFiles(site);
    expect(files).toHaveLength(3);
    for (const file of files) {
      expect(file).toMatch(/^cancel-(evil|evil-[0-9a-f]{8}|e-vil-[0-9a-f]{8})-20261122T230000Z\.yaml$/);
      expect(await readResource(site, `generated/${file}`)).not.toMatch(/\u202e|^---/m);
    }
    await site.run('doors');
    expect(site.composition.engine.view().bookings.map(({ state }) => state)).toEqual(['Cancelled', 'Cancelled', 'Cancelled']);
  });
});

describe("operators' files", () => {
  it('is never written over: one without our label, one with a second document', async () => {
    site = await start([night]);
    const sexton = commandsOf(site);
    await sexton(['deny', '140']);
    const file = 'generated/deny-140-20261122T043000Z.yaml';
    const ours = await readResource(site, file);
    for (const theirs of [ours.replace('managed-by: sexton', 'managed-by: us').replace('action: Deny', 'action: Cancel'), `${ours}---\n${ours.replace('name: deny', 'name: second')}`, '{']) {
      await site.write(file, theirs);
      expect([theirs, (await sexton(['deny', '140'])).code]).toEqual([theirs, 1]);
      expect((await sexton(['restore', '140'])).code).toBe(0);
      expect(await readResource(site, file)).toBe(theirs);
    }
  });

  it('a name taken elsewhere, and a folder that leads away, end with 1', async () => {
    site = await start([night]);
    const sexton = commandsOf(site);
    await sexton(['deny', '140']);
    await site.write('mine.yaml', await readResource(site, 'generated/deny-140-20261122T043000Z.yaml'));
    await rm(join(site.resources, 'generated'), { recursive: true });
    expect(await sexton(['deny', '140'])).toMatchObject({ code: 1, err: expect.stringContaining('mine.yaml:') as string });
    await site.remove('mine.yaml');
    await mkdir(join(site.directory, 'elsewhere'));
    await symlink(join(site.directory, 'elsewhere'), join(site.resources, 'generated'));
    expect(await sexton(['deny', '140'])).toMatchObject({ code: 1, err: expect.stringContaining('leads out of the resource directory') as string });
    await rm(join(site.resources, 'generated'));
    await writeFile(join(site.resources, 'generated'), '');
    expect((await sexton(['deny', '140'])).code).toBe(78);
  });
});
