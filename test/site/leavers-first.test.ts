import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { runCommandLine } from '../cli/harness.js';
import { member, membersFile, startMembersSite, type MembersSite, type Register } from '../support/members-site.js';
import { rows } from '../support/sim.js';
import { gold, left } from './member-world.js';

let here: MembersSite | null = null;
afterEach(async () => {
  await here?.site.close();
  here = null;
});

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);
const cardOf = (contact: number): number => 1_000 + contact;
const everyone = (count: number): Register => Object.fromEntries(range(count).map((contact) => [contact, gold(String(cardOf(contact)))]));
const guards = (more = ''): string => `  guards: { minimum: 3${more} }\n`;
const isLook = (method: string, path: string): boolean => method === 'GET' && /\/users\/[^/]+\/access_policies$/.test(path);

/** Everybody holds a policy that the rules know and give to others, so that UniFi has to be asked for each of them. */
async function drifted(count: number, spec = guards()): Promise<MembersSite> {
  here = await startMembersSite({
    people: everyone(count),
    spec,
    unifi: {
      users: range(count).map((contact) => ({
        id: `u${contact}`,
        first_name: `First${contact}`,
        last_name: `Last${contact}`,
        employee_number: `civicrm-${contact}`,
        status: 'ACTIVE',
        access_policy_ids: ['policy-daytime'],
        nfc_cards: [{ token: `t${contact}` }],
      })),
      cards: range(count).map((contact) => ({ token: `t${contact}`, alias: `sync-${String(cardOf(contact)).padStart(5, '0')}`, nfc_id: ((42 << 16) | cardOf(contact)).toString(16).toUpperCase() })),
    },
  });
  return here;
}

/** Looks at single users that UniFi had answered when each user was deactivated, by user id. */
function watchLooks(site: MembersSite, onLook: (answered: number) => Promise<void> = () => Promise.resolve()): { readonly before: Map<string, number>; answered: number } {
  const seen = { before: new Map<string, number>(), answered: 0 };
  site.unifi.around(async ({ method, path }, act) => {
    const answer = await act();
    if (isLook(method, path)) await onLook((seen.answered += 1));
    const [, id] = /\/users\/([^/]+)$/.exec(path) ?? [];
    if (method === 'PUT' && id !== undefined && !seen.before.has(id)) seen.before.set(id, seen.answered);
    return answer;
  });
  return seen;
}

const out = (site: MembersSite): readonly number[] => Object.entries(site.people()).flatMap(([contact, { status }]) => (status === 'DEACTIVATED' ? [Number(contact)] : []));
const held = ({ site }: MembersSite): readonly string[] => site.composition.engine.view().status.held.map(({ ref }) => ref);
async function approve({ site }: MembersSite, contact: number): Promise<void> {
  const { code } = await runCommandLine(['approve', `contact/${contact}`], {
    view: site.composition.engine.view(),
    now: site.clock.now(),
    environment: { ...site.credentials, SEXTON_CONFIG: site.configPath },
  });
  expect(code).toBe(0);
}

const waiting = async ({ site }: MembersSite): Promise<number> => (JSON.parse(await readFile(join(site.configuration.stateDir, 'budget.json'), 'utf8')) as { readonly waiting: readonly string[] }).waiting.length;

