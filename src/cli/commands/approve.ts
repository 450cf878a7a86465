import { planHash } from '../../plan/plan-hash.js';
import { isoInstant } from '../../runtime/instant.js';
import { lockHolder } from '../../runtime/lock.js';
import type { ChangeView, PlanePlanView, View } from '../../status/view.js';
import { personOf } from '../after-writing.js';
import { requireConfiguration } from '../configuration.js';
import { poke } from '../daemon.js';
import { CommandError, UsageError, exit } from '../exit.js';
import { reasonText } from '../generated-files/generated-text.js';
import { leaveOrder } from '../leave-order.js';
import type { Session } from '../session.js';
import { contactId } from '../targets.js';
import { readView } from '../view.js';

export interface ApproveOptions {
  readonly config?: string;
  readonly reason?: string;
}

/** What an approval file lists. */
interface Release {
  /** Of the operations: names the file. */
  readonly hash: string;
  readonly plane: PlanePlanView['plane'];
  readonly ops: readonly string[];
}

/** Releases the held operations of one plan, or of one contact, for an hour and once each: exit 0, or 1 when none is held. */
export async function approveCommand(session: Session, what: string, options: ApproveOptions): Promise<number> {
  const { terminal } = session;
  const find = releaseOf(what);
  const configuration = requireConfiguration(session, options.config);
  const { view } = await readView(session, { configuration, now: undefined, failure: exit.failed });
  const { hash, plane, ops } = find(view);

  const { stateDir, runtimeDir } = configuration;
  const reason = reasonText(options.reason);
  const approval = { version: 1, hash, ops, by: personOf(session), at: isoInstant(session.clock.now()), ...(reason === undefined ? {} : { reason }) };
  await leaveOrder(stateDir, `${hash}.json`, `${JSON.stringify(approval, null, 2)}\n`);
  const released = `${what.toLowerCase()} approved: ${ops.length} ${ops.length === 1 ? 'change' : 'changes'}`;
  if (lockHolder(runtimeDir) === null) {
    terminal.out(`${released}; no daemon runs, a \`sexton run --once\` within the hour makes them\n`);
    return exit.ok;
  }
  await poke(runtimeDir, [plane]);
  terminal.out(`${released}; the daemon makes them now\n`);
  return exit.ok;
}

/** @throws UsageError when `what` names neither a plan nor a contact; the rest, when it is not held, a CommandError */
function releaseOf(what: string): (view: View) => Release {
  const [, kind = '', name = ''] = /^([^/]*)\/(.*)$/.exec(what) ?? [];
  if (kind.toLowerCase() === 'plan') {
    const hash = name.toLowerCase();
    if (!/^[0-9a-f]{12}$/.test(hash)) throw new UsageError(`plan/${name}: a hash is 12 hexadecimal digits; \`sexton diff\` and \`sexton status\` show it`);
    return ({ diff }) => planRelease(diff.planes, hash);
  }
  const contact = contactId(name);
  return ({ diff }) => contactRelease(diff.planes, contact);
}

function planRelease(planes: readonly PlanePlanView[], hash: string): Release {
  const plan = planes.find((each) => each.hash === hash);
  const ops = operations(plan?.changes ?? []);
  if (plan === undefined || ops.length === 0) throw new CommandError(exit.failed, `plan/${hash} is not held${present(planes)}`);
  return { hash, plane: plan.plane, ops };
}

function contactRelease(planes: readonly PlanePlanView[], contact: number): Release {
  const changes = planes.flatMap(({ plane, changes: all }) => (plane === 'members' ? all.filter((change) => change.contact === contact) : []));
  const ops = operations(changes);
  if (ops.length === 0) throw new CommandError(exit.failed, `${whyNothing(contact, changes)}${planes.some(({ hash }) => hash !== null) ? present(planes) : ''}`);
  return { hash: planHash(ops), plane: 'members', ops };
}

function whyNothing(contact: number, changes: readonly ChangeView[]): string {
  const held = changes.flatMap(({ verb, held: why }) => (why === false ? [] : [`${verb}: ${why}`]));
  if (held.length > 0) return `no approval releases what is held for contact/${contact}: ${held.join('; ')}`;
  if (changes.length > 0) return `nothing is held for contact/${contact}: what is planned is made without an approval`;
  return `nothing is held for contact/${contact}; \`sexton describe member/${contact}\` says how things stand`;
}

/** Only what waits for a person carries its operation. */
function operations(changes: readonly ChangeView[]): string[] {
  return changes.flatMap(({ op, held }) => (held === false || op === undefined ? [] : [op]));
}

function present(planes: readonly PlanePlanView[]): string {
  const held = planes.flatMap(({ hash }) => (hash === null ? [] : [`plan/${hash}`]));
  return held.length === 0 ? '; no plan is' : `; the one that waits now is ${held.join(' and ')}: look at it with \`sexton diff\` before you approve it`;
}
