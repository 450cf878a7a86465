import { afterEach, describe, expect, it } from 'vitest';
import { createWorkQueue } from '../../src/controller/work-queue.js';
import { member, startMembersSite, type MembersSite, type Register } from '../support/members-site.js';
import { rows } from '../support/sim.js';
import { cardsOf, usersOf } from '../support/watched-unifi.js';

let here: MembersSite | null = null;
afterEach(async () => {
  await here?.site.close();
  here = null;
});

async function start(...given: Parameters<typeof startMembersSite>): Promise<MembersSite> {
  here = await startMembersSite(...given);
  return here;
}

const gold = (card: unknown): Register[number] => ({ card, type: 'Gold' });
const left = (card: unknown): Register[number] => ({ card, type: null });
const three: Register = { 1: gold('101'), 2: gold('102'), 3: gold('103') };

/** After every single write: who of ours is active and holds no card, and every card that two hands hold. */
function watchCards(site: MembersSite): { readonly without: string[][]; readonly shared: string[] } {
  const seen = { without: [] as string[][], shared: [] as string[] };
  site.unifi.around(async ({ method }, act) => {
    const answer = await act();
    if (method === 'GET') return answer;
    const state = site.unifi.state();
    const users = usersOf(state).filter(({ employee_number }) => employee_number.startsWith('civicrm-'));
    seen.without.push(users.filter((user) => user.status === 'ACTIVE' && user.nfc_cards.length === 0).map(({ employee_number }) => employee_number));
    const tokens = users.flatMap(({ nfc_cards }) => nfc_cards.map(({ token }) => token));
    seen.shared.push(...tokens.filter((token, index) => tokens.indexOf(token) !== index));
    return answer;
  });
  return seen;
}

/** Outcome and reasons of a contact, as `get members` has them. */
function view(site: MembersSite, contact: number): { readonly outcome: string; readonly card: string | null; readonly reasons: readonly string[] } | undefined {
  return site.site.composition.engine.view().members.find((each) => each.contact === contact);
}

