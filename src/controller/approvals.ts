import { constants } from 'node:fs';
import { lstat, open, readdir, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Approver } from '../apply/audit/record.js';
import { actingGroup, actingUsers, type ActingUsers } from '../runtime/acting-group.js';
import type { Clock } from '../runtime/clock.js';
import { writeDurably } from '../runtime/durable-file.js';
import { TransientError, errorCode } from '../runtime/errors.js';
import { parseOrder, type Order } from './orders.js';

/** Plans that a person has released: `approvals/<hash>.json` in the state directory. */
export interface Approvals {
  /** Operations released and not used yet, begun ones included. */
  open(): Promise<ReadonlySet<string>>;
  /** Before their first write. A process that dies in the middle goes on with them and releases no other for them. */
  begin(operations: readonly string[]): Promise<void>;
  /** After a look: what was begun and is not planned any longer was done. */
  seen(planned: ReadonlySet<string>): Promise<void>;
  /** Each operation is released once. */
  use(operations: readonly string[]): Promise<void>;
  /** Who released it, as of the last `open`; null: nobody. */
  releasedBy(operation: string): Approver | null;
  /** Files that do not count, as of the last `open`. */
  refused(): readonly RefusedOrder[];
  /** What commands did and left a note of. Taken: the notes are gone. */
  takeOrders(record: (orders: readonly Order[]) => Promise<void>): Promise<void>;
}

/** A file in `approvals/` of a user who may not give orders. */
export interface RefusedOrder {
  readonly file: string;
  /** Null: the directory as a whole cannot be read. */
  readonly uid: number | null;
  readonly message: string;
}

interface Approval {
  readonly version: 1;
  readonly hash: string;
  readonly ops: readonly string[];
  /** Of `ops`: those that a run has begun to carry out. */
  readonly begun?: readonly string[];
  readonly by: string;
  readonly at: string;
}

interface FoundFile {
  readonly name: string;
  readonly path: string;
  /** Null: the controller may not read it, or it is no file that a command leaves: a link, a pipe, far too long. */
  readonly text: string | null;
  readonly uid: number;
}

const lifetime = 3_600_000;
/** Between the clock that wrote the approval and this one. */
const allowedSkew = 120_000;
/** No approval is longer; a file that is holds something else. */
const longest = 4_194_304;

export function directoryApprovals(directory: string, clock: Clock, users: () => Promise<ActingUsers> = actingUsers): Approvals {
  let released: ReadonlyMap<string, Approver> = new Map();
  let refused: readonly RefusedOrder[] = [];
  /** Used, or taken over: they count no more even where the disk does not let them go. */
  const spent = new Set<string>();

  /** Those whose owner may act; what others left is kept in `refused`. */
  async function files(): Promise<readonly FoundFile[]> {
    let names: readonly string[];
    try {
      names = await readdir(directory);
    } catch (error) {
      const code = errorCode(error);
      // Whatever is wrong with orders, what needs none goes on.
      refused = code === 'ENOENT' ? [] : [{ file: 'approvals', uid: null, message: `${directory} cannot be read (${code}): no approval counts; give it to the user that runs sexton` }];
      return [];
    }
    const wanted = names.filter((name) => /^([0-9a-f]{12}|order-[0-9A-Za-z-]+)\.json$/.test(name)).sort();
    if (wanted.length === 0) {
      refused = [];
      return [];
    }
    const [acting, found] = await Promise.all([users(), Promise.all(wanted.map((name) => readOwn(directory, name)))]);
    const present = found.flatMap((file) => file ?? []);
    refused = present.flatMap(({ name, path, uid, text }) => {
      const message = !acting.allows(uid) ? refusal(path, uid, acting) : unusable(path, name, text);
      return message === null ? [] : [{ file: name, uid, message }];
    });
    return present.filter(({ name }) => !refused.some(({ file }) => file === name));
  }

  async function readAll(): Promise<readonly (FoundFile & { readonly approval: Approval })[]> {
    return (await files()).flatMap((file) => {
      const approval = file.name.startsWith('order-') ? null : parseApproval(file.text ?? '');
      return approval === null ? [] : [{ ...file, approval }];
    });
  }

  const useOf = ({ hash, at }: Pick<Approval, 'hash' | 'at'>, operation: string): string => `${hash} ${at} ${operation}`;

  const isOpen = ({ at }: Approval): boolean => {
    const age = clock.now() - Date.parse(at);
    return age >= -allowedSkew && age < lifetime;
  };

  /** Files of which nothing is left, or that are too old, are removed; only what differs is written. @throws TransientError after the last */
  async function edit(change: (approval: Approval) => Approval): Promise<void> {
    let failed: TransientError | null = null;
    for (const { path, approval } of await readAll()) {
      const next = isOpen(approval) ? change(approval) : { ...approval, ops: [] };
      for (const operation of approval.ops) if (!next.ops.includes(operation)) spent.add(useOf(approval, operation));
      try {
        if (next.ops.length === 0) await rm(path, { force: true });
        else if (JSON.stringify(next) !== JSON.stringify(approval)) await writeDurably({ path, content: `${JSON.stringify(next, null, 2)}\n`, mode: 0o640 });
      } catch (error) {
        failed ??= new TransientError(`${path} cannot be written (${errorCode(error)}): what it released is not released again, but may be after a restart; remove it`, { code: errorCode(error), cause: error });
      }
    }
    if (failed !== null) throw failed;
  }

  return {
    async open() {
      const valid = (await readAll()).filter(({ approval }) => isOpen(approval));
      released = new Map(
        valid.flatMap(({ uid, approval: { ops, by, at, hash } }) =>
          ops
            .filter((operation) => !spent.has(useOf({ hash, at }, operation)))
            .map((operation) => [operation, { by, uid: process.geteuid === undefined ? null : uid, at, plan: hash }] as const),
        ),
      );
      return new Set(released.keys());
    },
    async begin(operations) {
      const starting = new Set(operations);
      await edit((approval) => {
        const begun = approval.ops.filter((operation) => starting.has(operation) || approval.begun?.includes(operation) === true);
        return begun.length === 0 ? approval : { ...approval, begun };
      });
    },
    async seen(planned) {
      await edit((approval) => without(approval, (operation) => approval.begun?.includes(operation) === true && !planned.has(operation)));
    },
    async use(operations) {
      const used = new Set(operations);
      await edit((approval) => without(approval, (operation) => used.has(operation)));
    },
    releasedBy: (operation) => released.get(operation) ?? null,
    refused: () => refused,
    async takeOrders(record) {
      const orders = (await files()).flatMap(({ name, path, text, uid }) => {
        const order = name.startsWith('order-') ? parseOrder(text ?? '') : null;
        return order === null ? [] : [{ name, path, order: { ...order, uid: process.geteuid === undefined ? null : uid } }];
      });
      const fresh = orders.filter(({ name }) => !spent.has(name));
      if (fresh.length > 0) await record(fresh.map(({ order }) => order));
      for (const { name, path } of orders) {
        spent.add(name);
        // What stays is looked at again, and recorded no second time.
        await rm(path, { force: true }).then(() => spent.delete(name), () => undefined);
      }
    },
  };
}

