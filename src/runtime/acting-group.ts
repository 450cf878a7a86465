import { readFile } from 'node:fs/promises';

/** Members of this group may give orders: approve plans, decide about events, open, lock. */
export const actingGroup = 'sexton';

/** Where users and groups are listed, in the formats of passwd(5) and group(5). Users of a directory service are not there. */
export interface UserDatabase {
  readonly passwd: string;
  readonly group: string;
}

export const systemUsers: UserDatabase = { passwd: '/etc/passwd', group: '/etc/group' };

/** Whose files count as orders. */
export interface ActingUsers {
  /** Null: this system has no such group. */
  readonly gid: number | null;
  allows(uid: number): boolean;
  /** `alice`; `uid 1003` for one without a name. */
  nameOf(uid: number): string;
}

/**
 * Root, the user that this process runs as, and the members of the group. Without the group nobody but the first two:
 * a machine that was never set up takes orders from whoever runs the controller.
 */
export async function actingUsers(database: UserDatabase = systemUsers, own: number | null = process.geteuid?.() ?? null): Promise<ActingUsers> {
  const [passwd, group] = await Promise.all([entries(database.passwd), entries(database.group)]);
  const users = passwd.map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
  const [, , id, members = ''] = group.find(([name]) => name === actingGroup) ?? [];
  const gid = id === undefined ? null : Number(id);
  const listed = new Set(members.split(',').filter((name) => name !== ''));
  const allowed = new Set(users.filter((user) => gid !== null && (user.gid === gid || listed.has(user.name))).map(({ uid }) => uid));
  return {
    gid,
    allows: (uid) => uid === 0 || uid === own || allowed.has(uid),
    nameOf: (uid) => users.find((user) => user.uid === uid)?.name ?? `uid ${uid}`,
  };
}

async function entries(path: string): Promise<readonly (readonly string[])[]> {
  // A system without such a file has no users that could be asked for.
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => (line === '' || line.startsWith('#') ? [] : [line.split(':')]));
}
