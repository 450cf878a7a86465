import type { SpecOf } from '../../api/resource.js';
import { operationHash, planHash } from '../plan-hash.js';
import type { Spent } from './budget.js';
import type { MemberChange, MemberVerb } from './changes.js';
import type { GuardedChange, GuardedPlan } from './guarded-plan.js';
import { operationOf } from './operations.js';
import type { MembersPlan } from './plan-members.js';

type Guards = SpecOf<'TierMapping'>['guards'];

export interface GuardInputs {
  readonly guards: Guards;
  /** Installation key of the operation hashes. */
  readonly key: string;
  /** Operations that a person has released. */
  readonly approved: ReadonlySet<string>;
  /** What the last 24 h left. */
  readonly spent: Spent;
}

const verbs: readonly MemberVerb[] = ['add', 'deactivate', 'rename', 'policy', 'card'];

/** A change with the verdicts that need no counting. */
interface Judged {
  readonly change: MemberChange;
  readonly operation: string;
  /** The add that it completes. */
  readonly addition: string | null;
  /** Nobody counts or holds it: approved, blocked, or part of what was let through as a whole. */
  readonly free: boolean;
}

/** A mass change stops and waits for a person, verb by verb; a braked verb holds only its own changes. */
export function guardMembers(plan: MembersPlan, inputs: GuardInputs): GuardedPlan {
  const { guards, spent } = inputs;
  const bootstrap = guards.bootstrap === 'Allow' && ((plan.bootstrap && spent.lastActive === 0) || spent.bootstrap);
  const judged = plan.changes.map((change) => judge(change, plan, inputs, bootstrap));
  const braked = new Map(verbs.map((verb) => [verb, whyBraked(verb, judged, plan, inputs)] as const));
  const others = new Set(judged.filter(({ operation }) => inputs.approved.has(operation) && spent.waited(operation)).map(({ change }) => change.verb));
  const left = ({ change: { verb }, operation }: Judged): boolean => spent.waited(operation) && (others.has(verb) || spent.decided(verb));
  const changes = judged.map((each): GuardedChange => {
    const { change, operation, free } = each;
    const reason = free ? null : (braked.get(change.verb) ?? plan.mustWait.get(change) ?? (left(each) ? leftByApproval : null));
    return { change, operation, held: reason, approvable: reason !== null, approved: inputs.approved.has(operation), counts: !free };
  });
  const waiting = changes.filter(({ approvable }) => approvable);
  return {
    changes: withoutHeldCards(changes),
    hash: waiting.length === 0 ? null : planHash(waiting.map(({ operation }) => operation)),
    braked: reasonsOf(waiting),
    operations: judged.flatMap(({ operation, addition }) => (addition === null ? [operation] : [operation, addition])),
    bootstrap,
    provisioning: judged.some(({ change, addition }) => change.verb === 'add' || addition !== null),
    activeCount: plan.activeCount,
  };
}

/** Approving some of a mass change makes the rest of it smaller; it is not released by that. */
const leftByApproval = 'part of a mass change of which only others were approved';

function judge(change: MemberChange, plan: MembersPlan, { key, approved, spent }: GuardInputs, bootstrap: boolean): Judged {
  const operation = operationHash(key, operationOf(change));
  const begun = plan.completes.get(change);
  const addition = begun === undefined ? null : operationHash(key, operationOf(begun));
  const adds = change.verb === 'add' || addition !== null;
  const free =
    approved.has(operation) ||
    isBlock(change) ||
    (bootstrap && adds) ||
    // A process that died between creating a user and giving it its first card and policies goes on from there.
    (addition !== null && (approved.has(addition) || spent.counted(addition)));
  return { change, operation, addition, free };
}

/** A person has named this contact in `blocked`: that is the approval. */
export function isBlock(change: MemberChange): boolean {
  return change.verb === 'deactivate' && change.because === 'blocked';
}

function whyBraked(verb: MemberVerb, judged: readonly Judged[], plan: MembersPlan, { guards, spent }: GuardInputs): string | null {
  const own = judged.filter(({ change, free }) => change.verb === verb && !free);
  if (own.length === 0) return null;
  if (verb === 'add' && plan.bootstrap) return whyNotProvisioned(own.length, spent);
  if (verb === 'deactivate' && plan.nobodyHasAccess) return `nobody in the membership database has access; ${own.length} would be deactivated`;
  // What waits for another reason anyway brakes nobody else.
  const cycle = own.filter(({ change }) => !plan.mustWait.has(change));
  const fresh = cycle.filter(({ operation }) => !spent.counted(operation)).length;
  const sum = (spent.changes[verb] ?? 0) + fresh;
  if (cycle.length === 0 || sum < guards.minimum) return null;
  if (spent.lost) return `${sum} since the counts of the last 24 h were lost reach guards.minimum: ${guards.minimum}`;
  const base = Math.max(plan.activeCount, spent.mostActive);
  const limit = limitOf(verb, guards);
  if (exceeds(cycle.length, limit.value, base)) return `${cycle.length} of ${base} active users in one cycle is more than ${limit.name}: ${limit.value}`;
  if (exceeds(sum, guards.per24h, base)) return `${sum} of ${base} active users within 24 h is more than guards.per24h: ${guards.per24h}`;
  return null;
}

/** Allowed once is not allowed for whatever controller comes to stand under this address. */
function whyNotProvisioned(count: number, { lastActive }: Spent): string {
  if (lastActive === 0) return `first provisioning of ${people(count)} (guards.bootstrap: Ask)`;
  return `UniFi holds nobody of the ${people(lastActive)} whom it held before: another controller, or a reset one? ${people(count)} would be made anew`;
}

function exceeds(count: number, percentage: string, base: number): boolean {
  return count * 100 > Number.parseInt(percentage, 10) * base;
}

function people(count: number): string {
  return count === 1 ? '1 member' : `${count} members`;
}

function limitOf(verb: MemberVerb, guards: Guards): { readonly name: string; readonly value: string } {
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

/** Each verb with each of its reasons once. */
function reasonsOf(waiting: readonly GuardedChange[]): GuardedPlan['braked'] {
  const reasons = new Map(waiting.map(({ change: { verb }, held }) => [`${verb} ${held ?? ''}`, { verb, reason: held ?? '' }]));
  return [...reasons.values()];
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
