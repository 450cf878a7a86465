import { isoInstant } from '../../runtime/instant.js';
import { lockHolder } from '../../runtime/lock.js';
import type { PlanePlanView } from '../../status/view.js';
import { personOf } from '../after-writing.js';
import { requireConfiguration } from '../configuration.js';
import { poke } from '../daemon.js';
import { CommandError, UsageError, exit } from '../exit.js';
import { leaveOrder } from '../leave-order.js';
import type { Session } from '../session.js';
import { readView } from '../view.js';

/** Releases exactly the held operations of one plan, for an hour and once each: exit 0, or 1 when there is no such plan. */
export async function approveCommand(session: Session, what: string, config: string | undefined): Promise<number> {
  const { terminal } = session;
  const hash = planHash(what);
  const configuration = requireConfiguration(session, config);
  const { view } = await readView(session, { configuration, now: undefined, failure: exit.failed });
  const plan = view.diff.planes.find((each) => each.hash === hash);
  const ops = (plan?.changes ?? []).flatMap(({ op, held }) => (held === false || op === undefined ? [] : [op]));
  if (plan === undefined || ops.length === 0) throw new CommandError(exit.failed, `plan/${hash} is not held${present(view.diff.planes)}`);

  const { stateDir, runtimeDir } = configuration;
  const approval = { version: 1, hash, ops, by: personOf(session), at: isoInstant(session.clock.now()) };
  await leaveOrder(stateDir, `${hash}.json`, `${JSON.stringify(approval, null, 2)}\n`);
  const released = `plan/${hash} approved: ${ops.length} ${ops.length === 1 ? 'change' : 'changes'}`;
  if (lockHolder(runtimeDir) === null) {
    terminal.out(`${released}; no daemon runs, a \`sexton run --once\` within the hour makes them\n`);
    return exit.ok;
  }
  await poke(runtimeDir, [plan.plane]);
  terminal.out(`${released}; the daemon makes them now\n`);
  return exit.ok;
}

function planHash(what: string): string {
  const [, hash] = /^plan\/(.*)$/i.exec(what) ?? [];
  if (hash === undefined) throw new UsageError('approving one contact is not there yet; it comes with a later version. Now: `sexton approve plan/HASH`');
  const canonical = hash.toLowerCase();
  if (!/^[0-9a-f]{12}$/.test(canonical)) throw new UsageError(`plan/${hash}: a hash is 12 hexadecimal digits; \`sexton diff\` and \`sexton status\` show it`);
  return canonical;
}

function present(planes: readonly PlanePlanView[]): string {
  const held = planes.flatMap(({ hash }) => (hash === null ? [] : [`plan/${hash}`]));
  return held.length === 0 ? '; no plan is' : `; the one that waits now is ${held.join(' and ')}: look at it with \`sexton diff\` before you approve it`;
}
