import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { kinds } from '../../src/api/resource.js';
import { displayWidth } from '../../src/cli/display-width.js';
import { renderTable } from '../../src/cli/table.js';
import type { View } from '../../src/status/view.js';
import { type Site, doorGroup, makeSite } from './harness.js';
import { calmView, heldView, hostile } from './view-fixture.js';

let site: Site;
beforeEach(() => {
  site = makeSite();
});
afterEach(() => rmSync(site.root, { recursive: true, force: true }));

describe('get of what the world holds', () => {
  it('prints bookings in the time of the site, one as it is and several as a List', async () => {
    const table = await site.run(['get', 'bookings'], { view: calmView() });
    expect(table).toEqual({
      code: 0,
      err: '',
      out: [
        'ID     EVENT   ROOM        WHEN                         STATE   DOORS',
        '1000   Choir   Sanctuary   Sat 2026-11-21 18:00-20:00   Open    front-lobby',
        '',
      ].join('\n'),
    });
    const one = await site.run(['get', 'booking/1000', '-o', 'json'], { view: calmView() });
    expect(JSON.parse(one.out)).toEqual(calmView().bookings[0]);
    const all = await site.run(['get', 'doors', '-o', 'json'], { view: calmView() });
    expect(JSON.parse(all.out)).toEqual({ apiVersion: 'v1', kind: 'List', items: calmView().doors });
    expect(parse((await site.run(['get', 'sources', '-o', 'yaml'], { view: calmView() })).out)).toMatchObject({ items: calmView().status.sources });
    expect((await site.run(['get', 'members', '-o', 'name'], { view: calmView() })).out).toBe('member/7\nmember/8\n');
  });

  it('says on stderr that it worked the view out itself', async () => {
    const { err } = await site.run(['get', 'doors'], { view: calmView(), from: 'computed' });
    expect(err).toContain('No daemon runs');
    expect(err).toContain('nothing was written');
  });

  it('an unknown one ends with 1', async () => {
    const { code, err } = await site.run(['get', 'door', 'Front Nort'], { view: calmView() });
    expect(code).toBe(1);
    expect(err).toContain('did you mean `Front North`?');
  });

  it.each([
    ['the command could not read the calendar itself', 'computed' as const, '2026-11-20T12:00:00Z', 69],
    ['the daemon has never read it', 'daemon' as const, null, 69],
    ['the daemon shows the last good answer', 'daemon' as const, '2026-11-20T12:00:00Z', 0],
  ])('%s', async (_, from, readAt, expected) => {
    const view = calmView();
    const sources = view.status.sources.map((source) => (source.name === 'planningCenter' ? { ...source, readAt, complete: false, error: 'no answer' } : source));
    const { code, out, err } = await site.run(['get', 'bookings'], { view: { ...view, status: { ...view.status, sources } }, from });
    expect(code).toBe(expected);
    expect(err).toContain('planningCenter: no answer');
    expect(out).toContain('Choir');
  });

  it('nothing is not claimed where the plane never ran', async () => {
    const view = calmView();
    const planes = view.status.planes.map((plane) => ({ ...plane, ready: false, lastSuccess: null, message: 'UniFi is down' }));
    const result = await site.run(['get', 'members', '-o', 'json'], { view: { ...view, members: [], status: { ...view.status, planes } }, from: 'computed' });
    expect(result).toMatchObject({ code: 69, out: '' });
    expect(result.err).toContain('UniFi is down');
  });

  it('a view that cannot be had ends with 69', async () => {
    expect(await site.run(['get', 'doors'])).toMatchObject({ code: 69, err: 'no view in this test\n' });
  });
});

