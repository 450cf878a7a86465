import type { SpecOf } from '../../api/resource.js';
import { operationHash, planHash, type Operation } from '../plan-hash.js';
import type { CardTarget, MemberChange, MemberVerb, OwnCard } from './changes.js';
import type { MembersPlan } from './plan-members.js';

export interface GuardedChange {
  readonly change: MemberChange;
  readonly operation: string;
  /** Why it waits; null: it may go. */
  readonly held: string | null;
}

export interface GuardedPlan {
  readonly changes: readonly GuardedChange[];
  /** Names the operations that an approval would release; null when nothing waits for one. */
  readonly hash: string | null;
  /** Verbs that a brake stopped, with a sentence each. */
  readonly braked: readonly { readonly verb: MemberVerb; readonly reason: string }[];
}

export interface GuardInputs {
  readonly guards: SpecOf<'TierMapping'>['guards'];
  /** Installation key of the operation hashes. */
  readonly key: string;
  /** Operations that a person has released. */
  readonly approved: ReadonlySet<string>;
}

/** A mass change stops and waits for a person, verb by verb; a braked verb holds only its own changes. */
export function guardMembers(plan: MembersPlan, { guards, key, approved }: GuardInputs): GuardedPlan {
  const hashed = plan.changes.map((change) => ({ change, operation: operationHash(key, operationOf(change)) }));
  const open = hashed.filter(({ operation }) => !approved.has(operation));
  const braked = new Map<MemberVerb, string>();
  for (const verb of ['add', 'deactivate', 'rename', 'policy', 'card'] as const) {
    const count = open.filter(({ change }) => change.verb === verb && !isBlock(change)).length;
    const reason = count === 0 ? null : whyBraked(verb, count, plan, guards);
    if (reason !== null) braked.set(verb, reason);
  }
  const judged = hashed.map(({ change, operation }) => ({
    change,
    operation,
    held: approved.has(operation) ? null : (plan.mustWait.get(change) ?? (isBlock(change) ? null : (braked.get(change.verb) ?? null))),
  }));
  const waiting = judged.filter(({ held }) => held !== null);
  return {
    changes: withoutHeldCards(judged),
    hash: waiting.length === 0 ? null : planHash(waiting.map(({ operation }) => operation)),
    braked: reasonsOf(waiting),
  };
}

/** Each verb with each of its reasons once. */
function reasonsOf(waiting: readonly GuardedChange[]): GuardedPlan['braked'] {
  const reasons = new Map(waiting.map(({ change: { verb }, held }) => [`${verb} ${held ?? ''}`, { verb, reason: held ?? '' }]));
  return [...reasons.values()];
}

/** A person has named this contact in `blocked`: that is the approval. */
function isBlock(change: MemberChange): boolean {
  return change.verb === 'deactivate' && change.because === 'blocked';
}

function whyBraked(verb: MemberVerb, count: number, plan: MembersPlan, guards: GuardInputs['guards']): string | null {
  if (verb === 'add' && plan.bootstrap) {
    return guards.bootstrap === 'Allow' ? null : `first provisioning of ${count} members (guards.bootstrap: Ask)`;
  }
  if (verb === 'deactivate' && plan.nobodyHasAccess) return `nobody in the membership database has access; ${count} would be deactivated`;
  const limit = limitOf(verb, guards);
  const percent = Number.parseInt(limit.value, 10);
  if (count < guards.minimum || count * 100 <= percent * plan.activeCount) return null;
  return `${count} of ${plan.activeCount} active users in one cycle is more than ${limit.name}: ${limit.value}`;
}

function limitOf(verb: MemberVerb, guards: GuardInputs['guards']): { readonly name: string; readonly value: string } {
  switch (verb) {
    case 'add':
      return { name: 'guards.maxAdd', value: guards.maxAdd };
    case 'deactivate':
      return { name: 'guards.maxDeactivate', value: guards.maxDeactivate };
    case 'rename':
      return { name: 'guards.maxRename', value: guards.maxRename };
    case 'policy':
      return { name: 'guards.maxPolicyChange', value: guards.maxPolicyChange };
    case 'card':
      return { name: 'guards.maxCardChange', value: guards.maxCardChange };
  }
}

/** A card whose holder would give it up in a held change cannot be bound yet: that part waits with it, the rest goes. */
function withoutHeldCards(changes: readonly GuardedChange[]): GuardedChange[] {
  let current = [...changes];
  for (;;) {
    // Cards that stay where they are: of changes that wait, and of those that lost their card part below.
    const stuck = new Set(
      changes.flatMap((first, index) => (current[index] === first && first.held === null ? [] : releasedTokens(first.change))),
    );
    const next = current.map((each): GuardedChange => {
      const { change, held } = each;
      if (held !== null || !('card' in change) || change.card?.token == null || !stuck.has(change.card.token)) return each;
      if (change.verb === 'add') return { ...each, change: { ...change, card: null, release: [] } };
      return { ...each, held: 'the present holder of the card gives it up in a change that waits for approval' };
    });
    if (next.every((each, index) => each === current[index])) return next;
    current = next;
  }
}

function releasedTokens(change: MemberChange): string[] {
  return 'release' in change ? change.release.map(({ token }) => token) : [];
}

function operationOf(change: MemberChange): Operation {
  const { verb, contact, userId } = change;
  switch (change.verb) {
    case 'add':
      return { verb, contact, ids: [userId], before: null, after: [change.name, change.employeeNumber, change.policies, cardOf(change.card)] };
    case 'deactivate':
      return { verb, contact, ids: [userId], before: numbersOf(change.release), after: null };
    case 'rename':
      return { verb, contact, ids: [userId], before: change.before, after: change.name };
    case 'policy':
      return { verb, contact, ids: [userId], before: change.before, after: change.policies };
    case 'card':
      return { verb, contact, ids: [userId], before: numbersOf(change.release), after: cardOf(change.card) };
  }
}

/** Sorted: UniFi lists a user's cards in any order. */
function numbersOf(cards: readonly OwnCard[]): number[] {
  return cards.map(({ number }) => number).sort((a, b) => a - b);
}

function cardOf(card: CardTarget | null): number | null {
  return card?.number ?? null;
}
