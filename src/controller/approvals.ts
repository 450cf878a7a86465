import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../runtime/clock.js';
import { writeDurably } from '../runtime/durable-file.js';
import { errorCode } from '../runtime/errors.js';

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

const lifetime = 3_600_000;
/** Between the clock that wrote the approval and this one. */
const allowedSkew = 120_000;

export function directoryApprovals(directory: string, clock: Clock): Approvals {
  async function readAll(): Promise<{ readonly path: string; readonly approval: Approval }[]> {
    const names = await readdir(directory).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return [];
      throw error;
    });
    const read = await Promise.all(
      names
        .filter((name) => /^[0-9a-f]{12}\.json$/.test(name))
        .map(async (name) => ({ path: join(directory, name), approval: parseApproval(await readIfThere(join(directory, name))) })),
    );
    return read.flatMap(({ path, approval }) => (approval === null ? [] : [{ path, approval }]));
  }

  const isOpen = ({ at }: Approval): boolean => {
    const age = clock.now() - Date.parse(at);
    return age >= -allowedSkew && age < lifetime;
  };

  /** Files of which nothing is left, or that are too old, are removed; only what differs is written. */
  async function edit(change: (approval: Approval) => Approval): Promise<void> {
    for (const { path, approval } of await readAll()) {
      const next = isOpen(approval) ? change(approval) : { ...approval, ops: [] };
      if (next.ops.length === 0) await rm(path, { force: true });
      else if (JSON.stringify(next) !== JSON.stringify(approval)) await writeDurably({ path, content: `${JSON.stringify(next, null, 2)}\n`, mode: 0o640 });
    }
  }

  return {
    async open() {
      return new Set((await readAll()).filter(({ approval }) => isOpen(approval)).flatMap(({ approval }) => approval.ops));
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
  };
}

/** The other plane may have used it up since the directory was listed. */
async function readIfThere(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  });
}

/** Without the operations that are over; an approval in which nothing has begun looks as the command wrote it. */
function without(approval: Approval, over: (operation: string) => boolean): Approval {
  const { begun, ...rest } = approval;
  const ops = approval.ops.filter((operation) => !over(operation));
  const still = (begun ?? []).filter((operation) => !over(operation));
  return { ...rest, ops, ...(still.length === 0 ? {} : { begun: still }) };
}

/** Null for anything that the command did not write: a damaged approval releases nothing. */
function parseApproval(text: string): Approval | null {
  try {
    const value = JSON.parse(text) as Partial<Approval> | null;
    const sound =
      value?.version === 1 &&
      typeof value.hash === 'string' &&
      typeof value.at === 'string' &&
      Array.isArray(value.ops) &&
      value.ops.every((operation) => typeof operation === 'string') &&
      (value.begun === undefined || (Array.isArray(value.begun) && value.begun.every((operation) => typeof operation === 'string')));
    return sound ? (value as Approval) : null;
  } catch {
    return null;
  }
}
