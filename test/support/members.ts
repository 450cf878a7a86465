import type { SpecOf } from '../../src/api/resource.js';
import { localTime } from '../../src/desired/calendar/local-time.js';
import { people, type DesiredPerson } from '../../src/desired/members/people.js';
import type { Absence } from '../../src/desired/members/vanished.js';
import type { Member, Membership } from '../../src/desired/model.js';

export type TierMapping = SpecOf<'TierMapping'>;

export function tierMapping(more: Partial<TierMapping> = {}): TierMapping {
  return {
    suspend: false,
    identity: { employeeNumber: 'civicrm-{id}' },
    cards: { facilityCode: 42, aliasPrefix: 'sync-' },
    rules: [
      { membershipType: 'Gold', access: 'Policy', policies: ['Always'], rank: 100 },
      { membershipType: 'Silver', access: 'Policy', policies: ['Daytime'], rank: 50 },
      { membershipType: 'Comp', access: 'None', rank: 60 },
      { membershipType: 'Day Pass', access: 'Ignore', rank: 10 },
    ],
    blocked: [],
    graceDays: 0,
    quarantineFor: '168h',
    syncEmail: false,
    guards: {
      maxDeactivate: '15%',
      maxAdd: '25%',
      maxRename: '25%',
      maxPolicyChange: '20%',
      maxCardChange: '20%',
      minimum: 3,
      per24h: '30%',
      bootstrap: 'Ask',
    },
    ...more,
  };
}

export function membership(type: string, more: Partial<Membership> = {}): Membership {
  return { id: 1, type, status: 'Current', override: false, overrideEndDate: null, startDate: null, endDate: null, ...more };
}

/** Ada Example with a current Gold membership and card 1000 + contact, unless said otherwise. */
export function member(contact: number, more: Partial<Member> = {}): Member {
  return {
    contact,
    firstName: 'Ada',
    lastName: 'Example',
    email: null,
    deceased: false,
    deleted: false,
    card: String(1_000 + contact),
    memberships: [membership('Gold')],
    ...more,
  };
}

export interface Judging {
  readonly spec?: Partial<TierMapping>;
  readonly zone?: string;
  readonly readAt?: string;
  /** Default: `readAt`. */
  readonly now?: string;
  readonly unknownSince?: Readonly<Record<number, string>>;
  readonly vanished?: Readonly<Record<number, Absence>>;
}

export function judged(members: readonly Member[], judging: Judging = {}): DesiredPerson[] {
  const { spec = {}, zone = 'America/New_York', readAt = '2026-11-21T12:00:00Z', now = readAt, unknownSince = {}, vanished = {} } = judging;
  return people({
    spec: tierMapping(spec),
    members,
    activeStatuses: ['New', 'Current', 'Grace'],
    local: localTime(zone),
    readAt: Date.parse(readAt),
    now: Date.parse(now),
    vanished: new Map(Object.entries(vanished).map(([contact, absence]) => [Number(contact), absence])),
    unknownSince: new Map(Object.entries(unknownSince).map(([contact, at]) => [Number(contact), Date.parse(at)])),
  });
}

/** The one person that the one member makes. */
export function judgedOne(given: Partial<Member>, judging: Judging = {}): DesiredPerson {
  const [person] = judged([member(7, given)], judging);
  if (person === undefined) throw new Error('nobody was judged');
  return person;
}