describe('diff', () => {
  it('one line a change, the hash of what is held, the counts', async () => {
    expect(await site.run(['diff'], { view: heldView() })).toEqual({
      code: 1,
      err: '',
      out: [
        '+ create Schedule/Sexton office: monday 09:00-12:00',
        '~ program Schedule/Front: nothing -> saturday 17:45-20:15',
        '- revoke Schedule/Old: was sunday 08:00-12:00',
        '- revoke-policy AccessPolicy/Old: was made by sexton',
        '! add User/contact 9: status ACTIVE; card ***01 [held: bootstrap]',
        '! add User/contact 10: status ACTIVE [held: bootstrap]',
        '- deactivate User/contact 3: cards [***44] -> status DEACTIVATED',
        'plan/0123456789ab',
        '7 changes, 2 held',
        '',
      ].join('\n'),
    });
  });

  it('of a full week the line shows the day that changes', async () => {
    const full = Object.fromEntries(['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'].map((day) => [day, '09:00-12:00, 13:00-16:30']));
    const change = { verb: 'program', object: { kind: 'Schedule', id: 's1', name: 'Front' }, held: false as const };
    const view = calmView();
    const changes = [
      { ...change, before: { ...full, sunday: '09:00-10:00' }, after: { ...full, sunday: '09:00-11:00' } },
      { ...change, before: { ...full, sunday: '09:00-10:00' }, after: full },
    ];
    const { out } = await site.run(['diff', 'doors'], { view: { ...view, diff: { planes: [{ plane: 'doors', hash: null, changes }] } } });
    expect(out).toBe('~ program Schedule/Front: sunday 09:00-10:00 -> sunday 09:00-11:00\n~ program Schedule/Front: sunday 09:00-10:00 -> nothing\n2 changes, 0 held\n');
  });

  it('shows one plane, also as JSON', async () => {
    const { out } = await site.run(['diff', 'doors', '-o', 'json'], { view: heldView() });
    expect(JSON.parse(out)).toEqual({ planes: [heldView().diff.planes[0]] });
  });

  it('nothing to do is 0, a plan that could not be told is 2', async () => {
    expect(await site.run(['diff'], { view: calmView() })).toMatchObject({ code: 0, out: '0 changes, 0 held\n' });
    const view: View = { ...calmView(), diff: { planes: [{ plane: 'doors', hash: null, changes: [], error: 'UniFi is down' }] } };
    const { code, out, err } = await site.run(['diff', 'doors'], { view });
    expect([code, out, err]).toEqual([2, '', 'doors: UniFi is down\n']);
    expect((await site.run(['diff'])).code).toBe(2);
  });

  it('a plan by what a source said earlier does not tell: 2, with the plan and the reason', async () => {
    const { status, ...rest } = calmView();
    const broken = (name: string, change: object): View => ({ ...rest, status: { ...status, sources: status.sources.map((source) => (source.name === name ? { ...source, ...change } : source)) } });
    const down = await site.run(['diff'], { view: broken('planningCenter', { complete: false, error: 'GET 127.0.0.1: connect ECONNREFUSED' }) });
    expect(down).toMatchObject({ code: 2, out: '0 changes, 0 held\n' });
    expect(down.err).toContain('planningCenter: GET 127.0.0.1: connect ECONNREFUSED; this is the plan by what was read at 2026-');
    expect((await site.run(['diff', 'members'], { view: broken('planningCenter', { complete: false, error: 'down' }) })).code).toBe(0);
    expect((await site.run(['diff', 'members'], { view: broken('civicrm', { complete: false }) })).code).toBe(2);
  });
});