describe('cards', () => {
  it('case 4: only 00123 is a card; the others quarantine their contact\'s card alone', async () => {
    const cards: readonly unknown[] = ['1_000', '+7', '-5', '12.9', 'A12', true, '00123', '65536', '0', '\u0661\u0662\u0663', ' 77', '1e3', '0x10', '77\u00a0'];
    const site = await start({ people: Object.fromEntries(cards.map((card, index) => [index + 1, gold(card)])) });
    expect(await site.run()).toEqual([]);
    await site.expectQuiet();
    for (const [index, card] of cards.entries()) {
      expect(site.people()[index + 1], String(card)).toEqual(member(card === '00123' ? 123 : null));
      expect(view(site, index + 1)?.outcome, String(card)).toBe(card === '00123' ? 'Access' : 'Quarantined');
    }
    const status = await site.site.status('TierMapping', 'tiers');
    expect(rows(status['quarantined'])).toHaveLength(cards.length - 1);
  });

  it('case 4: a member whose card becomes nonsense keeps the one that works, and loses it with the membership', async () => {
    const site = await start({ people: three });
    await site.run();
    await site.register({ ...three, 1: gold('LOST?') });
    await site.expectQuiet();
    expect(site.people()[1]).toEqual(member(101));
    await site.register({ ...three, 1: left('LOST?') });
    expect(await site.run()).toEqual([]);
    expect(site.people()[1]).toMatchObject({ status: 'DEACTIVATED', cards: [] });
  });

  it('case 5: a new member given a card that an unchanged member holds: both named, neither changed', async () => {
    const site = await start({ people: three });
    await site.run();
    await site.register({ ...three, 4: gold('102') });
    await site.expectQuiet();
    expect(site.people()).toEqual({ 1: member(101), 2: member(102), 3: member(103) });
    expect(view(site, 2)).toMatchObject({ outcome: 'Quarantined', reasons: [expect.stringContaining('contact 4')] });
    expect(view(site, 4)).toMatchObject({ outcome: 'Quarantined', reasons: [expect.stringContaining('contact 2')] });
  });

  it('case 5: the same card still listed by a leaver: the new member gets it, in the same run', async () => {
    const site = await start({ people: three });
    await site.run();
    await site.register({ ...three, 2: left('102'), 4: gold('102') });
    const { shared } = watchCards(site);
    expect(await site.run()).toEqual([]);
    expect(site.people()).toMatchObject({ 2: { status: 'DEACTIVATED', cards: [] }, 4: member(102) });
    expect(shared).toEqual([]);
    await site.expectQuiet();
  });

  it('case 9: a second card, enrolled by hand, survives every change of the first', async () => {
    const site = await start({ people: three });
    await site.run();
    const user = site.user('civicrm-1');
    await site.site.unifi.sim('/seed?merge=1', {
      cards: [{ token: 'by-hand', alias: 'Key fob', nfc_id: 'AB12CD' }],
      users: [{ ...user, nfc_cards: [...(user?.nfc_cards ?? []), { token: 'by-hand' }] }],
    });
    const both = (card: string): unknown => ({ status: 'ACTIVE', cards: [card, 'Key fob'].sort() });
    const steps: readonly (readonly [Register[number], unknown])[] = [
      [gold('111'), both('111')],
      [gold('x'), both('111')],
      [gold('112'), both('112')],
      [left('112'), { status: 'DEACTIVATED', cards: ['Key fob'] }],
      [gold('113'), both('113')],
    ];
    for (const [entry, wanted] of steps) {
      await site.register({ ...three, 1: entry });
      expect(await site.run()).toEqual([]);
      expect(site.people()[1]).toMatchObject(wanted as object);
      await site.expectQuiet();
    }
  });

  it('case 10: a bind that fails after a card change: the member keeps the old card', async () => {
    const site = await start({ people: three });
    await site.run();
    await site.register({ ...three, 1: gold('111'), 2: gold('112') });
    const bind = `PUT .*/users/${site.user('civicrm-1')?.id ?? ''}/nfc_cards$`;
    await site.site.unifi.sim('/fault', { match: bind, times: 1, code: 'CODE_SYSTEM_ERROR', msg: 'no' });
    const { without } = watchCards(site);
    expect(await site.run()).toHaveLength(1);
    expect(site.people()).toMatchObject({ 1: member(101), 2: member(112) });
    expect(without.flat()).toEqual([]);
    expect(view(site, 1)?.reasons.join()).toContain('CODE_SYSTEM_ERROR');
    expect(await site.run()).toEqual([]);
    expect(site.people()).toMatchObject({ 1: member(111), 2: member(112) });
    await site.expectQuiet();
  });

  const five: Register = { ...three, 4: gold('104'), 5: gold('105') };

  it.each([
    ['A and B swap', { 1: gold('102'), 2: gold('101') }, 1],
    ['A to B to C to A', { 1: gold('102'), 2: gold('103'), 3: gold('101') }, 1],
    ['two cycles at once', { 1: gold('102'), 2: gold('101'), 3: gold('104'), 4: gold('105'), 5: gold('103') }, 2],
    ['a chain with a free end', { 1: gold('102'), 2: gold('103'), 3: gold('104'), 4: gold('105'), 5: gold('155') }, 0],
    ['a chain whose end a leaver frees', { 1: gold('102'), 2: gold('103'), 3: left('103') }, 0],
    ['a chain that begins with somebody new', { 6: gold('101'), 1: gold('102'), 2: gold('166') }, 0],
  ] as const)('case 11: %s', async (_name, changes, openers) => {
    const site = await start({ people: five });
    await site.run();
    const next: Register = { ...five, ...changes };
    await site.register(next);
    const { without, shared } = watchCards(site);
    expect(await site.run()).toEqual([]);
    for (const [contact, { card, type }] of Object.entries(next)) {
      if (type !== null) expect(site.people()[Number(contact)]).toEqual(member(Number(card)));
    }
    // Whoever is new begins without a card, who leaves gives it up; of the others only the opener of a cycle is without one for a moment.
    const stayed = Object.keys(five).filter((contact) => next[Number(contact)]?.type !== null).map((contact) => `civicrm-${contact}`);
    expect(new Set(without.flat().filter((number) => stayed.includes(number))).size).toBe(openers);
    expect(shared).toEqual([]);
    await site.expectQuiet();
  });

  it('case 11: in a cycle whose last bind fails the opener has the old card back', async () => {
    const site = await start({ people: three });
    await site.run();
    await site.register({ ...three, 1: gold('102'), 2: gold('101') });
    await site.site.unifi.sim('/fault', { match: 'PUT .*/nfc_cards$', times: 1, code: 'CODE_SYSTEM_ERROR', msg: 'no' });
    expect(await site.run()).toHaveLength(1);
    expect(site.people()).toMatchObject({ 1: member(101), 2: member(102) });
    expect(await site.run()).toEqual([]);
    expect(site.people()).toMatchObject({ 1: member(102), 2: member(101) });
  });

  it('case 16: a card of a person who was suspended by hand stays, when a clerk types it into another contact', async () => {
    const site = await start({ people: three });
    await site.run();
    await site.site.unifi.sim('/seed?merge=1', { users: [{ ...site.user('civicrm-2'), status: 'DEACTIVATED' }] });
    await site.register({ ...three, 4: gold('102') });
    await site.run();
    expect(site.people()).toMatchObject({ 2: { cards: ['102'] } });
    expect(site.people()[4]?.cards ?? []).toEqual([]);
  });
});

