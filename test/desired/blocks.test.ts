import { describe, expect, it } from 'vitest';
import { localTime } from '../../src/desired/calendar/local-time.js';
import { nextBlockEnd } from '../../src/desired/members/blocks.js';
import { judged, judgedOne, member, membership } from '../support/members.js';

const blocked = (until?: string): { readonly blocked: readonly [{ contact: number; until?: string; reason: string }] } => ({
  blocked: [{ contact: 7, ...(until === undefined ? {} : { until }), reason: 'Banned by the board' }],
});

describe('a blocked contact', () => {
  it.each([
    ['a current membership', {}],
    ['a card that is none', { card: 'LOST' }],
    ['no name', { firstName: '', lastName: '' }],
    ['an unknown type', { memberships: [membership('Platinum')] }],
    ['no card at all', { card: null }],
    ['a deleted record', { deleted: true }],
    ['an ignored type', { memberships: [membership('Day Pass')] }],
  ])('is blocked with %s', (_, given) => {
    expect(judgedOne(given, { spec: blocked() }).outcome).toBe('Blocked');
  });

  it('is blocked though the database does not list it', () => {
    expect(judged([member(1)], { spec: blocked() }).map(({ contact, outcome }) => [contact, outcome])).toEqual([[1, 'Access'], [7, 'Blocked']]);
  });

  it('says why, until when, and what it would have otherwise', () => {
    const person = judgedOne({}, { spec: blocked('2026-12-31') });
    expect(person.rule?.membershipType).toBe('Gold');
    expect(person.reasons).toEqual(['blocked in the TierMapping until 2026-12-31, that date included: Banned by the board']);
  });

  it('shares its card with nobody: the other contact with that card keeps its access', () => {
    const people = judged([member(7, { card: '5' }), member(8, { card: '5' })], { spec: blocked() });
    expect(people.map(({ outcome }) => outcome)).toEqual(['Blocked', 'Access']);
  });
});

describe('the last date of a block', () => {
  const at = (now: string, until: string, zone = 'America/New_York'): string => judgedOne({}, { spec: blocked(until), now, zone }).outcome;

  it('counts to local midnight', () => {
    expect(at('2026-12-31T20:00:00Z', '2026-12-31')).toBe('Blocked');
    expect(at('2027-01-01T04:59:59Z', '2026-12-31')).toBe('Blocked');
    expect(at('2027-01-01T05:00:00Z', '2026-12-31')).toBe('Access');
    expect(at('2026-12-31T10:00:00Z', '2026-12-31', 'Pacific/Kiritimati')).toBe('Access');
  });

  it('goes by the clock and not by the age of the membership data', () => {
    const judging = { spec: blocked('2026-12-31'), readAt: '2026-12-01T12:00:00Z' };
    expect(judgedOne({}, { ...judging, now: '2027-01-02T12:00:00Z' }).outcome).toBe('Access');
    expect(judgedOne({}, { ...judging, now: '2026-12-31T12:00:00Z' }).outcome).toBe('Blocked');
  });

  it('a date that means "for ever" blocks', () => {
    expect(at('2026-11-21T12:00:00Z', '9999-12-31')).toBe('Blocked');
  });

  it('wakes the plane at the midnight of the first block that ends', () => {
    const local = localTime('America/New_York');
    const blocks = [{ contact: 1 }, { contact: 2, until: '9999-12-31' }, { contact: 3, until: '2026-11-25' }, { contact: 4, until: '2026-11-22' }, { contact: 5, until: '2026-11-20' }];
    expect(nextBlockEnd(blocks, Date.parse('2026-11-21T12:00:00Z'), local)).toBe(Date.parse('2026-11-23T05:00:00Z'));
    expect(nextBlockEnd(blocks.slice(0, 2), Date.parse('2026-11-21T12:00:00Z'), local)).toBeNull();
  });
});
