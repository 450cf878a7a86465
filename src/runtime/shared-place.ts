import { constants } from 'node:fs';
import { chmod, chown, mkdir, open, stat } from 'node:fs/promises';
import { actingUsers, type ActingUsers } from './acting-group.js';

export interface SharedDirectory {
  readonly path: string;
  /** Where the group exists, with the setgid bit: what is made in it belongs to the group. Without it, `alone` counts. */
  readonly mode: number;
  readonly alone: number;
  /** Whose it is when root makes it. */
  readonly owner: { readonly uid: number; readonly gid: number };
}

/**
 * A directory that members of the acting group write to. Made where it is missing; put right where it is ours and
 * differs. Writes nothing else.
 * @throws the file system's error
 */
export async function shareDirectory({ path, mode, alone, owner }: SharedDirectory, users: () => Promise<ActingUsers> = actingUsers): Promise<void> {
  const { gid } = await users();
  const group = gid !== null && mayGive(gid) ? gid : null;
  const made = await mkdir(path, { recursive: true, mode: alone & 0o777 });
  const found = await stat(path);
  const own = process.geteuid?.() ?? found.uid;
  if (own !== 0 && found.uid !== own) return;
  const { uid, gid: rest } = own === 0 && made !== undefined ? owner : found;
  if (found.uid !== uid || found.gid !== (group ?? rest)) await chown(path, uid, group ?? rest);
  // Last: giving a directory away takes the setgid bit off.
  const wanted = group === null ? alone : mode;
  if ((group !== null || made !== undefined) && (found.mode & 0o7777) !== wanted) await chmod(path, wanted);
}

/**
 * Makes the poke file writable for the acting group, which may not write to its directory: there the lock stands too.
 * Without the group there is nothing to do.
 * @throws the file system's error
 */
export async function sharePoke(path: string, users: () => Promise<ActingUsers> = actingUsers): Promise<void> {
  const { gid } = await users();
  if (gid === null || !mayGive(gid)) return;
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o660);
  try {
    const found = await file.stat();
    const own = process.geteuid?.() ?? found.uid;
    if (!found.isFile() || (own !== 0 && found.uid !== own)) return;
    if (found.gid !== gid) await file.chown(found.uid, gid);
    if ((found.mode & 0o777) !== 0o660) await file.chmod(0o660);
  } finally {
    await file.close();
  }
}

function mayGive(gid: number): boolean {
  return process.geteuid?.() === 0 || process.getegid?.() === gid || process.getgroups?.().includes(gid) === true;
}
