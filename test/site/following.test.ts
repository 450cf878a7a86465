import { afterEach, describe, expect, it } from 'vitest';
import { judgeFollowing, type DoorSample } from '../../src/status/following.js';
import { condition } from '../support/site.js';
import { instant, openings, ruled, startRuleSite, type RuleSite } from './lock-rule-world.js';

const sample = (minute: number, words: string): DoorSample => ({
  at: minute * 60_000,
  desired: words.includes('want open') ? 'Open' : 'Closed',
  lock: words.includes('is open') ? 'Unlocked' : 'Locked',
  nearEdge: words.includes('edge'),
  unknown: words.includes('offline') ? 'its hub is offline' : null,
  rule: null,
});
const judged = (...looks: readonly string[]): string => judgeFollowing(looks.map((words, minute) => sample(minute, words))).status;

describe('judged over samples a minute apart', () => {
  it.each<[string, string, readonly string[]]>([
    ['never looked at', 'Unknown', []],
    ['as desired, once', 'True', ['want closed, is closed']],
    ['one that contradicts', 'True', ['want open, is open', 'want open, is closed']],
    ['two that do', 'True', ['want open, is open', 'want open, is closed', 'want open, is closed']],
    ['three that do', 'False', ['want open, is open', 'want open, is closed', 'want open, is closed', 'want open, is closed']],
    ['three, open at night', 'False', ['want closed, is open', 'want closed, is open', 'want closed, is open']],
    ['three, but not equal', 'Unknown', ['want open, is closed', 'want open, is closed', 'want closed, is open']],
    ['interrupted', 'True', ['want open, is closed', 'want open, is closed', 'want open, is open', 'want open, is closed']],
    ['near an edge', 'True', ['want closed, is closed', 'want open, is closed, edge', 'want open, is closed, edge', 'want open, is closed, edge']],
    ['wrong since before an edge', 'False', ['want closed, is open', 'want closed, is open', 'want closed, is open', 'want open, is open, edge']],
    ['right again', 'True', ['want closed, is open', 'want closed, is open', 'want closed, is open', 'want closed, is closed']],
    ['offline', 'Unknown', ['want closed, is closed', 'want closed, is closed, offline']],
  ])('%s: %s', (_name, status, looks) => {
    expect(judged(...looks)).toBe(status);
  });

  it('three looks within a minute are too few', () => {
    const looks = [0, 0.4, 0.8].map((minute) => sample(minute, 'want open, is closed'));
    expect(judgeFollowing(looks).status).toBe('Unknown');
  });
});

let site: RuleSite;
/** As the daemon looks: each minute, between two runs. */
async function watched(from: number, minutes: number): Promise<void> {
  for (let minute = from; minute < from + minutes; minute += 1) {
    const time = instant(`${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`);
    site.clock.set(time);
    await site.unifi.sim('/clock', { now: time });
    await site.composition.deps.watch.sample();
  }
  await site.composition.engine.refresh();
}
const following = async (): Promise<unknown> => condition(await site.status('DoorGroup', 'gym'), 'Following');
const files = { 'doors.yaml': ruled('gym', 'Gym'), 'hours.yaml': openings('18:00-20:00 gym') };

describe('doors looked at each minute', () => {
  afterEach(async () => {
    await site.close();
  });

  it('is True while they do as declared, and shows with the rule', async () => {
    site = await startRuleSite({ files });
    await site.runAt('18:00');
    await watched(18 * 60 + 1, 5);
    expect(await following()).toMatchObject({ status: 'True', reason: 'AsDeclared' });
    expect((await site.status('DoorGroup', 'gym'))['following']).toBe('True');
    expect(site.composition.engine.view().doors.find(({ id }) => id === 'gym')).toMatchObject({ lock: 'Unlocked', rule: 'custom', desired: 'Open', following: 'True' });
    expect(site.composition.engine.view().status.doorGroups[0]).toMatchObject({ now: 'Open', until: '2026-11-21T20:00:00Z', ready: true });
  });

  it('names the person\'s rule that keeps a door open outside its windows, and hears when it is over', async () => {
    site = await startRuleSite({ files });
    await site.runAt('17:00');
    await site.person('gym', { type: 'keep_unlock' });
    await watched(17 * 60 + 5, 2);
    expect(await following()).toMatchObject({ status: 'True' });
    await watched(17 * 60 + 7, 1);
    const found = await following();
    expect(found).toMatchObject({ status: 'False', reason: 'OpenOutsideWindow' });
    expect((found as { message: string }).message).toContain('keep_unlock');
    await site.person('gym', { type: 'reset' });
    await watched(17 * 60 + 8, 1);
    expect(await following()).toMatchObject({ status: 'True' });
  });

  it('names the usual causes where nothing else can be said', async () => {
    site = await startRuleSite({ files: { ...files, 'doors.yaml': ruled('gym', 'Gym').replace('LockRule', 'Schedule, schedule: { create: true }') } });
    await site.runAt('17:00');
    await watched(18 * 60 + 3, 3);
    const found = (await following()) as { message: string };
    expect(found).toMatchObject({ status: 'False', reason: 'ClosedInWindow' });
    expect(found.message).toMatch(/not pointed at .* First-Person-In .* time zone .* a person/);
  });

  it.each([
    ['in an emergency', { emergency: { lockdown: true, evacuation: false } }],
    ['while the hub is offline', { doors: [{ id: 'gym', name: 'Gym', is_online: false }] }],
    ['without a hub', { doors: [{ id: 'gym', name: 'Gym', is_bind_hub: false }] }],
  ])('is Unknown %s', async (_name, seed) => {
    site = await startRuleSite({ files });
    await site.runAt('18:00');
    if ('doors' in seed) await site.person('gym', { type: 'keep_lock' });
    await site.unifi.sim('/seed?merge=1', seed);
    await watched(18 * 60 + 3, 4);
    expect(await following()).toMatchObject({ status: 'Unknown', reason: 'NotObserved' });
  });

  it('is Unknown in a dry run, and UniFi is not asked for it', async () => {
    site = await startRuleSite({ files, mode: 'DryRun' });
    await site.runAt('18:00');
    expect(await following()).toMatchObject({ status: 'Unknown', reason: 'DryRun' });
  });
});
