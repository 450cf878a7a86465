import { readFile } from 'node:fs/promises';
import { writeDurably } from '../runtime/durable-file.js';
import type { Problem } from '../api/problem.js';
import type { GitOpsConfiguration } from '../runtime/config-gitops.js';
import { errorMessage } from '../runtime/errors.js';
import { gitOpsPaths, runtimePaths } from '../runtime/paths.js';
import { isRecord } from '../runtime/record.js';
import { openStateFile, type StateFile } from '../runtime/state-file.js';
import { stateVersions } from '../runtime/state-versions.js';
import type { GitOpsState, RefusedRevision } from './state.js';
import { readRecord } from './tree-record.js';

/** `gitops.json` in the state directory: written when a refusal begins, changes or ends. */
export interface RefusalFile {
  readonly refused: (RefusedRevision & {
    /** Of everything the judgement came from: while it is the same, so is the judgement. */
    readonly inputs: string;
  }) | null;
}

/** `pull.json` in the runtime directory: gone after a restart of the machine. */
export interface LastPull {
  /** When the repository last answered. */
  readonly fetchedAt: string | null;
  readonly failed: GitOpsState['failed'];
  /** What the pull found damaged and set aside, as a sentence: the controller tells it. */
  readonly lost: string | null;
}

export function refusalFile(stateDir: string, readOnly: boolean): StateFile<RefusalFile> {
  return openStateFile<RefusalFile>({
    path: gitOpsPaths(stateDir).state,
    version: stateVersions.gitOps,
    what: 'which commit was refused last, and why',
    label: 'gitops',
    decode: decodeRefusal,
    readOnly,
    // The group that may read the directory may read why a commit is refused.
    mode: 0o640,
  });
}

const nothingPulled: LastPull = { fetchedAt: null, failed: null, lost: null };

export type Refusals = Pick<StateFile<RefusalFile>, 'write'>;

/** The new set is in force, whether or not the old refusal can be taken back. */
export async function forgetRefusal(refusals: Refusals, onTrouble: (text: string) => void): Promise<void> {
  await refusals.write({ refused: null }).catch((error: unknown) => {
    onTrouble(`${errorMessage(error)}: until then \`sexton status\` shows a refusal that is over`);
  });
}

export async function readLastPull(runtimeDir: string): Promise<LastPull> {
  try {
    const value: unknown = JSON.parse(await readFile(runtimePaths(runtimeDir).pull, 'utf8'));
    if (!isRecord(value)) return nothingPulled;
    const { fetchedAt, failed, lost } = value;
    const told = isRecord(failed) ? [failed['since'], failed['code'], failed['message']].filter((each) => typeof each === 'string') : [];
    const [since, code, message] = told;
    return {
      fetchedAt: typeof fetchedAt === 'string' ? fetchedAt : null,
      failed: since === undefined || code === undefined || message === undefined ? null : { since, code, message },
      lost: typeof lost === 'string' ? lost : null,
    };
  } catch {
    // Not there, or half of it: it says nothing that the next pull does not say again.
    return nothingPulled;
  }
}

/** Nothing depends on it but what is shown. */
export async function writeLastPull(runtimeDir: string, last: LastPull): Promise<void> {
  await writeDurably({ path: runtimePaths(runtimeDir).pull, content: `${JSON.stringify(last)}\n`, mode: 0o644 }).catch(() => undefined);
}

export interface GitOpsPlaces {
  readonly resources: string;
  readonly stateDir: string;
  readonly runtimeDir: string;
  /** Null: off, and there is no state. */
  readonly gitOps: GitOpsConfiguration | null;
}

export interface GitOpsReader {
  /** False: a damaged file is set aside. Otherwise nothing is written. */
  readonly readOnly: boolean;
  /** What was lost, as a sentence. */
  readonly onLost: (text: string) => void;
}

/** How git-ops stands, from what pulls left. @throws ConfigurationError, TransientError when it cannot be read */
export async function readGitOpsState(
  { resources, stateDir, runtimeDir, gitOps }: GitOpsPlaces,
  { readOnly, onLost }: GitOpsReader = { readOnly: true, onLost: () => undefined },
): Promise<GitOpsState | null> {
  if (gitOps === null) return null;
  const [record, { value, lost }, { lost: lostInPull, ...last }] = await Promise.all([readRecord(resources), refusalFile(stateDir, readOnly).read(), readLastPull(runtimeDir)]);
  for (const text of [lost, lostInPull]) if (text !== null) onLost(text);
  const refused = value?.refused ?? null;
  return {
    revision: record === null ? null : { commit: record.commit, branch: record.branch, authoredAt: record.authoredAt, pulledAt: record.pulledAt },
    refused: refused === null ? null : withoutInputs(refused),
    ...last,
    intervalSeconds: gitOps.interval / 1000,
  };
}

export function withoutInputs({ commit, authoredAt, since, reason, message, problems }: RefusedRevision): RefusedRevision {
  return { commit, authoredAt, since, reason, message, problems };
}

function decodeRefusal({ refused }: Readonly<Record<string, unknown>>): RefusalFile | null {
  if (refused === null) return { refused: null };
  if (!isRecord(refused)) return null;
  const { commit, authoredAt, since, reason, message, problems, inputs } = refused;
  if (![since, reason, message, inputs].every((each) => typeof each === 'string') || !Array.isArray(problems)) return null;
  if (![commit, authoredAt].every((each) => each === null || typeof each === 'string')) return null;
  if (!problems.every(isProblem)) return null;
  // Every field was checked above but the reason, which a program of the same version wrote.
  return { refused } as unknown as RefusalFile;
}

function isProblem(value: unknown): value is Problem {
  return isRecord(value) && [value['file'], value['path'], value['message']].every((each) => typeof each === 'string') && [value['line'], value['column']].every((each) => typeof each === 'number');
}
