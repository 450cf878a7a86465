import { afterEach, describe, expect, it } from 'vitest';
import { member, startMembersSite, type MembersSite, type Register } from '../support/members-site.js';
import { usersOf } from '../support/watched-unifi.js';

let here: MembersSite | null = null;
afterEach(async () => {
  await here?.site.close();
  here = null;
});

const gold = (card: unknown): Register[number] => ({ card, type: 'Gold' });
const left = (card: unknown): Register[number] => ({ card, type: null });

/** Six members with cards 101 to 106. */
const six: Register = Object.fromEntries([1, 2, 3, 4, 5, 6].map((contact) => [contact, gold(String(100 + contact))]));

type Quirks = Readonly<Record<string, string>>;

const settings: readonly Quirks[] = [
  {},
  { 'unassign-on-deactivated': 'not-found' },
  { 'unassign-on-deactivated': 'error' },
  { 'bind-on-deactivated': 'error' },
  { 'force-from-deactivated': 'error' },
  { 'delete-active-user': 'allow' },
  { 'reimport-known-card': 'empty-token' },
  { 'reimport-known-card': 'error' },
  { 'duplicate-alias': 'fail-file' },
  { 'users-order': 'random' },
  { 'default-page-size': '25' },
  { 'policy-unknown-key': 'error' },
  { 'email-invites': 'off' },
  { 'business-error-status': '400' },
  { 'unknown-path-status': '200' },
  { 'bind-on-deactivated': 'error', 'unassign-on-deactivated': 'not-found' },
  { 'bind-on-deactivated': 'error', 'unassign-on-deactivated': 'error', 'business-error-status': '400' },
  { 'bind-on-deactivated': 'error', 'force-from-deactivated': 'error', 'reimport-known-card': 'error', 'duplicate-alias': 'fail-file' },
  { 'unassign-on-deactivated': 'error', 'reimport-known-card': 'empty-token', 'duplicate-alias': 'fail-file', 'users-order': 'random' },
];

/** A run may fail while a fault lasts; after it, one reconcile puts everything right. */
async function settled(site: MembersSite, fault?: Readonly<Record<string, unknown>>): Promise<void> {
  if (fault !== undefined) {
    await site.site.unifi.sim('/fault', fault);
    await site.run();
    expect(await site.site.unifi.sim('/fault')).toEqual([]);
  }
  expect(await site.run()).toEqual([]);
  await site.expectQuiet();
}

