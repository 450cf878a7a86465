import { applyMembers } from '../apply/members/apply-members.js';
import { onRecord } from '../apply/audit/audit.js';
import { failure, type Applied } from '../apply/outcome.js';
import type { Resource } from '../api/resource.js';
import { isSuspended, suspensionEnd } from '../desired/calendar/site.js';
import { identity } from '../desired/members/identity.js';
import { people, type DesiredPerson } from '../desired/members/people.js';
import type { Instant, Member } from '../desired/model.js';
import type { MemberChange } from '../plan/members/changes.js';
import { guardMembers, type GuardedPlan } from '../plan/members/guards.js';
import type { ObservedPeople } from '../plan/members/observed.js';
import { planMembers, type MembersPlan } from '../plan/members/plan-members.js';
import { ConfigurationError, errorCode, TransientError } from '../runtime/errors.js';
import { isoInstant } from '../runtime/instant.js';
import type { Snapshot } from '../sources/source.js';
import { seenVersions, sourceReport, type MembersReport, type MembersResult } from '../status/report.js';
import type { ResourceReading } from '../store/resource-store.js';
import { memberChanges } from './audited-members.js';
import { checkpoint, inForce, untilNext, type PlaneDeps } from './plane.js';
import { notEnforcedYet } from './not-enforced.js';

export interface MembersRun {
  readonly reading: ResourceReading;
  readonly report: MembersReport;
  readonly requeueAfter: number | undefined;
}

type TierMapping = Resource<'TierMapping'>;

/** One round of the members plane. Without a complete snapshot nothing changes. @throws when UniFi cannot be read */
export async function reconcileMembers(deps: PlaneDeps): Promise<MembersRun> {
  const reading = await deps.store.list();
  const now = deps.clock.now();
  const report = (result: MembersResult | null, withheld: string | null, withheldFor: MembersReport['withheldFor'] = null): MembersReport => ({
    plane: 'members',
    at: now,
    seen: seenVersions(reading),
    result,
    withheld,
    withheldFor,
    dryRun: deps.dryRun,
    source: sourceReport('civicrm', deps.members),
  });
  const mapping = inForce(reading).find((each): each is TierMapping => each.kind === 'TierMapping');
  const { membersWithheld } = deps;
  const writes = !deps.dryRun && membersWithheld === null;
  if (writes && reading.suspended === null) await forgetMapping(reading, deps);
  const idle = mapping === undefined ? null : whyIdle(mapping, deps, now);
  const snapshot = deps.members?.state().snapshot ?? null;
  const suspendedUntil = mapping === undefined ? null : suspensionEnd(mapping.spec, deps.local);
  const requeueAfter = untilNext(suspendedUntil === null ? [] : [suspendedUntil], now);
  if (mapping === undefined || idle !== null || snapshot === null) return { reading, report: report(null, idle), requeueAfter };

  const check = checkpoint(deps);
  const first = await plan(mapping, snapshot, deps);
  const skew = deps.clockCheck(deps.unifi.lastDate());
  const withheld = reading.suspended ?? membersWithheld ?? skew;
  const withheldFor = reading.suspended !== null ? 'Suspended' : membersWithheld !== null ? 'NotImplemented' : skew !== null ? 'ClockSkew' : null;
  if (withheld !== null || !writes) return { reading, report: report(resultOf(first, []), withheld, withheldFor), requeueAfter };
  // What cannot be remembered must not be given; a cut needs no memory, and waits for no disk.
  const forgetful = await remember(first, deps).then(() => null, (error: unknown) => ({ error }));
  const released = first.guarded.changes.filter(({ held, change }) => held === null && (forgetful === null || change.verb === 'deactivate'));
  const apply = (): Promise<Applied<MemberChange>[]> => applyMembers(released.map(({ change }) => change), {
    unifi: deps.unifi,
    log: deps.log,
    ids: identity(mapping.spec.identity.employeeNumber),
    people: first.people,
    managed: first.plan.policies.managed,
    checkpoint: check,
  });
  const audited = memberChanges(released, { people: first.people, mapping: mapping.metadata.name, approvals: deps.approvals });
  const applied = await onRecord(deps.audit, audited, apply, (all) => all.map(({ error }) => error));
  const done = applied.filter(({ error }) => error === null).map(({ change }) => change);
  await deps.approvals.use(released.filter(({ change }) => done.includes(change)).map(({ operation }) => operation));
  // Looked at again, so that Programmed means what UniFi holds and not what it was told.
  const last = applied.length === 0 ? first : await plan(mapping, snapshot, deps);
  const result = resultOf(last, applied);
  const failed = applied.find(({ error }) => error !== null)?.error ?? (forgetful === null ? null : failure(forgetful.error));
  if (forgetful !== null && forgetful.error instanceof ConfigurationError) throw forgetful.error;
  if (failed != null) throw new FailedMembersRun({ reading, report: report(result, null), requeueAfter }, failed.message, failed.code);
  return { reading, report: report(result, null), requeueAfter };
}