describe('who leaves, while UniFi is asked for the policies of very many', () => {
  it('is out before the first of hundreds of slow answers', async () => {
    const site = await drifted(300);
    await site.site.unifi.sim('/fault', { match: 'GET .*/users/[^/]+/access_policies', times: -1, delayMs: 400 });
    await site.register({ ...everyone(300), 7: left('1007') });
    const seen = watchLooks(site, async (answered) => {
      if (answered === 1) await site.site.unifi.remove('/fault');
    });
    expect(await site.run()).toEqual([]);
    expect(site.people()[7]).toMatchObject({ status: 'DEACTIVATED', cards: [] });
    expect(seen.before.get('u7')).toBe(0);
    // The others were asked for, and wait for a person.
    expect(seen.answered).toBe(598);
    expect(held(site)).toHaveLength(1);
  });

  it('is out although none of them can be read, before the first is tried', async () => {
    const site = await drifted(30);
    await site.register({ ...everyone(30), 7: left('1007') });
    await site.site.unifi.sim('/fault', { match: 'GET .*/users/[^/]+/access_policies', times: -1, status: 400, body: 'no' });
    await site.run();
    expect(out(site)).toEqual([7]);
    const requests = rows(await site.site.unifi.sim('/requests')).map(({ method, path }) => [String(method), String(path)] as const);
    const cut = requests.findIndex(([method, path]) => method === 'PUT' && path.endsWith('/users/u7'));
    expect(requests.filter((each) => isLook(...each)).length).toBeGreaterThan(0);
    expect(requests.slice(0, cut).filter((each) => isLook(...each))).toEqual([]);
  });

  it('and who leaves while that goes on is out within a minute of it', async () => {
    const site = await drifted(200);
    const seen = watchLooks(site, async (answered) => {
      // The controller is slow: this answer took it a minute, in which somebody else left.
      if (answered !== 20) return;
      await site.register({ ...everyone(200), 9: left('1009') });
      await site.site.composition.sources.members?.poll();
      site.site.clock.advance(61_000);
    });
    expect(await site.run()).toEqual([]);
    expect(out(site)).toEqual([9]);
    expect(seen.before.get('u9')).toBeLessThan(200);
    // Nobody is asked for twice: what was learned before the break is not lost.
    expect(seen.answered).toBeLessThanOrEqual(400);
    expect(held(site)).toHaveLength(1);
  });

  it('many of them wait for a person all the same, under one hash, and go first once approved', async () => {
    const site = await drifted(40);
    await site.register({ ...everyone(40), ...Object.fromEntries(range(12).map((contact) => [contact, left(String(cardOf(contact)))])) });
    expect(await site.run()).toEqual([]);
    expect(out(site)).toEqual([]);
    const [ref] = held(site);
    await site.site.restart();
    await site.run();
    expect(held(site)).toEqual([ref]);
    expect(await waiting(site)).toBe(40);
    const seen = watchLooks(site);
    // Some of them: the others wait on, also if the process dies right after.
    for (const contact of [1, 2]) await approve(site, contact);
    await site.run();
    expect(out(site)).toEqual([1, 2]);
    expect([...seen.before.values()]).toEqual([0, 0]);
    expect(await waiting(site)).toBe(38);
    await site.site.restart();
    await site.run();
    expect(out(site)).toEqual([1, 2]);
  });

  it('those left by an approval wait on when the process dies as the first of the approved goes', async () => {
    const site = await drifted(40);
    await site.register({ ...everyone(40), ...Object.fromEntries(range(7).map((contact) => [contact, left(String(cardOf(contact)))])) });
    await site.run();
    for (const contact of [1, 2, 3, 4]) await approve(site, contact);
    let dead = false;
    site.unifi.around(async ({ method, path }, act) => {
      if (dead) return new Response('', { status: 400 });
      const answer = await act();
      if (method === 'PUT' && path.endsWith('/users/u4')) dead = true;
      return answer;
    });
    await site.run();
    site.unifi.around(null);
    await site.site.restart();
    await site.run();
    // Three are fewer than the brake minds; they were seven when the person looked.
    expect(out(site)).toEqual([1, 2, 3, 4]);
  });

  it('counts for the day like any other', async () => {
    const site = await drifted(40, guards(', per24h: 10%, maxDeactivate: 100%'));
    const gone = (count: number): Register => ({ ...everyone(40), ...Object.fromEntries(range(count).map((contact) => [contact, left(String(cardOf(contact)))])) });
    for (const count of [2, 4, 6]) {
      await site.register(gone(count));
      await site.run();
      await site.site.restart();
    }
    expect(out(site)).toEqual([1, 2, 3, 4]);
  });

  it('counts also while the inventory cannot be written', async () => {
    const site = await drifted(20, guards(', per24h: 20%, maxDeactivate: 100%'));
    await site.run();
    const path = join(site.site.configuration.stateDir, 'inventory.json');
    await rm(path);
    // Nothing can be put in the place of a directory.
    await mkdir(join(path, 'in-the-way'), { recursive: true });
    for (const count of [2, 4, 6, 8]) {
      await site.register({ ...everyone(20), ...Object.fromEntries(range(count).map((contact) => [contact, left(String(cardOf(contact)))])) });
      await site.run();
    }
    expect(out(site)).toEqual([1, 2, 3, 4]);
  });

  it('is asked for once a run where UniFi says yes and does nothing', async () => {
    const site = await drifted(20);
    await site.register({ ...everyone(20), 7: left('1007') });
    let asked = 0;
    site.unifi.around(({ method, path }, act) => {
      if (method !== 'PUT' || !path.endsWith('/users/u7')) return act();
      asked += 1;
      return Promise.resolve(Response.json({ code: 'SUCCESS', msg: 'success', data: null }));
    });
    expect(await site.run()).toMatchObject([{ code: 'StillActive' }]);
    expect(asked).toBe(1);
    expect(site.people()[7]).toMatchObject({ status: 'ACTIVE' });
  });

  it('a card that a leaver gives up is in the next hand in the same run', async () => {
    const site = await drifted(6, '  guards: { minimum: 1000 }\n');
    await site.register({ ...everyone(6), 2: left('1002'), 8: gold('1002') });
    expect(await site.run()).toEqual([]);
    expect(site.people()).toMatchObject({ 1: member(1_001), 2: { status: 'DEACTIVATED', cards: [] }, 8: member(1_002) });
    await site.expectQuiet();
  });
});

describe('what nobody has to wait for', () => {
  it('a leaver whom UniFi leaves hanging for longer than a plan lives keeps nobody else in, and nobody else out', async () => {
    const site = await drifted(8, '  guards: { minimum: 1000 }\n');
    await site.run();
    await site.register({ ...everyone(8), 2: left('1002'), 5: left('1005'), 9: gold('1009') });
    site.unifi.around(async ({ method, path }, act) => {
      if (method !== 'PUT' || !path.includes('/users/u2')) return act();
      site.site.clock.advance(40_000);
      return Response.json({ code: 'CODE_SYSTEM_ERROR', msg: 'no', data: null });
    });
    expect(await site.run()).toHaveLength(1);
    expect(site.people()).toMatchObject({ 2: { status: 'ACTIVE' }, 5: { status: 'DEACTIVATED' }, 9: member(1_009) });
    site.unifi.around(null);
    expect(await site.run()).toEqual([]);
    expect(out(site)).toEqual([2, 5]);
    await site.expectQuiet();
  });

  it('a block goes first too', async () => {
    const site = await drifted(20);
    await site.run();
    await site.site.write('members.yaml', membersFile(`${guards()}  blocked: [{ contact: 5 }]\n`));
    const seen = watchLooks(site);
    await site.run();
    expect(out(site)).toEqual([5]);
    expect(seen.before.get('u5')).toBe(0);
  });
});
