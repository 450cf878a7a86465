import type { Identity } from '../../desired/members/identity.js';
import type { DesiredPerson } from '../../desired/members/people.js';
import type { AddChange, CardTarget, DeactivateChange, MemberChange, RenameChange } from '../../plan/members/changes.js';
import { errorCode } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/log.js';
import type { AccessController } from '../../unifi/access-controller.js';
import { failure, type Applied } from '../outcome.js';
import { alreadyBound, bindCard, type BindDeps } from './bind-card.js';
import { moveCards, type CardMove } from './card-moves.js';
import { importCards } from './import-cards.js';

export interface ApplyMembers {
  readonly unifi: AccessController;
  readonly log: Logger;
  readonly ids: Identity;
  readonly people: readonly DesiredPerson[];
  /** Policy ids that are ours to give and take; all others of a user are preserved. */
  readonly managed: ReadonlySet<string>;
  /** Ends the run between two writes: a stop was asked for, or the plan is too old. @throws */
  readonly checkpoint: () => void;
}

/** Stage by stage, leavers first; one member's failure stops that member's later steps only. Released changes only. */
export async function applyMembers(changes: readonly MemberChange[], deps: ApplyMembers): Promise<Applied<MemberChange>[]> {
  const failed = new Failures();
  const attempt = async (change: MemberChange, step: () => Promise<void>): Promise<void> => {
    if (failed.stops(change)) return;
    try {
      deps.checkpoint();
      await step();
    } catch (error) {
      failed.record(change, error);
    }
  };

  // (1) Leavers, one by one; nothing delays this.
  for (const change of changes.filter(isDeactivate)) await attempt(change, () => cut(change, deps));

  // (2) Create and rename.
  const adds = changes.filter(isAdd);
  const userIds = new Map<MemberChange, string>();
  await Promise.all([
    ...adds.map((change) => attempt(change, async () => void userIds.set(change, await createOrRename(change, deps)))),
    ...changes.filter(isRename).map((change) => attempt(change, () => rename(change, deps))),
  ]);

  // (3) Card moves.
  const late = await bindAll(changes, userIds, failed, deps);

  // (4) Policies.
  await Promise.all(
    changes.flatMap((change) =>
      change.verb === 'policy' || change.verb === 'add'
        ? [attempt(change, () => setPolicies(userIds.get(change) ?? change.userId, change, deps))]
        : [],
    ),
  );

  // (5) Activate those who return, then bind what a deactivated user could not take.
  await Promise.all(
    adds.map((change) =>
      attempt(change, async () => {
        if (change.userId !== null) await deps.unifi.updateUser(change.userId, { status: 'ACTIVE' });
        const target = late.get(change);
        if (target !== undefined && change.userId !== null) await bindCard(change.userId, target, bindDeps(deps));
      }),
    ),
  );
  return changes.map((change) => ({ change, error: failed.of(change) }));
}

/** The first failure of a member is the failure of its later steps too; a deactivation asks only for its own. */
class Failures {
  readonly #byChange = new Map<MemberChange, unknown>();
  readonly #byContact = new Map<number, unknown>();

  record(change: MemberChange, error: unknown): void {
    this.#byChange.set(change, error);
    if (change.verb !== 'deactivate') this.#byContact.set(change.contact, error);
  }

  stops(change: MemberChange): boolean {
    return this.#byChange.has(change) || (change.verb !== 'deactivate' && this.#byContact.has(change.contact));
  }

