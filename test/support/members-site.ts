import { expect } from 'vitest';
import { churchUnifi, header, person } from './church.js';
import { startSite, type Site, type SiteOptions } from './site.js';
import { cardsOf, usersOf, watchedUnifi, type UserState, type WatchedUnifi } from './watched-unifi.js';

/** The membership database in short: contact to card and membership type; null: no current membership. */
export type Register = Readonly<Record<number, { readonly card: unknown; readonly type: string | null; readonly more?: Readonly<Record<string, unknown>> }>>;

export interface MembersSite {
  readonly site: Site;
  readonly unifi: WatchedUnifi;
  /** Replaces who is in the database. */
  register(people: Register): Promise<void>;
  /** One reconcile of the members plane; its errors. */
  run(): Promise<readonly unknown[]>;
  /** By contact, with the cards under our alias as numbers. */
  people(): Readonly<Record<number, { readonly status: string; readonly cards: readonly string[]; readonly policies: readonly string[] }>>;
  user(employeeNumber: string): UserState | undefined;
  /** Nothing is left to do: a reconcile writes nothing and plans nothing. */
  expectQuiet(): Promise<void>;
}

export interface MembersSiteOptions {
  readonly people: Register;
  readonly quirks?: Readonly<Record<string, string>>;
  /** Lines under the TierMapping's spec; no brake unless they say so. */
  readonly spec?: string;
  readonly unifi?: Readonly<Record<string, unknown>>;
  readonly site?: Partial<SiteOptions>;
}

export const noBrake = '  guards: { bootstrap: Allow, minimum: 1000 }\n';

export const membersFile = (spec = noBrake): string => `${header('TierMapping', 'tiers')}spec:
  identity: { employeeNumber: "civicrm-{id}" }
  cards: { facilityCode: 42, aliasPrefix: "sync-" }
  rules:
    - { membershipType: Gold, access: Policy, policies: [Members], rank: 100 }
    - { membershipType: Silver, access: Policy, policies: [Daytime], rank: 50 }
    - { membershipType: Comp, access: None, rank: 10 }
${spec}`;

export const membersUnifi = (more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
  ...churchUnifi('America/New_York'),
  access_policies: [
    { id: 'policy-members', name: 'Members', resources: [], schedule_id: 'schedule-other' },
    { id: 'policy-daytime', name: 'Daytime', resources: [], schedule_id: 'schedule-other' },
    { id: 'policy-cleaners', name: 'Cleaners', resources: [], schedule_id: 'schedule-other' },
  ],
  ...more,
});

export function contacts(people: Register): readonly unknown[] {
  return Object.entries(people).map(([contact, { card, type, more = {} }]) => person(Number(contact), card, type ?? 'Gold', { ...(type === null ? { memberships: [] } : {}), ...more }));
}

/** A site with the members plane alone, and a UniFi that is watched request by request. */
export async function startMembersSite(options: MembersSiteOptions): Promise<MembersSite> {
  const unifi = watchedUnifi();
  const civicrm = (people: Register): unknown => ({ card_field: 'Door_Access.card_id', contacts: contacts(people) });
  const site = await startSite({
    now: '2026-11-21T13:00:00Z',
    files: { 'members.yaml': membersFile(options.spec) },
    without: ['planningCenter'],
    unifi: membersUnifi(options.unifi),
    civicrm: civicrm(options.people),
    unifiDefinition: unifi.definition,
    ...(options.quirks === undefined ? {} : { quirks: options.quirks }),
    ...options.site,
  });
  const here: MembersSite = {
    site,
    unifi,
    async register(people) {
      await site.civicrm.sim('/seed', civicrm(people));
    },
    run: () => site.run('members'),
    people() {
      const state = unifi.state();
      return Object.fromEntries(
        usersOf(state).flatMap((user) => {
          const [, contact] = /^civicrm-(\d+)$/.exec(user.employee_number) ?? [];
          return contact === undefined ? [] : [[contact, { status: user.status, cards: cardsOf(state, user), policies: user.access_policy_ids }] as const];
        }),
      );
    },
    user: (employeeNumber) => usersOf(unifi.state()).find((user) => user.employee_number === employeeNumber),
    async expectQuiet() {
      await site.forgetRequests();
      expect(await site.run('members')).toEqual([]);
      expect(await site.writes()).toEqual([]);
      const plans = site.composition.engine.view().diff.planes.filter(({ plane }) => plane === 'members');
      expect(plans.flatMap(({ changes }) => changes)).toEqual([]);
    },
  };
  return here;
}

/** What everybody with access should look like. */
export const member = (card: number | null, policy = 'policy-members'): unknown => ({
  status: 'ACTIVE',
  cards: card === null ? [] : [String(card)],
  policies: [policy],
});