describe('status', () => {
  it('is 1 while a resource is not Ready, and shows everything on one screen', async () => {
    site.write('resources/doors.yaml', doorGroup('front-lobby'));
    const { code, out } = await site.run(['status'], { view: { ...calmView(), status: { ...calmView().status, notes: ['openings give nothing yet'] } } });
    expect(code).toBe(1);
    for (const part of [
      'Site:      first-church, Apply',
      'Now:       Fri 2026-11-20 07:00 (America/New_York)',
      'Fence:     Unverified',
      '2 with access, 1 without, 0 ignored, 1 quarantined',
      'front-lobby   Closed   Sat 2026-11-21 17:45   Sat 2026-11-21 17:45-20:15   True',
      'DoorGroup/front-lobby   not reconciled yet',
      '- openings give nothing yet',
    ]) {
      expect(out).toContain(part);
    }
  });

  it('is 0 when everything is', async () => {
    site.write('resources/doors.yaml', doorGroup('front-lobby'));
    site.write('resources/doors.status.yaml', await currentStatus('front-lobby', 'True'));
    expect((await site.run(['status'], { view: calmView() })).code).toBe(0);
    const view = calmView();
    const planes = view.status.planes.map((plane) => ({ ...plane, ready: false, reason: 'Braked', message: 'held' }));
    expect((await site.run(['status'], { view: { ...view, status: { ...view.status, planes } } })).code).toBe(1);
  });

  it('-o json is the status alone', async () => {
    site.write('resources/doors.yaml', doorGroup('front-lobby'));
    const { out } = await site.run(['status', '-o', 'json'], { view: calmView() });
    expect(JSON.parse(out)).toEqual(calmView().status);
  });
});

/** A status file that speaks of the version in the directory. */
async function currentStatus(name: string, ready: 'True' | 'False'): Promise<string> {
  const { loadConfiguration } = await import('../../src/runtime/config.js');
  const { loadResources } = await import('../../src/cli/load-resources.js');
  const { config } = loadConfiguration(join(site.root, 'sexton.yaml'));
  if (config === undefined) throw new Error('the configuration is wrong');
  const { resources } = await loadResources(config);
  const specHash = resources.find((resource) => resource.name === name)?.specHash ?? '';
  return `apiVersion: sexton.dev/v1alpha1
kind: DoorGroup
metadata: { name: ${name} }
status:
  observedGeneration: 1
  specHash: ${specHash}
  conditions: [{ type: Ready, status: "${ready}", reason: Programmed, message: 1 window, observedGeneration: 1, lastTransitionTime: "2026-11-20T12:00:00Z" }]
`;
}

describe('wait', () => {
  it('believes a status that speaks of this version, and no other', async () => {
    site.write('resources/doors.yaml', doorGroup('gym'));
    const wait = (condition: string): Promise<{ code: number; err: string }> => site.run(['wait', `--for=condition=${condition}`, 'dg/gym', '--timeout', '1s']);
    expect((await wait('Ready')).err).toContain('does not speak of this version yet');
    site.write('resources/doors.status.yaml', await currentStatus('gym', 'True'));
    expect((await wait('ready')).code).toBe(0);
    expect((await wait('Ready=False')).code).toBe(1);
    site.write('resources/doors.yaml', doorGroup('gym').replace('doors:', 'displayName: Gym, doors:'));
    expect((await wait('Ready')).code).toBe(1);
    site.write('resources/doors.yaml', doorGroup('gym').replace('doors:', 'dors:'));
    expect(await wait('Ready')).toMatchObject({ code: 1, err: expect.stringContaining('refused') as string });
    expect((await wait('Ready=False')).code).toBe(0);
  });
});

describe('describe', () => {
  it('a door group says why each window is there', async () => {
    site.write('resources/doors.yaml', doorGroup('front-lobby'));
    const { code, out } = await site.run(['describe', 'dg', 'front-lobby'], { view: calmView() });
    expect(code).toBe(0);
    expect(out).toContain('Windows:\n  Sat 2026-11-21 17:45-20:15\n    because of event/10@2026-11-21T23:00:00Z: Choir (Sanctuary)\n');
  });

  it('a refused resource lists its problems, and is shown although the world cannot be read', async () => {
    site.write('resources/doors.yaml', doorGroup('gym').replace('doors:', 'dors:'));
    const { code, out, err } = await site.run(['describe', 'dg/gym']);
    expect(code).toBe(69);
    expect(out).toMatch(/Problems:\n( {2}.+\n)* {2}doors\.yaml:4:9 spec\.dors: /);
    expect(err).toBe('no view in this test\n');
  });

  it('a member says why not, and what waits', async () => {
    expect((await site.run(['describe', 'member/8'], { view: calmView() })).out).toMatch(/Quarantined: [^\n]+\n(.+\n)*Because:\n {2}- the card number is no number\n/);
    const view = { ...heldView(), members: [{ contact: 9, outcome: 'Access' as const, rule: 'Gold', policies: [], card: null, reasons: [] }] };
    expect((await site.run(['describe', 'contact', '9'], { view })).out).toContain('! add User/contact 9');
    expect(await site.run(['describe', 'member/99'], { view })).toMatchObject({ code: 1, err: expect.stringContaining('contact 99') as string });
  });

  it('a door shows its group and windows', async () => {
    const { out } = await site.run(['describe', 'door/front north'], { view: calmView() });
    expect(out).toContain('Door group:   front-lobby');
    expect(out).toContain('because of event/10');
  });
});

