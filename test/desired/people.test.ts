import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cardAlias, cardNumber, cardOfAlias, maskedCard, nfcId } from '../../src/desired/members/card.js';
import { identity } from '../../src/desired/members/identity.js';
import { personName, sameName } from '../../src/desired/members/person-name.js';
import { judged, judgedOne, member, membership } from '../support/members.js';

describe('card numbers', () => {
  it.each([
    ['00123', 123],
    ['123', 123],
    [123, 123],
    ['1', 1],
    ['65535', 65_535],
    ['65536', null],
    ['0', null],
    ['00000', null],
    ['1_000', null],
    ['+7', null],
    ['-5', null],
    [-5, null],
    ['12.9', null],
    [12.9, null],
    ['A12', null],
    ['0x10', null],
    ['1e3', null],
    [' 123', null],
    ['123\n', null],
    ['12 3', null],
    [true, null],
    [null, null],
    [[123], null],
    [{ card: 123 }, null],
    ['\u0661\u0662\u0663', null],
    ['\uff11\uff12\uff13', null],
    ['LOST', null],
    [Number.NaN, null],
    [1e21, null],
  ])('%j is %j', (given, number) => {
    expect(cardNumber(given)).toBe(number);
  });

  it('Wiegand-26: facility code 42, card 1234 is 2A04D2', () => {
    expect(nfcId(42, 1_234)).toBe('2A04D2');
    expect(nfcId(1, 1)).toBe('10001');
    expect(nfcId(255, 65_535)).toBe('FFFFFF');
  });

  it('an alias of ours is the prefix and five digits, nothing else', () => {
    expect(cardAlias('sync-', 123)).toBe('sync-00123');
    expect(cardOfAlias('sync-', 'sync-00123')).toBe(123);
    for (const alias of ['sync-123', 'sync-000123', 'sync-00000', 'sync-99999', 'Sync-00123', 'sync-0012a', 'sync-00123 ', '00123', '']) {
      expect(cardOfAlias('sync-', alias)).toBeNull();
    }
  });

  it('shows the last two digits only', () => {
    expect([maskedCard(1_234), maskedCard('00005'), maskedCard(7)]).toEqual(['***34', '***05', '***07']);
  });
});

describe('names', () => {
  it.each([
    ['one name', 'Cher', '', 'Cher', '—'],
    ['a last name alone', '', 'Cher', '—', 'Cher'],
    ['a trailing space', 'Bob ', 'Miller', 'Bob', 'Miller'],
    ['a non-breaking space', 'Mary\u00a0Ann', 'Miller', 'Mary Ann', 'Miller'],
    ['many words', 'Dr. Mary  Ann', 'van der Berg\tJr.', 'Dr. Mary Ann', 'van der Berg Jr.'],
    ['decomposed letters', 'Jose\u0301', 'Miller', 'Jos\u00e9', 'Miller'],
    ['control and direction marks', 'Bob\u0000\u202e', 'Mill\u200fer\n', 'Bob', 'Miller'],
  ])('%s', (_, first, last, wantedFirst, wantedLast) => {
    expect(personName(first, last)).toEqual({ first: wantedFirst, last: wantedLast });
  });

  it('nothing but spaces is no name', () => {
    expect(personName(' ', '\u00a0\t')).toBeNull();
  });

  it('what was stored once is the same name on the next cycle', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (first, last) => {
        const stored = personName(first, last);
        if (stored === null) return;
        expect(personName(stored.first, stored.last)).toEqual(stored);
        expect(sameName(stored, personName(` ${first}`, `${last}\u00a0`)!)).toBe(true);
      }),
    );
  });
});

describe('identity', () => {
  const ids = identity('civicrm-{id}');

  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999_999_999 }), (contact) => {
        expect(ids.contactOf(ids.numberOf(contact))).toBe(contact);
      }),
    );
    expect(identity('c{id}m').contactOf('c12m')).toBe(12);
  });

  it.each(['1001', 'civicrm-', 'civicrm-007', 'civicrm-0', 'civicrm--5', 'civicrm-1.0', 'civicrm-1 ', ' civicrm-1', 'Civicrm-1', 'civicrm-1x', 'civicrm-\u0661', ''])(
    'the number "%s" is somebody else\'s',
    (number) => {
      expect(ids.contactOf(number)).toBeNull();
    },
  );

  it('prefix and suffix do not share letters', () => {
    expect(identity('ab{id}ba').contactOf('aba')).toBeNull();
  });
});

