import { describe, expect, it } from 'vitest';
import { localTime } from '../../src/desired/calendar/local-time.js';
import { lateStatuses } from '../../src/desired/members/status-job.js';
import type { Member, Membership } from '../../src/desired/model.js';
import { judgedOne, member, membership, tierMapping } from '../support/members.js';

const rules = { rules: tierMapping().rules, graceDays: 0, activeStatuses: ['New', 'Current', 'Grace'], local: localTime('America/New_York') };
const readAt = Date.parse('2026-11-21T12:00:00Z');
const people = (count: number, more: Partial<Membership>, from = 1): Member[] =>
  Array.from({ length: count }, (_, index) => member(from + index, { memberships: [membership('Gold', more)] }));
const late = (...groups: readonly (readonly Member[])[]): ReturnType<typeof lateStatuses> => lateStatuses(groups.flat(), rules, readAt);

describe('the job that updates membership statuses', () => {
  it('is late when three memberships are long over and still Current', () => {
    expect(late(people(3, { endDate: '2026-11-18' }), people(200, { endDate: '2027-11-18' }, 100))).toEqual({ ended: 3, judged: 203 });
  });

  it('is late when a tenth of them ended yesterday and nothing noticed', () => {
    expect(late(people(5, { endDate: '2026-11-20' }), people(45, { endDate: '2027-11-18' }, 100))).toEqual({ ended: 5, judged: 50 });
  });

  it.each<[string, Member[]]>([
    ['two that are long over: somebody\'s typing', people(2, { endDate: '2026-11-01' })],
    ['a few that ended last night', [...people(4, { endDate: '2026-11-20' }), ...people(90, { endDate: '2027-11-20' }, 100)]],
    ['overrides', people(9, { endDate: '2026-11-01', override: true })],
    ['open-ended ones', people(9, { endDate: null })],
    ['MySQL\'s empty date', people(9, { endDate: '0000-00-00' })],
    ['dates that mean for ever', people(9, { endDate: '9999-12-31' })],
    ['Grace, which says itself that the date has passed', people(9, { endDate: '2026-11-01', status: 'Grace' })],
    ['the deceased, whose memberships the job passes over', people(9, { endDate: '2026-11-01' }).map((each) => ({ ...each, deceased: true }))],
    ['nobody', []],
  ])('is not late because of %s', (_, members) => {
    expect(late(members)).toBeNull();
  });

  it('dates without a next day keep access', () => {
    expect(judgedOne({ memberships: [membership('Gold', { endDate: '9999-12-31' })] }, { spec: { graceDays: 365 } }).outcome).toBe('Access');
    expect(judgedOne({ memberships: [membership('Gold', { endDate: '0000-00-00' })] }).outcome).toBe('Access');
  });
});

describe('why there is no access', () => {
  it.each<[string, Partial<Member>, string]>([
    ['expired', { memberships: [membership('Gold', { status: 'Expired', endDate: '2026-10-31' })] }, 'no current membership: Gold is Expired, end date 2026-10-31'],
    ['over by date', { memberships: [membership('Gold', { endDate: '2026-11-20' })] }, 'no current membership: Gold is past its end date 2026-11-20, though its status still says Current'],
    ['none', { memberships: [] }, 'no current membership'],
    ['no card', { card: null }, 'the contact has no card'],
  ])('%s', (_, given, reason) => {
    expect(judgedOne(given).reasons).toEqual([reason]);
  });

  it('an ignored type is ignored, with and without a card', () => {
    expect(judgedOne({ card: null, memberships: [membership('Day Pass')] }).outcome).toBe('Ignored');
  });
});
