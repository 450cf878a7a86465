import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { MemberView } from '../../src/status/view.js';
import { runCommandLine } from '../cli/harness.js';
import { member, noBrake, startMembersSite, type MembersSite, type Register } from '../support/members-site.js';
import { dayPass, declare, gold, hour, membership, out, past, tiers, view, writesOf } from './member-world.js';

let here: MembersSite | null = null;
afterEach(async () => {
  await here?.site.close();
  here = null;
});

async function start(...given: Parameters<typeof startMembersSite>): Promise<MembersSite> {
  here = await startMembersSite(...given);
  return here;
}

describe('vanished', () => {
  const many: Register = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [index + 1, gold(String(101 + index))]));
  const without = (...contacts: readonly number[]): Register => Object.fromEntries(Object.entries(many).filter(([contact]) => !contacts.includes(Number(contact))));
  const inventory = ({ site }: MembersSite): Promise<string> => readFile(join(site.configuration.stateDir, 'inventory.json'), 'utf8');

  it('one who neither comes in the list nor answers to the id is cut when two readings an hour apart agree, across a restart', async () => {
    const site = await start({ people: many });
    await site.run();
    await site.register(without(5));
    expect(await writesOf(site)).toBe(0);
    expect(view(site, 5)).toMatchObject({ outcome: 'Vanished', card: null, reasons: [expect.stringContaining('since 2026-11-21T13:00:00Z') as unknown, expect.stringContaining('2026-11-21T14:00:00Z') as unknown] });
    expect((await tiers(site, 'Ready'))?.message).toContain('1 vanished');
    expect((await tiers(site, 'Ready'))?.status).toBe('True');
    const remembered = await inventory(site);
    expect(remembered).not.toMatch(/First5|Last5|105/);
    await site.site.restart();
    site.site.clock.advance(hour - 60_000);
    expect(await writesOf(site)).toBe(0);
    expect(await inventory(site)).toBe(remembered);
    site.site.clock.advance(60_000);
    await site.run();
    expect(site.people()[5]).toEqual(out());
    expect(Object.values(site.people()).filter((each) => JSON.stringify(each).includes('DEACTIVATED'))).toHaveLength(1);
    await site.expectQuiet();
    expect(JSON.parse(await inventory(site))).toMatchObject({ vanished: {} });
  });

  it('one who comes back is forgotten, and begins anew', async () => {
    const site = await start({ people: many });
    await site.run();
    await site.register(without(5));
    await site.run();
    site.site.clock.advance(hour / 2);
    await site.register(many);
    await site.run();
    expect(view(site, 5)?.outcome).toBe('Access');
    site.site.clock.advance(hour);
    await site.register(without(5));
    expect(await writesOf(site)).toBe(0);
    expect(view(site, 5)?.reasons.join()).toContain('since 2026-11-21T14:30:00Z');
  });

  it('a question by id that fails proves nothing', async () => {
    const site = await start({ people: many });
    await site.run();
    await site.register(without(5));
    await site.run();
    site.site.clock.advance(2 * hour);
    // The first request is the list, the second the question.
    await site.site.composition.sources.members?.poll();
    await site.site.civicrm.sim('/fault', { match: 'api4', times: -1, status: 503 });
    expect(await writesOf(site, () => site.site.composition.engine.reconcile('members'))).toBe(0);
    expect(view(site, 5)).toMatchObject({ outcome: 'Vanished', reasons: [expect.stringContaining('could not be asked') as unknown] });
    await site.site.civicrm.remove('/fault');
    await site.run();
    expect(site.people()[5]).toEqual(out());
  });

  it('one whose card was taken off, or who was deleted, is asked for and leaves at once', async () => {
    const site = await start({ people: many });
    await site.run();
    await site.register({ ...many, 5: gold(null), 6: gold('106', { is_deleted: true }) });
    await site.run();
    expect([site.people()[5], site.people()[6]]).toEqual([out(), out()]);
    await site.expectQuiet();
    const said = await runCommandLine(['describe', 'member/5'], { view: site.site.composition.engine.view(), environment: { SEXTON_CONFIG: site.site.configPath } });
    expect(said).toMatchObject({ code: 1, err: expect.stringContaining('it holds no card in CiviCRM') as unknown });
  });

  it('three at once wait for a person from the first reading on, and are released by the hash', async () => {
    const site = await start({ people: many, site: past });
    await site.run();
    await site.register(without(5, 6, 7));
    expect(await writesOf(site)).toBe(0);
    const [held] = site.site.composition.engine.view().status.held;
    expect(held).toMatchObject({ kind: 'plan', summary: expect.stringContaining('vanished') as unknown });
    expect((await tiers(site, 'Braked'))?.status).toBe('True');
    site.site.clock.advance(5 * hour);
    await site.site.restart();
    expect(await writesOf(site)).toBe(0);
    // One of them is back: the database was wrong once, so the others go on waiting.
    await site.register(without(5, 6));
    expect(await writesOf(site)).toBe(0);
    const ref = site.site.composition.engine.view().status.held[0]?.ref ?? '';
    await site.site.composition.close();
    const view5 = site.site.composition.engine.view();
    const approved = await runCommandLine(['approve', ref], { view: view5, environment: { ...site.site.credentials, SEXTON_CONFIG: site.site.configPath } });
    expect(approved).toMatchObject({ code: 0 });
    site.site.clock.set(new Date().toISOString());
    await site.site.restart();
    await site.run();
    expect([site.people()[5], site.people()[6], site.people()[7]]).toEqual([out(), out(), member(107)]);
  });
});