describe('text from outside', () => {
  it('a hostile name changes no line of any output, and JSON keeps it', async () => {
    const calm = calmView();
    const [booking] = calm.bookings;
    const view: View = {
      ...calm,
      status: { ...calm.status, notes: [`note ${hostile}`] },
      bookings: booking === undefined ? [] : [{ ...booking, room: `${hostile}\nroom`, event: { ...booking.event, name: hostile } }],
      windows: [{ doorGroup: 'front-lobby', windows: [{ start: '2026-11-21T22:45:00Z', end: '2026-11-22T01:15:00Z', held: true, causes: [{ kind: 'event', ref: 'event/10', text: hostile }] }] }],
      diff: { planes: [{ plane: 'doors', hash: null, changes: [{ verb: 'create', object: { kind: 'Schedule', id: null, name: hostile }, before: null, after: { note: hostile }, held: hostile }] }] },
    };
    site.write('resources/doors.yaml', doorGroup('front-lobby'));
    writeFileSync(
      join(site.stateDir, 'events.jsonl'),
      `${JSON.stringify({ at: '2026-11-20T12:00:00Z', type: 'Normal', reason: 'X', object: { kind: 'DoorGroup', name: 'front-lobby' }, message: hostile })}\n`,
    );
    const lines = [['get', 'bookings', '-o', 'wide'], ['describe', 'dg/front-lobby'], ['describe', 'booking/1000'], ['status'], ['diff'], ['events']];
    const yaml = [['get', 'bookings', '-o', 'yaml'], ['diff', '-o', 'yaml'], ['events', '-o', 'yaml']];
    for (const words of [...lines, ...yaml]) {
      const { out } = await site.run(words, { view });
      expect([words, out.replaceAll('\n', '')]).toEqual([words, expect.not.stringMatching(/[\p{Cc}\p{Cf}]/u)]);
      expect([words, out]).toEqual([words, expect.stringContaining('hsaw')]);
    }
    const { out } = await site.run(['get', 'bookings', '1000', '-o', 'json'], { view });
    expect(out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(JSON.parse(out)).toEqual(view.bookings[0]);
  });

  it('columns stay aligned beside wide and combining characters', () => {
    const table = renderTable(['NAME', 'NEXT'], [['礼拝堂', 'a'], ['Cafe\u0301', 'b'], ['🎉', 'c']]);
    const before = [table.header, ...table.rows].map((line) => displayWidth(line.slice(0, -1).replace(/NEX$/, '')));
    expect(new Set(before)).toEqual(new Set([9]));
    expect([displayWidth('礼拝堂'), displayWidth('Cafe\u0301'), displayWidth('🎉')]).toEqual([6, 4, 2]);
  });
});

it('every kind has an answer to get and describe', async () => {
  for (const kind of kinds) {
    expect([kind, (await site.run(['get', kind], { view: calmView() })).code]).toEqual([kind, 0]);
    expect([kind, (await site.run(['describe', `${kind}/none`], { view: calmView() })).code]).toEqual([kind, 1]);
  }
});
