import { lockHolder } from '../../runtime/lock.js';
import type { Plane } from '../../status/view.js';
import { requireConfiguration } from '../configuration.js';
import { poke } from '../daemon.js';
import { CommandError, exit } from '../exit.js';
import { poll } from '../poll.js';
import type { Session } from '../session.js';

export interface ReconcileOptions {
  readonly config?: string;
  /** Milliseconds. */
  readonly timeout: number;
}

/** Has the daemon read the sources and reconcile, and waits for a run that began after that: exit 0 when it succeeded, 1 when not or not in time, 2 without a daemon. */
export async function reconcileCommand(session: Session, plane: Plane | undefined, options: ReconcileOptions): Promise<number> {
  const { terminal } = session;
  const { runtimeDir } = requireConfiguration(session, options.config);
  const planes: readonly Plane[] = plane === undefined ? ['doors', 'members'] : [plane];
  const requireDaemon = (): void => {
    if (lockHolder(runtimeDir) === null) throw new CommandError(exit.unable, 'no daemon runs here; `sexton run --once` reconciles without one');
  };
  requireDaemon();
  const given = await poke(runtimeDir, planes, { read: true });
  const result = await poll(session, { timeout: options.timeout, every: 100 }, async () => {
    const finished = await given.answer();
    if (finished === null) requireDaemon();
    return finished;
  });
  if (result === 'interrupted') return exit.interrupted;
  if (result === 'timeout') {
    terminal.note('the daemon has not finished that run in time; it goes on, see `sexton status`');
    return exit.failed;
  }
  const asked = result.filter((each) => planes.includes(each.plane));
  for (const { plane: name, ready, reason, message } of asked) {
    terminal.out(`${name} ${ready ? 'reconciled' : `not reconciled: ${[reason, message].filter((part) => part !== null).join(': ')}`}\n`);
  }
  return asked.length === planes.length && asked.every(({ ready }) => ready) ? exit.ok : exit.failed;
}