  of(change: MemberChange): Applied<MemberChange>['error'] {
    if (!this.stops(change)) return null;
    return failure(this.#byChange.get(change) ?? this.#byContact.get(change.contact));
  }
}

async function cut(change: DeactivateChange, { unifi, log, checkpoint }: ApplyMembers): Promise<void> {
  for (const { token } of change.release) {
    try {
      await unifi.releaseCard(change.userId, token);
    } catch (error) {
      // Best effort: a card that will not come off must not keep its holder's access alive.
      log.warn('card not released before deactivation', { contact: change.contact, code: errorCode(error) });
    }
    checkpoint();
  }
  await unifi.updateUser(change.userId, { status: 'DEACTIVATED' });
}

async function createOrRename(change: AddChange, { unifi }: ApplyMembers): Promise<string> {
  const names = { firstName: change.name.first, lastName: change.name.last };
  if (change.userId === null) return (await unifi.createUser({ ...names, employeeNumber: change.employeeNumber })).id;
  if (change.rename) await unifi.updateUser(change.userId, names);
  return change.userId;
}

async function rename({ userId, name }: RenameChange, { unifi }: ApplyMembers): Promise<void> {
  await unifi.updateUser(userId, { firstName: name.first, lastName: name.last });
}

/** Foreign direct policies are preserved: the list is read that moment, and replaced whole. */
async function setPolicies(
  userId: string | null,
  change: { readonly userId: string | null; readonly policies: readonly string[] },
  { unifi, managed }: ApplyMembers,
): Promise<void> {
  if (userId === null) throw new Error('the user was not created');
  const direct = change.userId === null ? [] : await unifi.listDirectPolicies(userId);
  const wanted = [...new Set([...direct.filter((id) => !managed.has(id)), ...change.policies])];
  if (wanted.length === direct.length && wanted.every((id) => direct.includes(id))) return;
  await unifi.setPolicies(userId, wanted);
}

/** Returns the cards that wait until their user is active. */
async function bindAll(
  changes: readonly MemberChange[],
  userIds: ReadonlyMap<MemberChange, string>,
  failed: Failures,
  deps: ApplyMembers,
): Promise<Map<MemberChange, CardTarget & { readonly token: string }>> {
  const late = new Map<MemberChange, CardTarget & { readonly token: string }>();
  const holders = changes.filter((change) => (change.verb === 'card' || change.verb === 'add') && !failed.stops(change));
  const targets = holders.flatMap((change) => ('card' in change && change.card !== null ? [change.card] : []));
  if (holders.length === 0) return late;
  const imported = await importCards(deps.unifi, targets);

  const changeOf = new Map<CardMove, MemberChange>();
  for (const change of holders) {
    if (!('card' in change)) continue;
    const userId = change.userId ?? userIds.get(change);
    if (userId === undefined) continue;
    const token = change.card === null ? null : (change.card.token ?? imported.get(change.card.alias) ?? null);
    if (token instanceof Error) {
      failed.record(change, token);
      continue;
    }
    const target = change.card === null || token === null ? null : { ...change.card, token };
    if (target !== null || change.release.length > 0) changeOf.set({ contact: change.contact, userId, target, release: change.release }, change);
  }
  const bind = bindDeps(deps);
  const results = await moveCards([...changeOf.keys()], {
    bind: async (userId, target) => {
      deps.checkpoint();
      await bindCard(userId, target, bind);
    },
    release: async (userId, token) => {
      deps.checkpoint();
      await deps.unifi.releaseCard(userId, token);
    },
  });
  for (const [move, error] of results) {
    const change = changeOf.get(move);
    if (error === null || change === undefined) continue;
    const returns = change.verb === 'add' && change.userId !== null;
    const refused = errorCode(error);
    if (returns && move.target !== null && refused !== 'CardHeld' && refused !== alreadyBound) late.set(change, move.target);
    else failed.record(change, error);
  }
  return late;
}

function bindDeps({ unifi, log, ids, people }: ApplyMembers): BindDeps {
  const keep = new Set(people.filter(({ outcome }) => outcome === 'Access' || outcome === 'Quarantined').map(({ contact }) => contact));
  return {
    unifi,
    log,
    contactWithoutAccess: (employeeNumber) => {
      const contact = ids.contactOf(employeeNumber);
      return contact === null || keep.has(contact) ? null : contact;
    },
  };
}

function isDeactivate(change: MemberChange): change is DeactivateChange {
  return change.verb === 'deactivate';
}

function isAdd(change: MemberChange): change is AddChange {
  return change.verb === 'add';
}

function isRename(change: MemberChange): change is RenameChange {
  return change.verb === 'rename';
}
