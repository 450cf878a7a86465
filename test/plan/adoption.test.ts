import { describe, expect, it } from 'vitest';
import type { Member } from '../../src/desired/model.js';
import { adoptionNote } from '../../src/plan/members/adoption.js';
import { judgeTemplate } from '../../src/plan/members/number-template.js';
import { planMembers, type MembersPlan } from '../../src/plan/members/plan-members.js';
import type { UnifiUser } from '../../src/unifi/access-controller.js';
import { judged, member, membership, tierMapping } from '../support/members.js';
import { tokenOf, unifiWith, user } from '../support/unifi-people.js';

const spec = tierMapping({ identity: { employeeNumber: 'civicrm-{id}', adoptFrom: '{id}' } });
const old = (contact: number, more: Parameters<typeof user>[1] = {}): UnifiUser => user(contact, { id: `old${contact}`, employeeNumber: String(contact), ...more });
const plan = (members: readonly Member[], users: readonly UnifiUser[], blocked: readonly number[] = []): MembersPlan => {
  const declared = { ...spec, blocked: blocked.map((contact) => ({ contact })) };
  return planMembers(judged(members, { spec: declared }), unifiWith(users), declared, []);
};
const said = ({ changes }: MembersPlan): string[] => changes.map(({ verb, contact }) => `${verb} ${contact}`);
const leaver = { memberships: [membership('Gold', { status: 'Expired' })] };

describe('who waits to be taken over', () => {
  it.each<[string, UnifiUser, boolean]>([
    ['the number of the older program and a card under our alias', old(7, { holds: [1007] }), true],
    ['deactivated with its card: the backlog', old(7, { holds: [1007], status: 'DEACTIVATED' }), true],
    ['an administrator with a plain number', old(7), false],
    ['an administrator with a plain number and a card of another alias', old(7, { cards: [{ token: 'badge' }] }), false],
    ['a number that is not canonical', old(7, { employeeNumber: '007', holds: [1007] }), false],
    ['our number', user(7, { holds: [1007] }), false],
    ['no number', old(7, { employeeNumber: '', holds: [1007] }), false],
  ])('%s', (_, candidate, waits) => {
    const found = plan([member(7)], [candidate]);
    expect(found.adoptions.map(({ contact }) => contact)).toEqual(waits ? [7] : []);
    expect(found.changes.filter(({ userId }) => userId === candidate.id && candidate.id.startsWith('old'))).toEqual([]);
  });

  it('without adoptFrom nobody waits', () => {
    const found = planMembers(judged([member(7)]), unifiWith([old(7, { holds: [1007] })]), tierMapping(), []);
    expect(found.adoptions).toEqual([]);
  });

  it('no twin is created beside it, and nothing of it changes', () => {
    expect(said(plan([member(7), member(8)], [old(7, { holds: [1007] })]))).toEqual(['add 8']);
  });

  it('one with a leaver behind it is named and not touched, also when it is blocked', () => {
    for (const found of [plan([member(7, leaver)], [old(7, { holds: [1007] })]), plan([member(7)], [old(7, { holds: [1007] })], [7])]) {
      expect(said(found)).toEqual([]);
      expect(adoptionNote(found.adoptions[0]!, judged([member(7, leaver)])[0]!)).toMatchObject({ pending: true, reason: expect.stringContaining('sexton adopt members 7') as unknown });
    }
  });

  it('one of a contact that has a user of ours is a conflict, and our user is seen to', () => {
    const found = plan([member(7, { lastName: 'Smith' })], [user(7, { holds: [1007] }), old(7, { holds: [5] })]);
    expect(said(found)).toEqual(['rename 7']);
    expect(found.adoptions[0]).toMatchObject({ conflict: expect.stringContaining('u7') as unknown, ownUser: true });
  });

  it('two of one contact are a conflict', () => {
    const found = plan([member(7)], [old(7, { holds: [1007] }), old(7, { id: 'older7', holds: [5] })]);
    expect(found.adoptions[0]?.conflict).toContain('older7');
    expect(said(found)).toEqual([]);
  });

  it('of the backlog nothing is said', () => {
    const found = plan([member(7, leaver)], [old(7, { holds: [1007], status: 'DEACTIVATED' })]);
    expect(adoptionNote(found.adoptions[0]!, judged([member(7, leaver)])[0]!)).toBeNull();
    expect(adoptionNote(found.adoptions[0]!, null)).toBeNull();
  });
});

