import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { membersFile, noBrake, startMembersSite, type MembersSite, type Register } from '../support/members-site.js';
import { usersOf, type UserState } from '../support/watched-unifi.js';

/** Milliseconds. */
const timeLimit = 20_000;
const people = [1, 2, 3, 4] as const;
const cards = [101, 102, 103, 104, 105];

/** What somebody else has left in UniFi before: numbers nearly ours, two users of one contact, cards of others. */
const users = fc.array(
  fc.record({
    contact: fc.constantFrom(...people),
    number: fc.oneof({ weight: 3, arbitrary: fc.constant('civicrm-@') }, { weight: 1, arbitrary: fc.constantFrom('civicrm-0@', 'CIVICRM-@', 'civicrm-@ ', '@') }),
    status: fc.constantFrom('ACTIVE', 'ACTIVE', 'DEACTIVATED', 'PENDING'),
    policies: fc.subarray(['policy-members', 'policy-daytime', 'policy-cleaners']),
    holds: fc.subarray(cards, { maxLength: 2 }),
  }),
  { maxLength: 6 },
);
const entries = fc.record({
  card: fc.oneof({ weight: 8, arbitrary: fc.constantFrom<unknown>(...cards.map(String)) }, { weight: 2, arbitrary: fc.constantFrom<unknown>('LOST', null, '١٢', 105, '00104') }),
  type: fc.constantFrom('Gold', 'Gold', 'Silver', 'Comp', 'Mystery', null),
  more: fc.constantFrom<Readonly<Record<string, unknown>>>({}, {}, {}, {}, { is_deleted: true }, { is_deceased: true }, { first_name: '🎉', last_name: 'e\u0301' }),
});
const chapter = fc.record({
  entries: fc.array(fc.tuple(fc.constantFrom(...people), entries), { minLength: 2, maxLength: 5 }),
  blocked: fc.subarray([...people], { maxLength: 2 }),
  gold: fc.constantFrom('Members', 'Daytime', 'Members, Daytime'),
  /** Of so many requests to UniFi one goes wrong; 0: none does. */
  spoils: fc.constantFrom(0, 5, 11),
  database: fc.constantFrom<Readonly<Record<string, unknown>> | null>(null, null, { truncateBytes: 40 }, { status: 200, body: '{"error_code":1,"error_message":"no","values":[]}' }, { status: 200, body: '<html>' }),
  restart: fc.boolean(),
});
const quirks = fc.constantFrom<Readonly<Record<string, string>>>(
  {},
  { 'unassign-on-deactivated': 'not-found' },
  { 'bind-on-deactivated': 'error' },
  { 'force-from-deactivated': 'error', 'users-order': 'random' },
  { 'bind-on-deactivated': 'error', 'unassign-on-deactivated': 'error', 'business-error-status': '400' },
  { 'duplicate-alias': 'fail-file', 'unknown-path-status': '200' },
);

function seedOf(drafts: readonly { readonly contact: number; readonly number: string; readonly status: string; readonly policies: readonly string[]; readonly holds: readonly number[] }[]): Readonly<Record<string, unknown>> {
  const taken = new Set<number>();
  const seeded = drafts.map(({ contact, number, status, policies, holds }, index) => {
    const free = holds.filter((card) => !taken.has(card));
    for (const card of free) taken.add(card);
    const employee = number.replace('@', String(contact));
    return { id: `user-${index}`, first_name: `First${contact}`, last_name: `Last${contact}`, employee_number: employee, status, access_policy_ids: policies, nfc_cards: free.map((card) => ({ token: `t${card}` })) };
  });
  return { users: seeded, cards: [...taken].map((card) => ({ token: `t${card}`, alias: `sync-00${card}`, nfc_id: ((42 << 16) | card).toString(16).toUpperCase() })) };
}

const twin = { contact: 1, number: 'civicrm-@', status: 'ACTIVE', policies: [], holds: [] };

const contactOf = ({ employee_number }: UserState): number | null => Number(/^civicrm-([1-9]\d*)$/.exec(employee_number)?.[1] ?? 0) || null;
const foreigners = (site: MembersSite): readonly UserState[] => usersOf(site.unifi.state()).filter((user) => contactOf(user) === null);