describe('why contact N cannot get in', () => {
  it('describe and get answer for every outcome', async () => {
    const site = await start({
      people: {
        1: gold('101'),
        2: { card: '102', type: 'Gold', more: { memberships: [membership('Gold', { status: 'Expired', end_date: '2026-10-31' })] } },
        3: { card: '103', type: 'Day Pass' },
        4: { card: '104', type: 'Platinum' },
        5: gold('105'),
        6: gold('106'),
        7: gold('107'),
        8: gold('1O8'),
      },
      spec: `${dayPass}  blocked: [{ contact: 5, reason: Banned }]\n${noBrake}`,
      unifi: {
        users: [{ id: 'old-7', first_name: 'First7', last_name: 'Last7', employee_number: '7', status: 'ACTIVE', access_policy_ids: [], nfc_cards: [{ token: 't7' }] }],
        cards: [{ token: 't7', alias: 'sync-00107', nfc_id: '2A006B' }],
      },
    });
    await site.run();
    await declare(site, `${dayPass}  blocked: [{ contact: 5, reason: Banned }]\n${noBrake}`, '{ employeeNumber: "civicrm-{id}", adoptFrom: "{id}" }');
    await site.site.unifi.sim('/seed?merge=1', { users: [] });
    const listed = Object.fromEntries(Object.entries({ 1: gold('101'), 2: { card: '102', type: 'Gold', more: { memberships: [membership('Gold', { status: 'Expired', end_date: '2026-10-31' })] } }, 3: { card: '103', type: 'Day Pass' }, 4: { card: '104', type: 'Platinum' }, 5: gold('105'), 7: gold('107'), 8: gold('1O8') }));
    await site.register(listed);
    await site.run();
    const now = site.site.composition.engine.view();
    const ask = async (contact: number): Promise<string> => (await runCommandLine(['describe', `member/${contact}`], { view: now, environment: { SEXTON_CONFIG: site.site.configPath } })).out;
    for (const [contact, outcome, because] of [
      [1, 'Access', 'Members'],
      [2, 'None', 'Gold is Expired, end date 2026-10-31'],
      [3, 'Ignored', 'membership type Day Pass is ignored'],
      [4, 'Quarantined', 'no rule names membership type Platinum'],
      [5, 'Blocked', 'Banned'],
      [6, 'Vanished', 'access ends when a complete reading from'],
      [8, 'Quarantined', 'the card number is not a whole number'],
    ] as const) {
      const said = await ask(contact);
      expect(said, String(contact)).toContain(outcome);
      expect(said, String(contact)).toContain(because);
      expect(said).not.toMatch(/First\d|Last\d|10[1-8]\b/);
    }
    const get = await runCommandLine(['get', 'members', '-o', 'json'], { view: now, environment: { SEXTON_CONFIG: site.site.configPath } });
    const { items } = JSON.parse(get.out) as { items: readonly MemberView[] };
    expect(items.map(({ contact, outcome }) => `${contact} ${outcome}`)).toEqual(['1 Access', '2 None', '3 Ignored', '4 Quarantined', '5 Blocked', '6 Vanished', '7 Access', '8 Quarantined']);
  });
});
