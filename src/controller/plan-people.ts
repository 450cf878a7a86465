import type { Resource } from '../api/resource.js';
import type { AccessRules } from '../desired/members/access.js';
import { people, type DesiredPerson } from '../desired/members/people.js';
import { lateStatuses, type LateStatuses } from '../desired/members/status-job.js';
import { absences, type Absence, type RememberedAbsence } from '../desired/members/vanished.js';
import type { Instant, Member } from '../desired/model.js';
import { spentOf } from '../plan/members/budget.js';
import { withoutRefusedEmails } from '../plan/members/emails.js';
import type { GuardedPlan } from '../plan/members/guarded-plan.js';
import { guardMembers, isBlock } from '../plan/members/guards.js';
import { judgeTemplate } from '../plan/members/number-template.js';
import type { ObservedPeople } from '../plan/members/observed.js';
import { planMembers, type MembersPlan } from '../plan/members/plan-members.js';
import type { UnnamedPolicy } from '../plan/members/policies.js';
import { errorCode } from '../runtime/errors.js';
import { isoInstant } from '../runtime/instant.js';
import type { Snapshot } from '../sources/source.js';
import { alwaysOpenToEveryone, leftOverPolicies, lookCloser } from './closer-look.js';
import type { PlaneDeps } from './plane.js';

export interface PlannedPeople {
  readonly spec: Resource<'TierMapping'>['spec'];
  readonly people: readonly DesiredPerson[];
  readonly plan: MembersPlan;
  readonly guarded: GuardedPlan;
  /** Why nothing but blocks is carried out; null: everything may go. */
  readonly suspended: string | null;
  readonly late: LateStatuses | null;
  /** Policies that rules of a lost inventory may have given. */
  readonly leftOver: readonly UnnamedPolicy[];
  /** Id of a policy that lets everybody in at all times. */
  readonly openToEveryone: string | null;
  /** What must not be forgotten if the process dies between two writes. */
  readonly memory: PeopleMemory;
}

interface PeopleMemory {
  readonly numberTemplates: readonly string[];
  /** Null: nothing was learned. */
  readonly vanished: ReadonlyMap<number, RememberedAbsence> | null;
  readonly readAt: Instant | null;
}

export interface Planning {
  readonly spec: Resource<'TierMapping'>['spec'];
  /** Null: the membership database was never read; a block needs no reading. */
  readonly snapshot: Snapshot<Member> | null;
  readonly suspended: string | null;
  readonly now: Instant;
}

/** Judges everybody, looks at UniFi and plans the difference. @throws when UniFi cannot be read */
export async function planPeople(planning: Planning, deps: PlaneDeps): Promise<PlannedPeople> {
  const { snapshot } = planning;
  const [users, cards, policies] = await Promise.all([deps.unifi.listUsers(), deps.unifi.listCards(), deps.unifi.listPolicies()]);
  const observed: ObservedPeople = { users, cards, policies };
  const inventory = deps.ledger.current();
  const template = judgeTemplate({ declared: planning.spec.identity, remembered: inventory.numberTemplates, users });
  const spec = { ...planning.spec, identity: { ...planning.spec.identity, employeeNumber: template.inForce } };
  const suspended = planning.suspended ?? template.suspended;
  const items = snapshot?.items ?? [];
  const judge = (members: readonly Member[], vanished: ReadonlyMap<number, Absence>, look = observed): Judged => judgeAndPlan(members, vanished, { ...planning, spec }, look, deps);

  const first = judge(items, new Map());
  const missing = snapshot?.complete === true ? first.plan.unjudged : [];
  // Absence is no evidence: who is missing is asked for by id, deleted contacts and those without a card too.
  const answered = await askFor(missing, deps);
  const listed = new Set(items.map(({ contact }) => contact));
  const found = (answered ?? []).filter(({ contact }) => !listed.has(contact));
  const gone =
    answered === null || snapshot === null
      ? null
      : absences(missing, new Set(found.map(({ contact }) => contact)), rememberedAbsences(deps), snapshot.readAt);
  const asListed = found.length === 0 && (gone === null || gone.size === 0) ? first : judge([...items, ...found], gone ?? new Map());
  const { unclear } = asListed.plan;
  const judged = unclear.length === 0 ? asListed : judge([...items, ...found], gone ?? new Map(), { ...observed, closer: await lookCloser(unclear, users, deps) });
  const plan = snapshot === null ? { ...judged.plan, unjudged: [] } : judged.plan;
  const spent = spentOf(deps.budget.current(), spec.guards, planning.now);
  const guarded = guardMembers(plan, { guards: spec.guards, key: deps.installationKey, approved: await deps.approvals.open(), spent });
  return {
    spec,
    people: judged.people,
    plan,
    guarded: suspended === null && snapshot !== null ? guarded : onlyBlocks(guarded, suspended ?? 'CiviCRM has not been read yet'),
    suspended,
    late: snapshot === null ? null : lateStatuses(items, accessRules({ ...planning, spec }, deps), snapshot.readAt),
    leftOver: await leftOverPolicies(plan.unnamed, deps),
    openToEveryone: await alwaysOpenToEveryone(observed, deps),
    memory: { numberTemplates: template.remember, vanished: gone, readAt: snapshot?.readAt ?? null },
  };
}