describe('cards of the older program', () => {
  const wants42 = member(7, { card: '42' });

  it.each<[string, Member[], UnifiUser, boolean]>([
    ['deactivated, left', [member(8, leaver)], old(8, { holds: [42], status: 'DEACTIVATED' }), true],
    ['deactivated, not in the database', [], old(8, { holds: [42], status: 'DEACTIVATED' }), true],
    ['deactivated, a member', [member(8)], old(8, { holds: [42], status: 'DEACTIVATED' }), false],
    ['deactivated, quarantined', [member(8, { memberships: [membership('??')] })], old(8, { holds: [42], status: 'DEACTIVATED' }), false],
    ['active, left', [member(8, leaver)], old(8, { holds: [42] }), false],
    ['pending, left', [member(8, leaver)], old(8, { holds: [42], status: 'PENDING' }), false],
    ['deactivated and no number of the older program', [member(8, leaver)], old(8, { employeeNumber: 'x8', holds: [42], status: 'DEACTIVATED' }), false],
  ])('%s', (_, others, holder, loses) => {
    const found = plan([wants42, ...others], [user(7), holder]);
    expect(said(found).includes('card 7')).toBe(loses);
    if (!loses) expect(found.reasons.get(7)?.join()).toContain(holder.id);
  });

  it('without adoptFrom it stays where it is', () => {
    const found = planMembers(judged([wants42, member(8, leaver)]), unifiWith([user(7), old(8, { holds: [42], status: 'DEACTIVATED' })]), tierMapping(), []);
    expect(said(found)).toEqual([]);
    expect(found.reasons.get(7)?.join()).toContain('not ours');
  });

  it('a blocked contact\'s card may be taken, as anybody\'s without access', () => {
    const found = plan([wants42, member(8, { card: '42' })], [user(7), user(8, { holds: [42], status: 'DEACTIVATED' })], [8]);
    expect(said(found)).toEqual(['card 7']);
  });
});

describe('blocked and vanished users', () => {
  it('a block cuts every user with that number, and says why', () => {
    const found = plan([member(7)], [user(7, { holds: [1007] }), user(7, { id: 'twin' }), user(7, { id: 'gone', status: 'DEACTIVATED' })], [7]);
    expect(found.changes).toMatchObject([
      { verb: 'deactivate', userId: 'u7', because: 'blocked', release: [{ number: 1007, token: tokenOf(1007) }] },
      { verb: 'deactivate', userId: 'twin', because: 'blocked' },
    ]);
    expect(found.mustWait.size).toBe(0);
  });

  it.each([
    ['not certain yet', { due: false, held: false }, 0, 0],
    ['certain', { due: true, held: false }, 1, 0],
    ['one of many', { due: false, held: true }, 1, 1],
  ])('%s', (_, more, planned, waiting) => {
    const people = judged([member(1)], { vanished: { 7: { since: 0, ...more } } });
    const found = planMembers(people, unifiWith([user(1, { holds: [1001] }), user(7)]), tierMapping(), []);
    expect([found.changes.length, found.mustWait.size, found.unjudged]).toEqual([planned, waiting, []]);
  });
});

describe('another template for employee numbers', () => {
  const users = [user(1), user(2)];
  const verdict = (declared: { employeeNumber: string; adoptFrom?: string }, remembered: readonly string[], present: readonly UnifiUser[] = users): ReturnType<typeof judgeTemplate> =>
    judgeTemplate({ declared, remembered, users: present });

  it.each<[string, { employeeNumber: string; adoptFrom?: string }, readonly string[], readonly string[]]>([
    ['at the beginning', { employeeNumber: 'civicrm-{id}' }, [], ['civicrm-{id}']],
    ['after a lost inventory', { employeeNumber: 'm-{id}' }, [], ['m-{id}']],
    ['as before', { employeeNumber: 'civicrm-{id}' }, ['civicrm-{id}'], ['civicrm-{id}']],
    ['adoptFrom names the old one', { employeeNumber: 'm-{id}', adoptFrom: 'civicrm-{id}' }, ['civicrm-{id}'], ['m-{id}', 'civicrm-{id}']],
    ['nobody carries the old one', { employeeNumber: 'm-{id}' }, ['c{id}'], ['m-{id}']],
  ])('%s: goes on', (_, declared, remembered, remember) => {
    expect(verdict(declared, remembered)).toEqual({ inForce: declared.employeeNumber, suspended: null, remember });
  });

  it('suspends, names the remedy and goes by the old one meanwhile', () => {
    const found = verdict({ employeeNumber: 'm-{id}' }, ['civicrm-{id}']);
    expect(found).toMatchObject({ inForce: 'civicrm-{id}', remember: ['civicrm-{id}'] });
    expect(found.suspended).toContain('2 UniFi users');
    expect(found.suspended).toContain('identity.adoptFrom: "civicrm-{id}"');
  });

  it('adoptFrom may not go before everybody is taken over', () => {
    expect(verdict({ employeeNumber: 'm-{id}' }, ['m-{id}', 'civicrm-{id}']).suspended).not.toBeNull();
    expect(verdict({ employeeNumber: 'm-{id}' }, ['m-{id}', 'civicrm-{id}'], []).suspended).toBeNull();
  });

  it('two templates that read one number as two contacts suspend', () => {
    const twofold = verdict({ employeeNumber: 'a1{id}', adoptFrom: 'a{id}' }, ['a{id}'], [user(15, { employeeNumber: 'a15' })]);
    expect(twofold.suspended).toContain('different contacts');
  });
});