/** Whether the database gives access, in the words of its seed; null: only by a type that nobody knows. */
function granted({ card, type, more = {} }: Register[number]): boolean | null {
  if (card === null || more['is_deleted'] === true || more['is_deceased'] === true) return false;
  return type === 'Mystery' ? null : type === 'Gold' || type === 'Silver';
}

function check(site: MembersSite, register: Register, blocked: readonly number[], gold: string): void {
  const all = usersOf(site.unifi.state());
  const tokens = all.flatMap(({ nfc_cards }) => nfc_cards.map(({ token }) => token));
  expect(new Set(tokens).size).toBe(tokens.length);
  for (const user of all) {
    const contact = contactOf(user);
    const entry = contact === null ? undefined : register[contact];
    if (contact === null || (entry === undefined && !blocked.includes(contact))) continue;
    const access = entry !== undefined && !blocked.includes(contact) ? granted(entry) : false;
    if (access === false) expect(user.status, `contact ${contact}`).toBe('DEACTIVATED');
  }
  for (const [contact, entry] of Object.entries(register).map(([id, each]) => [Number(id), each] as const)) {
    const shared = Object.entries(register).some(([id, each]) => Number(id) !== contact && granted(each) === true && !blocked.includes(Number(id)) && Number(each.card) === Number(entry.card));
    const own = all.filter((user) => contactOf(user) === contact);
    // Two users, or a card on two contacts, wait for a person.
    if (granted(entry) !== true || blocked.includes(contact) || shared || own.length > 1) continue;
    const [user] = own;
    expect(user?.status, `contact ${contact}`).toMatch(/^(ACTIVE|PENDING)$/);
    const wanted = (entry.type === 'Gold' ? gold : 'Daytime').split(', ').map((name) => `policy-${name.toLowerCase()}`);
    expect(user?.access_policy_ids.filter((id) => id !== 'policy-cleaners').sort(), `contact ${contact}`).toEqual(wanted.sort());
  }
}

describe('laws of members on a controller with a past', () => {
  it('whatever was there before, whoever is blocked and whatever goes wrong: who has no access is out, who has it is in, strangers stay as they are', async () => {
    const started = performance.now();
    await fc.assert(
      fc.asyncProperty(users, quirks, fc.array(chapter, { minLength: 1, maxLength: 3 }), async (past, reading, history) => {
        // A slow machine tries fewer of them.
        if (performance.now() - started > timeLimit) return;
        let register: Register = Object.fromEntries([...people, 9].map((contact) => [contact, { card: `19${contact}`, type: 'Gold' }]));
        const site = await startMembersSite({ people: register, quirks: reading, unifi: seedOf([twin, twin, ...past]) });
        try {
          await site.run();
          const strangers = foreigners(site);
          for (const { entries: written, blocked, gold, spoils, database, restart } of history) {
            const blocks = blocked.length === 0 ? '' : `  blocked: [${blocked.map((contact) => `{ contact: ${contact} }`).join(', ')}]\n`;
            await site.site.write('members.yaml', membersFile(`${noBrake}${blocks}`).replace('policies: [Members]', `policies: [${gold}]`));
            for (const [contact, entry] of written) register = { ...register, [contact]: entry };
            await site.register(register);
            if (database !== null) await site.site.civicrm.sim('/fault', { match: 'POST', ...database });
            let seen = 0;
            site.unifi.around(async (_, act) => {
              seen += 1;
              if (spoils === 0 || seen % spoils !== 0) return act();
              // Done or not, nobody is told.
              if (seen % 2 === 0) await act();
              return new Response('', { status: 504 });
            });
            await site.run();
            site.unifi.around(null);
            expect(foreigners(site)).toEqual(strangers);
            await site.site.civicrm.remove('/fault');
            if (restart) await site.site.restart();
            expect(await site.run()).toEqual([]);
            check(site, register, blocked, gold);
            expect(foreigners(site)).toEqual(strangers);
            await site.expectQuiet();
          }
        } finally {
          await site.site.close();
        }
      }),
      { numRuns: 25 },
    );
  });
});