describe('who has access', () => {
  const outcome = (...memberships: ReturnType<typeof membership>[]): string => judgedOne({ memberships }).outcome;

  it.each([
    ['Gold', [membership('Gold')], 'Access', 'Gold'],
    ['New and Grace are active too', [membership('Gold', { status: 'Grace' })], 'Access', 'Gold'],
    ['the highest rank wins', [membership('Silver'), membership('Gold')], 'Access', 'Gold'],
    ['None above Silver', [membership('Silver'), membership('Comp')], 'None', 'Comp'],
    ['None below Gold', [membership('Gold'), membership('Comp')], 'Access', 'Gold'],
    ['Gold to Day Pass only', [membership('Gold', { status: 'Expired' }), membership('Day Pass')], 'Ignored', 'Day Pass'],
    ['Ignore below Silver', [membership('Silver'), membership('Day Pass')], 'Access', 'Silver'],
    ['an ended Gold beside Silver', [membership('Gold', { status: 'Expired' }), membership('Silver')], 'Access', 'Silver'],
    ['pending is not active', [membership('Gold', { status: 'Pending' })], 'None', undefined],
    ['cancelled', [membership('Gold', { status: 'Cancelled' })], 'None', undefined],
    ['no membership', [], 'None', undefined],
    ['Gold beside an unknown type stays as it is', [membership('Gold'), membership('Platinum')], 'Access', 'Gold'],
    ['an ended unknown type', [membership('Platinum', { status: 'Expired' })], 'None', undefined],
    ['an unknown type alone', [membership('Platinum')], 'Quarantined', undefined],
    ['one that cannot be read, alone', [membership('Gold', { unreadable: 'status_id:name', status: '' })], 'Quarantined', undefined],
    ['one that cannot be read beside an ended one', [membership('Gold', { status: 'Expired' }), membership('Gold', { unreadable: 'end_date' })], 'Quarantined', undefined],
    ['one that cannot be read changes nothing beside Gold', [membership('Gold'), membership('Comp', { unreadable: 'end_date' })], 'Access', 'Gold'],
    ['Gold expired beside an active unknown type ends at once', [membership('Gold', { status: 'Expired' }), membership('Platinum')], 'None', undefined],
    ['Gold past its end date beside an active unknown type ends at once', [membership('Gold', { endDate: '2026-11-19' }), membership('Platinum')], 'None', undefined],
  ] as const)('%s', (_, memberships, wanted, rule) => {
    const person = judgedOne({ memberships });
    expect([person.outcome, person.rule?.membershipType]).toEqual([wanted, rule]);
  });

  it('ties of rank go by the type\'s name', () => {
    const rules = [
      { membershipType: 'Zeta', access: 'None' as const, rank: 5 },
      { membershipType: 'Alpha', access: 'Policy' as const, policies: ['Always'], rank: 5 },
    ];
    expect(judgedOne({ memberships: [membership('Zeta'), membership('Alpha')] }, { spec: { rules } }).rule?.membershipType).toBe('Alpha');
  });

  it('types are machine names: other case is another type', () => {
    expect(outcome(membership('gold'))).toBe('Quarantined');
  });

  it.each([
    ['deceased', { deceased: true }],
    ['deleted', { deleted: true }],
    ['the card taken off the contact', { card: null }],
    ['an empty card field', { card: '' }],
  ])('%s loses access, whatever the membership says', (_, given) => {
    expect(judgedOne(given).outcome).toBe('None');
  });

  it('loss comes before quarantine: bad card, no name or a shared card keep nobody in', () => {
    const memberships = [membership('Gold', { status: 'Expired' })];
    expect(judgedOne({ memberships, card: 'LOST' }).outcome).toBe('None');
    expect(judgedOne({ memberships, firstName: '', lastName: '' }).outcome).toBe('None');
    expect(judged([member(1, { memberships, card: '5' }), member(2, { card: '5' })]).map((each) => each.outcome)).toEqual(['None', 'Access']);
  });
});