describe('who is changed at all', () => {
  it('a user that appears between look and create is not made twice', async () => {
    const site = await start({ people: { 1: gold('101') } });
    let listed = 0;
    site.unifi.around(async ({ method, path }, act) => {
      const answer = await act();
      if (method === 'GET' && path.endsWith('/users')) listed += 1;
      // Another process makes the user right after the plan has looked.
      if (listed === 1 && site.user('civicrm-1') === undefined) {
        await site.site.unifi.sim('/seed?merge=1', { users: [{ id: 'twin', first_name: 'First1', last_name: 'Last1', employee_number: 'civicrm-1', status: 'ACTIVE' }] });
      }
      return answer;
    });
    await site.run();
    expect(await site.run()).toEqual([]);
    expect(usersOf(site.unifi.state()).filter(({ employee_number }) => employee_number === 'civicrm-1')).toHaveLength(1);
    expect(site.people()).toEqual({ 1: member(101) });
    await site.expectQuiet();
  });

  it('somebody pending is deactivated when the membership ends, and never activated', async () => {
    const pending = (contact: number): unknown => ({
      id: `pending-${contact}`,
      first_name: `First${contact}`,
      last_name: `Last${contact}`,
      employee_number: `civicrm-${contact}`,
      status: 'PENDING',
    });
    const site = await start({ people: { 1: gold('101'), 2: left('102') }, unifi: { users: [pending(1), pending(2)] } });
    expect(await site.run()).toEqual([]);
    expect(site.user('civicrm-1')).toMatchObject({ status: 'PENDING' });
    expect(site.user('civicrm-2')).toMatchObject({ status: 'DEACTIVATED' });
    await site.expectQuiet();
  });

  it('nor when it becomes pending between look and activation', async () => {
    const site = await start({ people: { 1: gold('101'), 2: gold('102') } });
    await site.run();
    await site.register({ 1: left('101'), 2: gold('102') });
    await site.run();
    await site.register({ 1: gold('101'), 2: gold('102') });
    site.unifi.around(async ({ method, path }, act) => {
      const answer = await act();
      if (method === 'PUT' && path.endsWith('/nfc_cards')) {
        await site.site.unifi.sim('/seed?merge=1', { users: [{ ...site.user('civicrm-1'), status: 'PENDING' }] });
      }
      return answer;
    });
    await site.run();
    expect(site.user('civicrm-1')).toMatchObject({ status: 'PENDING' });
    site.unifi.around(null);
    await site.expectQuiet();
  });

  it('a leaver is cut although the card will not come off, before anything else is written', async () => {
    const site = await start({ people: three });
    await site.run();
    await site.site.forgetRequests();
    await site.register({ 1: left('101'), 2: gold('102'), 3: gold('133'), 4: gold('104') });
    await site.site.unifi.sim('/fault', { match: 'PUT .*/nfc_cards/delete', times: -1, reset: true });
    await site.site.unifi.sim('/fault', { match: 'POST .*/import', times: -1, code: 'CODE_SYSTEM_ERROR', msg: 'no' });
    await site.run();
    expect(site.people()[1]?.status).toBe('DEACTIVATED');
    const [release, cut] = await site.site.writes();
    expect(release?.path).toMatch(/nfc_cards\/delete$/);
    expect(cut?.body).toEqual({ status: 'DEACTIVATED' });
    expect(cardsOf(site.unifi.state(), usersOf(site.unifi.state()).find(({ employee_number }) => employee_number === 'civicrm-3')!)).toEqual(['103']);
  });
});