/** Some change failed; the rest was done. Retried with backoff, and what is known is reported. */
export class FailedMembersRun extends TransientError {
  constructor(
    readonly run: MembersRun,
    message: string,
    code: string,
  ) {
    super(message, { code });
  }
}

interface Planned {
  readonly people: readonly DesiredPerson[];
  readonly plan: MembersPlan;
  readonly guarded: GuardedPlan;
}

async function plan(mapping: TierMapping, snapshot: Snapshot<Member>, deps: PlaneDeps): Promise<Planned> {
  const [users, cards, policies] = await Promise.all([deps.unifi.listUsers(), deps.unifi.listCards(), deps.unifi.listPolicies()]);
  const judge = (members: readonly Member[]): Omit<Planned, 'guarded'> => planFor(mapping, { ...snapshot, items: members }, { users, cards, policies }, deps);
  const first = judge(snapshot.items);
  // Absence is no evidence: who is missing is asked for by id, deleted contacts and those without a card too.
  const answered = await askFor(first.plan.vanished, deps);
  const known = new Set(snapshot.items.map(({ contact }) => contact));
  const found = answered.filter(({ contact }) => !known.has(contact));
  const judged = found.length === 0 ? first : judge([...snapshot.items, ...found]);
  const approved = await deps.approvals.open();
  return { ...judged, guarded: guardMembers(judged.plan, { guards: mapping.spec.guards, key: deps.installationKey, approved }) };
}

/** No answer is no evidence either: whoever cannot be asked for stays as they are. */
async function askFor(contacts: readonly number[], deps: PlaneDeps): Promise<readonly Member[]> {
  if (contacts.length === 0 || deps.contacts === null) return [];
  try {
    return await deps.contacts(contacts);
  } catch (error) {
    deps.log.warn('missing contacts could not be asked for', { contacts: contacts.length, code: errorCode(error) });
    return [];
  }
}

function planFor(mapping: TierMapping, snapshot: Snapshot<Member>, observed: ObservedPeople, deps: PlaneDeps): Omit<Planned, 'guarded'> {
  const inventory = deps.ledger.current();
  const judged = people({
    spec: mapping.spec,
    members: snapshot.items,
    activeStatuses: deps.activeStatuses,
    local: deps.local,
    readAt: snapshot.readAt,
    unknownSince: new Map(Object.entries(inventory.unknownTypeSince).map(([contact, at]) => [Number(contact), Date.parse(at)])),
  });
  return { people: judged, plan: planMembers(judged, observed, mapping.spec, inventory.managedPolicies) };
}

/** Before the first write: what must not be forgotten if the process dies between two of them. */
async function remember({ people: judged, plan: { policies } }: Planned, { ledger, members }: PlaneDeps): Promise<void> {
  const readAt = members?.state().snapshot?.readAt ?? 0;
  await ledger.update((inventory) => {
    const since = judged.flatMap((person) => {
      // Also once it has run out: forgotten, the next round would start the quarantine again.
      if (!('unknownType' in person) || !person.unknownType) return [];
      return [[String(person.contact), inventory.unknownTypeSince[String(person.contact)] ?? isoInstant(readAt)] as const];
    });
    return { ...inventory, managedPolicies: [...policies.managed].sort(), unknownTypeSince: Object.fromEntries(since) };
  });
}

function whyIdle(mapping: TierMapping, { local }: PlaneDeps, now: Instant): string | null {
  if (isSuspended(mapping.spec, now, local)) return mapping.spec.suspendReason ?? 'suspended';
  return notEnforcedYet(mapping.spec);
}

/** Removing the TierMapping deactivates nobody; there is nothing to revoke. */
async function forgetMapping({ absent }: ResourceReading, { store }: PlaneDeps): Promise<void> {
  for (const { kind, name, confirmed } of absent) if (kind === 'TierMapping' && confirmed) await store.forget(kind, name);
}

function resultOf({ people: judged, plan: planned, guarded }: Planned, applied: readonly Applied<MemberChange>[]): MembersResult {
  const done: Record<string, number> = {};
  for (const { change, error } of applied) if (error === null) done[change.verb] = (done[change.verb] ?? 0) + 1;
  const failed = new Map(applied.flatMap(({ change, error }) => (error === null ? [] : [[change.contact, error] as const])));
  return { people: judged, plan: planned, guarded, failed, done };
}