/** Before the first write. A quarantine, an absence or a policy of ours that is forgotten would begin anew, or stay for ever. */
export async function rememberPeople({ people: judged, plan, leftOver, memory }: PlannedPeople, { ledger }: PlaneDeps): Promise<void> {
  const { readAt, numberTemplates, vanished } = memory;
  if (readAt === null) return;
  await ledger.update((inventory) => {
    const silent = new Set([...plan.unjudged, ...(vanished ?? new Map<number, unknown>()).keys()]);
    // Who does not answer just now comes back to the quarantine as it was.
    const kept = Object.entries(inventory.unknownTypeSince).filter(([contact]) => silent.has(Number(contact)));
    const since = judged.flatMap((person) => {
      // Also once it has run out: forgotten, the next round would start the quarantine again.
      if (!('unknownType' in person) || !person.unknownType) return [];
      return [[String(person.contact), inventory.unknownTypeSince[String(person.contact)] ?? isoInstant(readAt)] as const];
    });
    const absent = [...(vanished ?? [])].map(([contact, { since: first, held }]) => [String(contact), { since: isoInstant(first), held }] as const);
    return {
      ...inventory,
      managedPolicies: [...plan.policies.managed].sort(),
      unnamedPolicies: leftOver.map(({ id }) => id),
      unknownTypeSince: Object.fromEntries([...kept, ...since]),
      vanished: vanished === null ? inventory.vanished : Object.fromEntries(absent),
      numberTemplates,
    };
  });
}

interface Judged {
  readonly people: readonly DesiredPerson[];
  readonly plan: MembersPlan;
}

function judgeAndPlan(members: readonly Member[], vanished: ReadonlyMap<number, Absence>, planning: Planning, observed: ObservedPeople, deps: PlaneDeps): Judged {
  const { spec, snapshot, now } = planning;
  const inventory = deps.ledger.current();
  const everybody = people({
    spec,
    members,
    activeStatuses: deps.activeStatuses,
    local: deps.local,
    readAt: snapshot?.readAt ?? now,
    now,
    vanished,
    unknownSince: new Map(Object.entries(inventory.unknownTypeSince).map(([contact, at]) => [Number(contact), Date.parse(at)])),
  });
  const judged = withoutRefusedEmails(everybody, inventory.refusedEmails, deps.installationKey);
  return { people: judged, plan: planMembers(judged, observed, spec, inventory.managedPolicies) };
}

function accessRules({ spec }: Planning, { activeStatuses, local }: PlaneDeps): AccessRules {
  return { rules: spec.rules, graceDays: spec.graceDays, activeStatuses, local };
}

/** Null: nobody could be asked, which is no evidence either; whoever is missing stays as they are. */
async function askFor(contacts: readonly number[], deps: PlaneDeps): Promise<readonly Member[] | null> {
  if (contacts.length === 0) return [];
  if (deps.contacts === null) return null;
  try {
    return await deps.contacts(contacts);
  } catch (error) {
    deps.log.warn('missing contacts could not be asked for', { contacts: contacts.length, code: errorCode(error) });
    return null;
  }
}

function rememberedAbsences({ ledger }: PlaneDeps): ReadonlyMap<number, RememberedAbsence> {
  return new Map(
    Object.entries(ledger.current().vanished).map(([contact, { since, held }]) => [Number(contact), { since: Date.parse(since), held }] as const),
  );
}

/** A person has named these contacts: neither a suspension nor a database that is down keeps them in. */
function onlyBlocks(guarded: GuardedPlan, held: string): GuardedPlan {
  return { ...guarded, changes: guarded.changes.map((each) => (isBlock(each.change) ? each : { ...each, held, approvable: false })), hash: null, braked: [] };
}
