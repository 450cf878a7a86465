import PQueue from 'p-queue';
import { cardOfAlias } from '../../desired/members/card.js';
import type { Identity } from '../../desired/members/identity.js';
import { isOut, type DesiredPerson } from '../../desired/members/people.js';
import type { AddChange, DeactivateChange, MemberChange } from '../../plan/members/changes.js';
import type { Clock } from '../../runtime/clock.js';
import { errorCode } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/log.js';
import type { AccessController } from '../../unifi/access-controller.js';
import type { Applied } from '../outcome.js';
import type { BindDeps } from './bind-card.js';
import { cardRounds } from './card-rounds.js';
import { Failures } from './failures.js';
import { freshUsers } from './fresh-users.js';
import { activate, createOrRename, rename, setPolicies, writeEmail } from './user-writes.js';

export interface ApplyMembers {
  readonly unifi: AccessController;
  readonly clock: Clock;
  readonly log: Logger;
  readonly ids: Identity;
  /** How an earlier program numbered its users; null where nobody is to be taken over. */
  readonly adoptable: Identity | null;
  readonly aliasPrefix: string;
  readonly people: readonly DesiredPerson[];
  /** Policy ids that are ours to give and take; all others of a user are preserved. */
  readonly managed: ReadonlySet<string>;
  /** Remembers an address that UniFi will not take, so that it is no difference any more. */
  readonly refuseEmail: (contact: number, email: string) => Promise<void>;
  /** Ends the run between two writes: a stop was asked for, or the plan is too old. @throws */
  readonly checkpoint: () => void;
}

/** Steps under way at once; the port sends fewer. A write that waits for its turn is judged by `checkpoint` as it leaves. */
const atOnce = 32;

/** Stage by stage, leavers first; one member's failure stops that member's later steps only. Released changes only. */
export async function applyMembers(changes: readonly MemberChange[], deps: ApplyMembers): Promise<Applied<MemberChange>[]> {
  const unifi = deps.unifi.checked(deps.checkpoint);
  const failed = new Failures();
  const turns = new PQueue({ concurrency: atOnce });
  const inTurn = <Result>(step: () => Promise<Result>): Promise<Result> => turns.add(step);
  const attempt = async (change: MemberChange, step: () => Promise<void>): Promise<void> => {
    if (failed.stops(change)) return;
    try {
      deps.checkpoint();
      await step();
    } catch (error) {
      failed.record(change, error);
    }
  };
  const each = async <Change extends MemberChange>(part: readonly Change[], step: (change: Change) => Promise<void>): Promise<void> => {
    await Promise.all(part.map((change) => inTurn(() => attempt(change, () => step(change)))));
  };

  // (1) Leavers, one by one; nothing delays this.
  for (const change of changes.filter((each) => each.verb === 'deactivate')) await attempt(change, () => cut(change, unifi, deps.log));

  // (2) Create and rename.
  const adds = changes.filter((change) => change.verb === 'add');
  const created = new Map<MemberChange, string>();
  const users = freshUsers(unifi, deps.clock);
  await each(adds, async (change) => {
    created.set(change, await createOrRename(change, unifi, users));
  });
  await each(changes.filter((change) => change.verb === 'rename'), (change) => rename(change, unifi, deps.refuseEmail));

  // (3) Card moves.
  const cards = cardRounds(changes.filter((change) => change.verb === 'add' || change.verb === 'card'), {
    ...bindDeps(deps, unifi),
    aliasPrefix: deps.aliasPrefix,
    userOf: (change) => (failed.stops(change) ? undefined : (change.userId ?? created.get(change))),
    fail: (change, error) => {
      failed.record(change, error);
    },
    inTurn,
  });
  await cards.first();

  // (4) Policies.
  await each(changes.filter((change) => change.verb === 'policy'), (change) => setPolicies({ id: change.userId, created: false }, change, unifi, deps.managed));
  await each(adds, (change) => setPolicies({ id: created.get(change) ?? '', created: change.userId === null }, change, unifi, deps.managed));

  // (5) Activate those who return, then do what a deactivated user could not take.
  const returners = adds.filter((change): change is AddChange & { readonly userId: string } => change.userId !== null);
  await each(returners, (change) => activate(change.userId, change, unifi));
  await cards.second();

  // (6) E-mails of those who were added: no door waits for one.
  await each(adds.filter(({ email }) => email !== null), (change) => writeEmail(created.get(change) ?? '', change, unifi, deps.refuseEmail));
  return changes.map((change) => ({ change, error: failed.of(change) }));
}

async function cut(change: DeactivateChange, unifi: AccessController, log: Logger): Promise<void> {
  for (const { token } of change.release) {
    try {
      await unifi.releaseCard(change.userId, token);
    } catch (error) {
      // Best effort: a card that will not come off must not keep its holder's access alive.
      log.warn('card not released before deactivation', { contact: change.contact, code: errorCode(error) });
    }
  }
  await unifi.updateUser(change.userId, { status: 'DEACTIVATED' });
}

function bindDeps({ log, ids, adoptable, aliasPrefix, people }: ApplyMembers, unifi: AccessController): BindDeps {
  const keep = new Set(people.filter((person) => !isOut(person)).map(({ contact }) => contact));
  const contactOf: BindDeps['contactOf'] = ({ employeeNumber }) => ids.contactOf(employeeNumber);
  return {
    unifi,
    log,
    contactOf,
    mayLose: (user, card) => {
      const ours = contactOf(user);
      const earlier = ours === null && cardOfAlias(aliasPrefix, card.alias) !== null ? (adoptable?.contactOf(user.employeeNumber) ?? null) : null;
      const contact = ours ?? earlier;
      return contact === null || keep.has(contact) ? null : contact;
    },
  };
}
