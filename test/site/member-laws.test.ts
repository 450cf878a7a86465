import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { membersUnifi, startMembersSite, type MembersSite, type Register } from '../support/members-site.js';
import { usersOf } from '../support/watched-unifi.js';

/** One step of a history: what a clerk does to one contact. */
type Step = readonly [contact: number, entry: Register[number]];

/** Milliseconds. */
const timeLimit = 15_000;

const people = [1, 2, 3, 4, 5];
const entries = fc.oneof(
  { weight: 6, arbitrary: fc.record({ card: fc.integer({ min: 101, max: 107 }).map(String), type: fc.constantFrom('Gold', 'Gold', 'Silver', 'Comp', null) }) },
  { weight: 1, arbitrary: fc.record({ card: fc.constantFrom<unknown>('LOST', '0', null), type: fc.constantFrom('Gold', null) }) },
  { weight: 1, arbitrary: fc.record({ card: fc.constant('101'), type: fc.constant('Gold'), more: fc.constantFrom({ is_deleted: true }, { is_deceased: true }, { first_name: ' ', last_name: '' }) }) },
);
const chapters = fc.array(fc.array(fc.tuple(fc.constantFrom(...people), entries) as fc.Arbitrary<Step>, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 });

/** What goes wrong with one request, wherever it is. */
const faults = fc.record({
  at: fc.integer({ min: 1, max: 40 }),
  what: fc.constantFrom<Fault[]>('reset', 'lost answer', 'system error', 'refused', 'web page'),
});
type Fault = 'reset' | 'lost answer' | 'system error' | 'refused' | 'web page';

let site: MembersSite;
beforeAll(async () => {
  site = await startMembersSite({ people: {} });
});
afterAll(async () => {
  await site.site.close();
});

const staff = { id: 'staff', first_name: 'Sam', last_name: 'Staff', employee_number: '2', status: 'ACTIVE', access_policy_ids: ['policy-members', 'policy-cleaners'], nfc_cards: [{ token: 'staff-card' }] };
const old = { id: 'old', first_name: 'Old', last_name: 'Hand', employee_number: '3', status: 'DEACTIVATED', access_policy_ids: ['policy-cleaners'], nfc_cards: [{ token: 'old-card' }] };
/** A member of ours who also cleans, with a key fob that somebody enrolled by hand. */
const cleaner = { id: 'cleaner', first_name: 'First1', last_name: 'Last1', employee_number: 'civicrm-1', status: 'ACTIVE', access_policy_ids: ['policy-cleaners'], nfc_cards: [{ token: 'fob' }] };
const foreignCards = [
  { token: 'staff-card', alias: 'Staff', nfc_id: 'AAAA01' },
  // One that a clerk may type into a contact: it stays where it is.
  { token: 'old-card', alias: 'sync-00107', nfc_id: ((42 << 16) | 107).toString(16).toUpperCase() },
  { token: 'fob', alias: 'Key fob', nfc_id: 'AAAA03' },
];

/** Contacts whose membership grants access now; the same words as the database's seed, not the program's. */
function granted(register: Register): readonly number[] {
  return Object.entries(register).flatMap(([contact, { card, type, more = {} }]) =>
    (type === 'Gold' || type === 'Silver') && card !== null && more['is_deleted'] !== true && more['is_deceased'] !== true ? [Number(contact)] : [],
  );
}

function check(register: Register | null): void {
  const users = usersOf(site.unifi.state());
  const tokens = users.flatMap(({ nfc_cards }) => nfc_cards.map(({ token }) => token));
  expect(new Set(tokens).size).toBe(tokens.length);
  expect(new Set(users.map(({ employee_number }) => employee_number)).size).toBe(users.length);
  for (const foreign of [staff, old]) {
    const { status, access_policy_ids, nfc_cards } = foreign;
    expect(users.find(({ id }) => id === foreign.id)).toMatchObject({ first_name: foreign.first_name, status, access_policy_ids, nfc_cards });
  }
  const kept = users.find(({ id }) => id === 'cleaner');
  expect(kept?.access_policy_ids).toContain('policy-cleaners');
  expect(kept?.nfc_cards.map(({ token }) => token)).toContain('fob');
  if (register === null) return;
  const allowed = new Set(granted(register));
  const active = Object.entries(site.people()).flatMap(([contact, { status }]) => (status === 'ACTIVE' ? [Number(contact)] : []));
  // A contact that is deleted or lost its card is asked for by its id, and answered.
  expect(active.filter((contact) => !allowed.has(contact))).toEqual([]);
}

/** As desired: every card that one contact alone may have is in its hand. */
function expectReached(register: Register): void {
  const allowed = granted(register);
  for (const contact of allowed) {
    const { card, type, more = {} } = register[contact]!;
    const shared = allowed.some((other) => other !== contact && register[other]!.card === card);
    if (shared || more['last_name'] === '') continue;
    const person = site.people()[contact];
    expect(person, `contact ${contact}`).toMatchObject({ status: 'ACTIVE' });
    expect(person?.policies).toContain(type === 'Gold' ? 'policy-members' : 'policy-daytime');
    expect(person?.policies).not.toContain(type === 'Gold' ? 'policy-daytime' : 'policy-members');
  }
}

function spoil({ at, what }: { readonly at: number; readonly what: Fault }): void {
  let seen = 0;
  site.unifi.around(async (_request, act) => {
    seen += 1;
    if (seen !== at) return act();
    switch (what) {
      case 'reset':
        return new Response('', { status: 504 });
      case 'lost answer':
        await act();
        return new Response('{"code":"SUCC', { status: 200 });
      case 'system error':
        return Response.json({ code: 'CODE_SYSTEM_ERROR', msg: 'Server system error.', data: null });
      case 'refused':
        return Response.json({ code: 'CODE_PARAMS_INVALID', msg: 'no', data: null });
      case 'web page':
        return new Response('<html>login</html>', { status: 200, headers: { 'content-type': 'text/html' } });
    }
  });
}

describe('laws of members', () => {
  it('whatever clerks write and whichever request goes wrong, nobody keeps access that no rule grants, and the next reconcile puts all right', async () => {
    const started = performance.now();
    await fc.assert(
      fc.asyncProperty(chapters, fc.array(faults, { minLength: 3, maxLength: 3 }), async (history, spoiled) => {
        // A slow machine tries fewer of them.
        if (performance.now() - started > timeLimit) return;
        site.unifi.around(null);
        await site.site.unifi.sim('/seed', membersUnifi({ users: [...(membersUnifi()['users'] as readonly unknown[]), staff, old, cleaner], cards: foreignCards }));
        // Seeded anew it is another controller than that of the history before: a person has taken it over.
        await site.site.composition.deps.ledger.update((inventory) => ({ ...inventory, activeUsers: null }));
        let register: Register = { 1: { card: '101', type: 'Gold' } };
        for (const [index, chapter] of history.entries()) {
          for (const [contact, entry] of chapter) register = { ...register, [contact]: entry };
          // Somebody always has access: a database without any is no history but an accident.
          register = { ...register, 9: { card: '199', type: 'Gold' } };
          await site.register(register);
          const fault = spoiled[index];
          if (fault !== undefined) spoil(fault);
          const failed = (await site.run()).length > 0;
          site.unifi.around(null);
          check(failed ? null : register);
          expect(await site.run()).toEqual([]);
          check(register);
          expectReached(register);
          await site.expectQuiet();
        }
      }),
      { numRuns: 40 },
    );
  });
});
