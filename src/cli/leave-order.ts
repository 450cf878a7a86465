import { randomBytes } from 'node:crypto';
import { chown, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Order } from '../controller/orders.js';
import { actingGroup, actingUsers } from '../runtime/acting-group.js';
import type { Configuration } from '../runtime/config.js';
import { writeDurably } from '../runtime/durable-file.js';
import { ConfigurationError, errorCode } from '../runtime/errors.js';
import { isoInstant } from '../runtime/instant.js';
import { statePaths } from '../runtime/paths.js';
import { shareDirectory } from '../runtime/shared-place.js';
import { personOf } from './after-writing.js';
import type { Session } from './session.js';

/** A file in `approvals/`, owned by whoever runs this: the controller goes by that. @throws ConfigurationError */
export async function leaveOrder(stateDir: string, name: string, content: string): Promise<void> {
  const { approvals } = statePaths(stateDir);
  const path = join(approvals, name);
  try {
    const [owner, { gid }] = await Promise.all([stat(stateDir), actingUsers()]);
    await shareDirectory({ path: approvals, mode: 0o2770, alone: 0o700, owner });
    await writeDurably({ path, content, mode: 0o640 });
    // The daemon must be able to read what root left for it; with the group, it can, and the file stays root's.
    if (process.geteuid?.() === 0) await chown(path, gid === null ? owner.uid : 0, gid ?? owner.gid);
  } catch (error) {
    const code = errorCode(error);
    const remedy = `join the group ${actingGroup} (\`sudo usermod -aG ${actingGroup} USER\`, then log in again), or use sudo`;
    throw new ConfigurationError(`stateDir ${stateDir}: approvals/ cannot be written (${code}): ${remedy}`, { code, cause: error });
  }
}

/** Tells the audit trail, through the controller, what was done by a command that leaves no file of its own. @throws ConfigurationError */
export async function noteOrder(session: Session, { stateDir }: Configuration, order: Pick<Order, 'order' | 'ref' | 'files'> & { readonly reason?: string | undefined }): Promise<void> {
  const now = session.clock.now();
  // Their names sort as they were given.
  const name = `order-${new Date(now).toISOString().replace(/[^0-9TZ]/g, '')}-${randomBytes(4).toString('hex')}.json`;
  await leaveOrder(stateDir, name, `${JSON.stringify({ version: 1, ...order, by: personOf(session), at: isoInstant(now) }, null, 2)}\n`);
}
