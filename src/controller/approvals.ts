import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../runtime/clock.js';
import { writeDurably } from '../runtime/durable-file.js';
import { errorCode } from '../runtime/errors.js';

/** Plans that a person has released: `approvals/<hash>.json` in the state directory. */
export interface Approvals {
  /** Operations released and not used yet. */
  open(): Promise<ReadonlySet<string>>;
  /** Each operation is released once. */
  use(operations: readonly string[]): Promise<void>;
}

interface Approval {
  readonly version: 1;
  readonly hash: string;
  readonly ops: readonly string[];
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
        .map(async (name) => ({ path: join(directory, name), approval: parseApproval(await readFile(join(directory, name), 'utf8')) })),
    );
    return read.flatMap(({ path, approval }) => (approval === null ? [] : [{ path, approval }]));
  }

  const isOpen = ({ at }: Approval): boolean => {
    const age = clock.now() - Date.parse(at);
    return age >= -allowedSkew && age < lifetime;
  };

  return {
    async open() {
      return new Set((await readAll()).filter(({ approval }) => isOpen(approval)).flatMap(({ approval }) => approval.ops));
    },
    async use(operations) {
      const used = new Set(operations);
      for (const { path, approval } of await readAll()) {
        const ops = isOpen(approval) ? approval.ops.filter((operation) => !used.has(operation)) : [];
        if (ops.length === 0) await rm(path, { force: true });
        else if (ops.length < approval.ops.length) {
          await writeDurably({ path, content: `${JSON.stringify({ ...approval, ops }, null, 2)}\n`, mode: 0o640 });
        }
      }
    },
  };
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
      value.ops.every((operation) => typeof operation === 'string');
    return sound ? (value as Approval) : null;
  } catch {
    return null;
  }
}