describe('a plan that grows old while it is carried out', () => {
  it('is made anew, in the same run: everybody is there in the end, nobody twice', async () => {
    const people: Register = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [index + 1, gold(String(101 + index))]));
    const site = await start({ people });
    let writes = 0;
    site.unifi.around(async ({ method }, act) => {
      const answer = await act();
      // Every seventh write takes the controller a minute.
      if (method !== 'GET' && (writes += 1) % 7 === 0) site.site.clock.advance(61_000);
      return answer;
    });
    expect(await site.run()).toEqual([]);
    expect(site.people()).toEqual(Object.fromEntries(Object.keys(people).map((contact) => [contact, member(100 + Number(contact))])));
    expect(usersOf(site.unifi.state())).toHaveLength(13);
    site.unifi.around(null);
    await site.expectQuiet();
  });
});

describe('a first provisioning that takes longer than the watchdog waits', () => {
  it('is no plane that hangs: each plan that got something done counts', async () => {
    const people: Register = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [index + 1, gold(String(101 + index))]));
    const site = await start({ people });
    const { clock, composition } = site.site;
    const errors: unknown[] = [];
    const queue = createWorkQueue<'members'>({
      clock,
      random: () => 0,
      process: (plane, gotOn) => composition.engine.reconcile(plane, gotOn),
      onError: (_, error) => errors.push(error),
      observer: { added: () => undefined, depth: () => undefined, started: () => undefined, finished: () => undefined, retried: () => undefined },
    });
    let [writes, longest] = [0, 0];
    site.unifi.around(async ({ method }, act) => {
      const answer = await act();
      if (method !== 'GET' && (writes += 1) % 7 === 0) clock.advance(61_000);
      longest = Math.max(longest, queue.overdue('members'));
      return answer;
    });
    await composition.sources.members?.poll();
    const started = clock.monotonic();
    queue.add('members');
    await Promise.resolve();
    await queue.stop();
    expect(errors).toEqual([]);
    expect(site.people()).toEqual(Object.fromEntries(Object.keys(people).map((contact) => [contact, member(100 + Number(contact))])));
    expect(clock.monotonic() - started).toBeGreaterThan(300_000);
    expect(longest).toBeLessThan(150_000);
  });
});

describe('a provisioning that was broken off', () => {
  const people: Register = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [index + 1, gold(String(101 + index))]));
  const bare = Object.keys(people).map((contact) => ({ id: `user-${contact}`, first_name: `First${contact}`, last_name: `Last${contact}`, employee_number: `civicrm-${contact}`, status: 'ACTIVE' }));
  const admin = { id: 'admin', first_name: 'Ada', last_name: 'Admin', employee_number: '1001', status: 'ACTIVE' };

  /** Reads of the policies of single users by one look at UniFi. */
  async function looks(site: MembersSite): Promise<number> {
    await site.site.unifi.sim('/fault', { match: 'PUT|POST', times: -1, code: 'CODE_SYSTEM_ERROR', msg: 'no' });
    await site.run();
    await site.site.unifi.remove('/fault');
    return rows(await site.site.unifi.sim('/requests')).filter(({ path, query }) => String(path).endsWith('/access_policies') && String(query).includes('only_user_policies=false')).length;
  }

  it('asks for nobody\'s policies where nobody has any and no group gives one', async () => {
    const site = await start({ people, unifi: { users: [admin, ...bare] } });
    expect(await looks(site)).toBe(0);
    expect(await site.run()).toEqual([]);
    expect(site.people()).toEqual(Object.fromEntries(Object.keys(people).map((contact) => [contact, member(100 + Number(contact))])));
    await site.expectQuiet();
  });

  it('asks where a group gives one, and does not give it once more', async () => {
    const groups = [{ id: 'group', name: 'Members', users: ['user-1'], access_policy_ids: ['policy-members'] }];
    const site = await start({ people, unifi: { users: [admin, ...bare], user_groups: groups } });
    expect(await looks(site)).toBeGreaterThan(0);
    expect(await site.run()).toEqual([]);
    expect(site.people()[1]).toMatchObject({ cards: ['101'], policies: [] });
    expect(site.people()[2]).toEqual(member(102));
    await site.expectQuiet();
  });
});