describe('every reading of UniFi converges, from joining to coming back', () => {
  it.each(settings.map((quirks) => [Object.entries(quirks).map((pair) => pair.join(': ')).join(', ') || 'as by default', quirks] as const))('%s', async (_name, quirks) => {
    const site = await startMembersSite({ people: six, quirks });
    here = site;

    // Everybody joins; the answer to the import of all cards is lost.
    await settled(site, { match: 'POST .*/import', truncateBytes: 12 });
    expect(site.people()).toMatchObject(Object.fromEntries([1, 2, 3, 4, 5, 6].map((contact) => [contact, member(100 + contact)])));

    // A card change, a swap, and a chain with a free end.
    await site.register({ ...six, 1: gold('111'), 2: gold('103'), 3: gold('102'), 4: gold('105'), 5: gold('115') });
    await settled(site);
    expect(site.people()).toMatchObject({ 1: member(111), 2: member(103), 3: member(102), 4: member(105), 5: member(115), 6: member(106) });

    // A cycle of three while somebody leaves; a new member has the leaver's card in the same moment.
    const cycle = { ...six, 1: gold('103'), 2: gold('102'), 3: gold('111'), 4: left('105'), 5: gold('115'), 7: gold('105') };
    await site.register(cycle);
    await settled(site);
    expect(site.people()).toMatchObject({ 1: member(103), 2: member(102), 3: member(111), 4: { status: 'DEACTIVATED', cards: [] }, 7: member(105) });

    // Three leave and their cards will not come off: two stay with their deactivated holders.
    await site.register({ ...cycle, 1: left('103'), 2: left('102'), 3: left('111') });
    await settled(site, { match: 'PUT .*/nfc_cards/delete', times: 3, code: 'CODE_SYSTEM_ERROR', msg: 'no' });
    expect(site.people()).toMatchObject({ 1: { status: 'DEACTIVATED', cards: ['103'] }, 2: { status: 'DEACTIVATED', cards: ['102'] }, 3: { status: 'DEACTIVATED', cards: ['111'] } });

    // One card is reclaimed for a new member; a returner takes a new card and leaves the old one to somebody else.
    const back = { ...cycle, 1: left(null), 2: gold('222'), 3: gold('111'), 8: gold('103'), 9: gold('102') };
    await site.register(back);
    await settled(site);
    expect(site.people()).toMatchObject({ 1: { status: 'DEACTIVATED', cards: [] }, 2: member(222), 3: member(111), 8: member(103), 9: member(102) });

    // The first leaver comes back too, with another tier, while the one who took its card leaves.
    await site.register({ ...back, 1: { card: '103', type: 'Silver' }, 8: left('103') });
    await settled(site);
    expect(site.people()).toMatchObject({ 1: member(103, 'policy-daytime'), 8: { status: 'DEACTIVATED', cards: [] } });

    const users = usersOf(site.unifi.state());
    expect(new Set(users.map(({ employee_number }) => employee_number)).size).toBe(users.length);
    expect(site.user('1001')).toMatchObject({ status: 'ACTIVE', access_policy_ids: [], nfc_cards: [] });
  });

  it('a card enrolled by hand gets our alias once its member holds it', async () => {
    const nfc_id = ((42 << 16) | 111).toString(16).toUpperCase();
    const site = await startMembersSite({ people: { 1: gold('111') }, unifi: { cards: [{ token: 'by-hand', alias: 'Front desk', nfc_id }] } });
    here = site;
    await settled(site);
    expect(site.people()).toMatchObject({ 1: member(111) });
    expect(site.user('civicrm-1')?.nfc_cards).toMatchObject([{ token: 'by-hand' }]);
  });

  it.each(['empty-token', 'error'])('and where UniFi does not tell which one it is (%s), the remedy is named', async (reading) => {
    const nfc_id = ((42 << 16) | 111).toString(16).toUpperCase();
    const site = await startMembersSite({
      people: { 1: gold('111'), 2: gold('102') },
      quirks: { 'reimport-known-card': reading },
      unifi: { cards: [{ token: 'by-hand', alias: 'Front desk', nfc_id }] },
    });
    here = site;
    expect(await site.run()).toHaveLength(1);
    expect(site.people()).toMatchObject({ 1: { status: 'ACTIVE', cards: [] }, 2: member(102) });
    const status = JSON.stringify(await site.site.status('TierMapping', 'tiers'));
    expect(status).toContain('***11');
    expect(status).not.toContain('111');
    await site.site.unifi.sim('/seed?merge=1', { cards: [{ token: 'by-hand', alias: 'sync-00111', nfc_id }] });
    await settled(site);
    expect(site.people()).toMatchObject({ 1: member(111) });
  });

  it('where nothing takes a card off a deactivated user, the holder is named and nobody else waits', async () => {
    const site = await startMembersSite({ people: six, quirks: { 'unassign-on-deactivated': 'error', 'force-from-deactivated': 'error' } });
    here = site;
    await settled(site);
    await site.register({ ...six, 1: left('101') });
    await settled(site, { match: 'PUT .*/nfc_cards/delete', code: 'CODE_SYSTEM_ERROR', msg: 'no' });
    await site.register({ ...six, 1: left(null), 2: gold('101'), 7: gold('107') });
    expect(await site.run()).toHaveLength(1);
    expect(site.people()).toMatchObject({ 2: member(102), 7: member(107) });
  });
});