describe('the end date, judged when the database was read', () => {
  const at = (readAt: string, more: Parameters<typeof membership>[1], zone = 'America/New_York'): string =>
    judgedOne({ memberships: [membership('Gold', { endDate: '2026-11-20', ...more })] }, { readAt, zone }).outcome;

  it('the last day counts to local midnight', () => {
    expect(at('2026-11-21T04:59:59Z', {})).toBe('Access');
    expect(at('2026-11-21T05:00:00Z', {})).toBe('None');
    expect(at('2026-11-20T10:00:00Z', {}, 'Pacific/Kiritimati')).toBe('None');
  });

  it.each([
    ['Current', {}, 'None'],
    ['New', { status: 'New' }, 'None'],
    ['Grace says itself that the date has passed', { status: 'Grace' }, 'Access'],
    ['overridden', { override: true }, 'Access'],
    ['open-ended', { endDate: null }, 'Access'],
  ] as const)('%s', (_, more, wanted) => {
    expect(at('2026-12-24T00:00:00Z', more)).toBe(wanted);
  });

  it('grace days move the midnight', () => {
    const memberships = [membership('Gold', { endDate: '2026-11-20' })];
    expect(judgedOne({ memberships }, { readAt: '2026-11-24T04:59:59Z', spec: { graceDays: 3 } }).outcome).toBe('Access');
    expect(judgedOne({ memberships }, { readAt: '2026-11-24T05:00:00Z', spec: { graceDays: 3 } }).outcome).toBe('None');
  });

  it('another membership that goes on keeps the access', () => {
    const memberships = [membership('Gold', { endDate: '2026-11-01' }), membership('Silver', { endDate: '2027-11-01' })];
    expect(judgedOne({ memberships }).rule?.membershipType).toBe('Silver');
  });
});

describe('quarantine', () => {
  it('a bad card withholds card changes only', () => {
    const person = judgedOne({ card: '65536' });
    expect(person).toMatchObject({ outcome: 'Access', card: null, cardHeld: true });
    expect(person.reasons).toHaveLength(1);
  });

  it('no reason repeats the card, the name or the address', () => {
    const given = [
      member(1, { card: '4711x', firstName: 'Grace', lastName: 'Hopper', email: 'grace@example.org' }),
      member(2, { card: '54321' }),
      member(3, { card: '54321' }),
      member(4, { firstName: '', lastName: '', email: 'grace@example.org' }),
    ];
    const said = judged(given).flatMap(({ reasons }) => reasons).join('\n');
    expect(said).toMatch(/\*\*\*21/);
    expect(said).not.toMatch(/4711|54321|Grace|Hopper|grace@/);
  });

  it('no name', () => {
    expect(judgedOne({ firstName: ' ', lastName: '' })).toMatchObject({ outcome: 'Quarantined', rule: { membershipType: 'Gold' } });
  });

  it('the same card on two contacts with access: both, and nobody else', () => {
    const found = judged([member(1, { card: '0042' }), member(2, { card: 42 }), member(3, { card: '43' })]);
    expect(found.map(({ outcome: each }) => each)).toEqual(['Quarantined', 'Quarantined', 'Access']);
    expect(found[0]?.reasons.join()).toContain('contact 2');
    expect(found[1]?.reasons.join()).toContain('contact 1');
  });

  it('a card that a leaver still lists is free for the new member', () => {
    const found = judged([member(1, { card: '42', memberships: [] }), member(2, { card: '42' })]);
    expect(found.map(({ outcome: each }) => each)).toEqual(['None', 'Access']);
  });

  it('an unknown type alone lasts for quarantineFor from when it was first seen, then access ends', () => {
    const memberships = [membership('Platinum')];
    const after = (readAt: string): unknown => judgedOne({ memberships }, { readAt, unknownSince: { 7: '2026-11-14T12:00:00Z' } });
    expect(after('2026-11-21T11:59:59Z')).toMatchObject({ outcome: 'Quarantined', unknownType: true });
    expect(after('2026-11-21T12:00:00Z')).toMatchObject({ outcome: 'None', unknownType: true });
  });

  it('an unknown type that was never seen before begins now', () => {
    expect(judgedOne({ memberships: [membership('Platinum')] })).toMatchObject({ outcome: 'Quarantined', unknownType: true });
  });

  it('one bad record changes nothing for the next, wherever it stands', () => {
    const good = [member(2), member(3, { memberships: [] }), member(5, { memberships: [membership('Silver')] })];
    const bad = [
      member(1, { card: 'x' }),
      member(1, { firstName: '', lastName: '' }),
      member(1, { memberships: [membership('??')] }),
      member(1, { memberships: [membership('Gold', { status: '' })] }),
      member(1, { card: { deep: true } }),
    ];
    for (const record of bad) {
      expect(judged([...good, record]).filter(({ contact }) => contact !== 1)).toEqual(judged(good));
      expect(judged([record, ...good])).toEqual(judged([...good, record]));
    }
  });
});
