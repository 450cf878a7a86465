import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError, errorCode } from './errors.js';
import { gitOpsPaths, statePaths } from './paths.js';

/** Of the formats that this program writes. What reads a file converts older ones; newer ones are refused. */
export const stateVersions = {
  installation: 1,
  accepted: 1,
  inventory: 1,
  /** Version 1 knew the bookings alone. */
  bookings: 2,
  budget: 1,
  rules: 1,
  /** Version 1 did not say of which UniFi. */
  fence: 2,
  fenceTest: 1,
  alerts: 1,
  auditHead: 1,
  gitOps: 1,
} as const;

export type StateName = keyof typeof stateVersions;

/** Every file with a version in the state directory; `accepted` is a directory of directories of them. */
export function versionedState(stateDir: string): Readonly<Record<StateName, string>> {
  const { installation, accepted, inventory, bookings, budget, rules, fence, fenceTest, alerts, auditHead } = statePaths(stateDir);
  return { installation, accepted, inventory, bookings, budget, rules, fence, fenceTest, alerts, auditHead, gitOps: gitOpsPaths(stateDir).state };
}

/**
 * Looks at all of them before anything is opened, set aside or made: an older program touches nothing of a newer one.
 * @throws ConfigurationError (78) that names every file a newer program wrote
 */
export async function refuseNewerState(stateDir: string): Promise<void> {
  const newer: string[] = [];
  for (const [name, path] of Object.entries(versionedState(stateDir)) as readonly (readonly [StateName, string])[]) {
    const known = stateVersions[name];
    for (const file of name === 'accepted' ? await acceptedFiles(path) : [path]) {
      const version = await versionOf(file);
      if (version !== null && version > known) newer.push(`${file} (version ${version}, this one knows ${known})`);
    }
  }
  if (newer.length === 0) return;
  throw new ConfigurationError(
    `the state directory was written by a newer sexton: ${newer.join(', ')}; nothing was touched: run that version, or restore an older state directory from a backup`,
    { code: 'StateTooNew' },
  );
}

async function acceptedFiles(directory: string): Promise<readonly string[]> {
  const plurals = await readdir(directory).catch(() => []);
  const names = await Promise.all(
    plurals.map(async (plural) => (await readdir(join(directory, plural)).catch(() => [])).filter((name) => name.endsWith('.json')).map((name) => join(directory, plural, name))),
  );
  return names.flat();
}

/** It stands first in the file. Null: there is none, or it cannot be read; whoever opens the file will say so. */
async function versionOf(path: string): Promise<number | null> {
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(128), position: 0 });
      const digits = /^\s*\{\s*"version"\s*:\s*(\d{1,9})\b/.exec(buffer.toString('latin1', 0, bytesRead))?.[1];
      return digits === undefined ? null : Number(digits);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (['ENOENT', 'EISDIR', 'ENOTDIR', 'EACCES', 'EPERM', 'EIO'].includes(errorCode(error))) return null;
    throw error;
  }
}
