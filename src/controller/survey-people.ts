import type { Resource } from '../api/resource.js';
import { people, type DesiredPerson } from '../desired/members/people.js';
import { absences, type Absence, type RememberedAbsence } from '../desired/members/vanished.js';
import type { Instant, Member } from '../desired/model.js';
import { spentOf } from '../plan/members/budget.js';
import { withoutRefusedEmails } from '../plan/members/emails.js';
import type { GuardedPlan } from '../plan/members/guarded-plan.js';
import { guardMembers, isBlock } from '../plan/members/guards.js';
import { judgeTemplate } from '../plan/members/number-template.js';
import type { ObservedPeople } from '../plan/members/observed.js';
import { planMembers, type MembersPlan } from '../plan/members/plan-members.js';
import { errorCode } from '../runtime/errors.js';
import type { Snapshot } from '../sources/source.js';
import type { PlaneDeps } from './plane.js';

/** What the declarations and the membership database say. */
export interface MemberFacts {
  readonly spec: Resource<'TierMapping'>['spec'];
  /** Null: the membership database was never read; a block needs no reading. */
  readonly snapshot: Snapshot<Member> | null;
  readonly suspended: string | null;
  readonly now: Instant;
}

interface Judged {
  readonly people: readonly DesiredPerson[];
  readonly plan: MembersPlan;
}

/** Everybody judged by the facts and by UniFi's lists: who leaves is certain from here on. */
export interface Survey extends Judged {
  readonly facts: MemberFacts;
  /** As in the facts, with the template for employee numbers that is in force. */
  readonly spec: MemberFacts['spec'];
  /** Why nothing but blocks is carried out; null: everything may go. */
  readonly suspended: string | null;
  readonly observed: ObservedPeople;
  /** What must not be forgotten if the process dies between two writes. */
  readonly memory: PeopleMemory;
  /** The same judged once more, with what single users were found to hold. */
  readonly judgedWith: (closer: NonNullable<ObservedPeople['closer']>) => Judged;
}

interface PeopleMemory {
  readonly numberTemplates: readonly string[];
  /** Null: nothing was learned. */
  readonly vanished: ReadonlyMap<number, RememberedAbsence> | null;
  readonly readAt: Instant | null;
}

/** Reads UniFi's lists, asks for contacts that are missing and judges everybody. @throws when UniFi cannot be read */
export async function surveyPeople(facts: MemberFacts, deps: PlaneDeps): Promise<Survey> {
  const { snapshot } = facts;
  const [users, cards, policies] = await Promise.all([deps.unifi.listUsers(), deps.unifi.listCards(), deps.unifi.listPolicies()]);
  const observed: ObservedPeople = { users, cards, policies };
  const template = judgeTemplate({ declared: facts.spec.identity, remembered: deps.ledger.current().numberTemplates, users });
  const spec = { ...facts.spec, identity: { ...facts.spec.identity, employeeNumber: template.inForce } };
  const judge = (members: readonly Member[], vanished: ReadonlyMap<number, Absence>, look = observed): Judged => judgeAndPlan({ ...facts, spec }, members, vanished, look, deps);

  const items = snapshot?.items ?? [];
  const first = judge(items, new Map());
  const missing = snapshot?.complete === true ? first.plan.unjudged : [];
  // Absence is no evidence: who is missing is asked for by id, deleted contacts and those without a card too.
  const answered = await askFor(missing, deps);
  const listed = new Set(items.map(({ contact }) => contact));
  const found = (answered ?? []).filter(({ contact }) => !listed.has(contact));
  const gone =
    answered === null || snapshot === null ? null : absences(missing, new Set(found.map(({ contact }) => contact)), rememberedAbsences(deps), snapshot.readAt);
  const members = [...items, ...found];
  const asListed = found.length === 0 && (gone === null || gone.size === 0) ? first : judge(members, gone ?? new Map());
  return {
    ...asListed,
    facts,
    spec,
    suspended: facts.suspended ?? template.suspended,
    observed,
    memory: { numberTemplates: template.remember, vanished: gone, readAt: snapshot?.readAt ?? null },
    judgedWith: (closer) => judge(members, gone ?? new Map(), { ...observed, closer }),
  };
}

/** The brakes over all that this plan would change. Who leaves is in every plan of one survey the same. */
export async function guardPeople(plan: MembersPlan, { facts, spec, suspended }: Survey, deps: PlaneDeps): Promise<GuardedPlan> {
  const spent = spentOf(deps.budget.current(), spec.guards, facts.now);
  const guarded = guardMembers(plan, { guards: spec.guards, key: deps.installationKey, approved: await deps.approvals.open(), spent });
  return suspended === null && facts.snapshot !== null ? guarded : onlyBlocks(guarded, suspended ?? 'CiviCRM has not been read yet');
}

function judgeAndPlan({ spec, snapshot, now }: MemberFacts, members: readonly Member[], vanished: ReadonlyMap<number, Absence>, observed: ObservedPeople, deps: PlaneDeps): Judged {
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
  const plan = planMembers(judged, observed, spec, inventory.managedPolicies);
  return { people: judged, plan: snapshot === null ? { ...plan, unjudged: [] } : plan };
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
