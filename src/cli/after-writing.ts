import { userInfo } from 'node:os';
import type { Configuration } from '../runtime/config.js';
import { lockHolder } from '../runtime/lock.js';
import type { Plane } from '../status/view.js';
import { poke } from './daemon.js';
import type { Session } from './session.js';

/** Who gives an order: the person behind sudo, not root. */
export function personOf({ environment }: Session): string {
  const behind = environment['SUDO_USER'];
  if (behind !== undefined && behind !== '') return behind;
  try {
    return userInfo().username;
  } catch {
    // A container's user may have no name.
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

/** Has the daemon look at once, where there is one. Answers who will act on what was written. */
export async function tellDaemon({ runtimeDir }: Configuration, planes: readonly Plane[]): Promise<string> {
  if (lockHolder(runtimeDir) === null) return 'no daemon runs, the next `sexton run` acts on it';
  // It watches the directory anyway; a poke only spares the wait.
  await poke(runtimeDir, planes).catch(() => undefined);
  return 'the daemon acts on it now';
}
