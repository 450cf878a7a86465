import { cpSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { member, startMembersSite, type MembersSite, type Register } from '../support/members-site.js';
import { usersOf } from '../support/watched-unifi.js';

let here: MembersSite | null = null;
afterEach(async () => {
  await here?.site.close();
  here = null;
});

/** As on the day it was installed: nobody in UniFi, nothing remembered. */
async function begin(site: MembersSite, people: Register): Promise<void> {
  await site.site.unifi.sim('/reset', {});
  await site.register(people);
  for (const part of ['state', 'run']) await rm(join(site.site.directory, part), { recursive: true, force: true });
  await site.site.restart();
}

const gold = (card: unknown): Register[number] => ({ card, type: 'Gold' });
const left = (card: unknown): Register[number] => ({ card, type: null });
const parts = ['state', 'run', 'resources'] as const;

/** The guards that a site has when its file says nothing of them, but for the first provisioning. */
const usualGuards = '  guards: { bootstrap: Allow }\n';

/**
 * Dies as its `index`-th write leaves, or as that write's answer comes: the disk stays as it was at that moment, and
 * nothing that the dead process would go on to send arrives. Then starts again on the same directories.
 * @returns whether there was such a write
 */
async function killedAt(site: MembersSite, index: number, when: 'before' | 'after'): Promise<boolean> {
  const { directory } = site.site;
  const frozen = await mkdtemp(join(tmpdir(), 'sexton-killed-'));
  let writes = 0;
  const process = { dead: false };
  const gone = (): Response => Response.json({ code: 'CODE_NOBODY_LISTENS', msg: '', data: null });
  site.unifi.around(async ({ method }, act) => {
    if (process.dead) return gone();
    if (method === 'GET') return act();
    writes += 1;
    if (writes < index) return act();
    const last = when === 'after' ? await act() : gone();
    for (const part of parts) cpSync(join(directory, part), join(frozen, part), { recursive: true });
    process.dead = true;
    return last;
  });
  await site.run();
  site.unifi.around(null);
  if (process.dead) {
    for (const part of parts) {
      await rm(join(directory, part), { recursive: true });
      cpSync(join(frozen, part), join(directory, part), { recursive: true, preserveTimestamps: true });
    }
  }
  await rm(frozen, { recursive: true });
  await site.site.restart();
  return process.dead;
}

/** No twins, no card in two hands, staff as they were. */
function expectSound(site: MembersSite): void {
  const users = usersOf(site.unifi.state());
  expect(new Set(users.map(({ employee_number }) => employee_number)).size).toBe(users.length);
  const tokens = users.flatMap(({ nfc_cards }) => nfc_cards.map(({ token }) => token));
  expect(new Set(tokens).size).toBe(tokens.length);
  expect(site.user('1001')).toMatchObject({ status: 'ACTIVE', access_policy_ids: [], nfc_cards: [] });
}

const five: Register = { 1: gold('101'), 2: gold('102'), 3: gold('103'), 4: gold('104'), 5: gold('105') };

describe.each(['before', 'after'] as const)('case 17: killed %s a write, restarted', (when) => {
  it('a first provisioning goes on where it was, whichever write was the last', async () => {
    const site = await startMembersSite({ people: five, spec: usualGuards, site: { concurrency: 1 } });
    here = site;
    for (let index = 1; ; index += 1) {
      await begin(site, five);
      const died = await killedAt(site, index, when);
      expect(await site.run(), `write ${index}`).toEqual([]);
      expect(site.people(), `write ${index}`).toEqual(Object.fromEntries([1, 2, 3, 4, 5].map((contact) => [contact, member(100 + contact)])));
      expectSound(site);
      await site.expectQuiet();
      if (!died) break;
      expect(index).toBeLessThan(40);
    }
  });

});

describe('case 17: killed after a write, restarted', () => {
  it('a leaver, a returner, a swap, a new card and a new tier get where they belong', async () => {
    const before: Register = { ...five, 6: gold('106') };
    const between: Register = { ...before, 6: left('106') };
    const next: Register = { 1: gold('102'), 2: gold('101'), 3: { card: '113', type: 'Silver' }, 4: left('104'), 5: gold('105'), 6: gold('116'), 7: gold('104') };
    const site = await startMembersSite({ people: before, site: { concurrency: 1 } });
    here = site;
    for (let index = 1; ; index += 1) {
      await begin(site, before);
      await site.run();
      await site.register(between);
      await site.run();
      await site.register(next);
      const died = await killedAt(site, index, 'after');
      // Nobody has lost a card for good: who waits for the last bind of the swap at most.
      const bare = Object.values(site.people()).filter(({ status, cards }) => status === 'ACTIVE' && cards.length === 0);
      expect(bare.length).toBeLessThanOrEqual(2);
      expect(await site.run(), `write ${index}`).toEqual([]);
      expect(site.people(), `write ${index}`).toMatchObject({
        1: member(102),
        2: member(101),
        3: member(113, 'policy-daytime'),
        4: { status: 'DEACTIVATED', cards: [] },
        5: member(105),
        6: member(116),
        7: member(104),
      });
      expectSound(site);
      await site.expectQuiet();
      if (!died) break;
      expect(index).toBeLessThan(60);
    }
  });
});