/** Without the operations that are over; an approval in which nothing has begun looks as the command wrote it. */
function without(approval: Approval, over: (operation: string) => boolean): Approval {
  const { begun, ...rest } = approval;
  const ops = approval.ops.filter((operation) => !over(operation));
  const still = (begun ?? []).filter((operation) => !over(operation));
  return { ...rest, ops, ...(still.length === 0 ? {} : { begun: still }) };
}

function unusable(path: string, name: string, text: string | null): string | null {
  if (text === null) return `${path} cannot be read by the user that runs sexton, or is no file that a command leaves: it does not count; remove it, and give the order again`;
  const sound = name.startsWith('order-') ? parseOrder(text) !== null : parseApproval(text) !== null;
  return sound ? null : `${path} is damaged: it does not count; remove it, and give the order again`;
}

function refusal(path: string, uid: number, acting: ActingUsers): string {
  const remedy = acting.gid === null ? 'only root and the user that runs sexton may, since this system has no group' : `whoever may act is a member of the group`;
  return `${path} belongs to ${acting.nameOf(uid)}, who may not give orders: it does not count; ${remedy} ${actingGroup}; remove the file, and look who could write there`;
}

/** One regular file and its owner, looked at as one: a link would lead to somebody else's. Null: gone, or no such file. */
async function readOwn(directory: string, name: string): Promise<FoundFile | null> {
  const path = join(directory, name);
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = errorCode(error);
    // Used up since it was listed, or it cannot be read: it releases nothing.
    return code === 'ENOENT' ? null : lstat(path).then(({ uid }) => ({ name, path, text: null, uid }), () => null);
  }
  try {
    const found = await file.stat();
    const { uid, size } = found;
    const text = found.isFile() && size <= longest ? await file.readFile('utf8').catch(() => null) : null;
    return { name, path, text, uid };
  } finally {
    await file.close();
  }
}

/** Null for anything that the command did not write: a damaged approval releases nothing. */
function parseApproval(text: string): Approval | null {
  try {
    const value = JSON.parse(text) as Partial<Approval> | null;
    const sound =
      value?.version === 1 &&
      typeof value.hash === 'string' &&
      typeof value.at === 'string' &&
      typeof value.by === 'string' &&
      Array.isArray(value.ops) &&
      value.ops.every((operation) => typeof operation === 'string') &&
      (value.begun === undefined || (Array.isArray(value.begun) && value.begun.every((operation) => typeof operation === 'string')));
    return sound ? (value as Approval) : null;
  } catch {
    return null;
  }
}
