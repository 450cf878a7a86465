import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import type { GitOpsConfiguration } from '../runtime/config-gitops.js';
import { ConfigurationError, TransientError, errorCode, errorMessage } from '../runtime/errors.js';
import { isoSeconds } from '../runtime/instant.js';
import { gitOpsPaths } from '../runtime/paths.js';
import { GitError } from './git.js';
import { Refused, judgeCommit } from './judge-commit.js';
import { localEdits, type LocalFiles } from './local-files.js';
import type { PullOptions, PullResult } from './pull-order.js';
import { putInPlace } from './put-in-place.js';
import { TooLargeError, openRepository, type Repository } from './repository.js';
import { forgetRefusal, readLastPull, refusalFile, withoutInputs, writeLastPull } from './state-files.js';
import type { RefusedRevision } from './state.js';
import { revisionOf, type TreeRecord } from './tree-record.js';
import { filesOf, openTrees } from './trees.js';

/**
 * One pull. What is served is the old tree or the new one, whenever and however this ends; a refusal leaves the old one and
 * is kept in `gitops.json`, a failure in the runtime directory. Only one may run at a time.
 * @throws ConfigurationError, TransientError (network, disk, interrupted)
 */
export async function pull(options: PullOptions): Promise<PullResult> {
  const { runtimeDir, now } = options;
  try {
    try {
      return await attempt(options);
    } catch (error) {
      // Something is wrong with the repository that we keep: it is only a cache.
      if (!(error instanceof GitError) || !error.local) throw error;
      await rm(gitOpsPaths(options.stateDir).repository, { recursive: true, force: true });
      return await attempt(options);
    }
  } catch (thrown) {
    const error = explained(thrown);
    if (error instanceof TransientError && error.code !== 'Interrupted') {
      const { fetchedAt, failed, lost } = await readLastPull(runtimeDir);
      const since = failed?.since ?? isoSeconds(now());
      await writeLastPull(runtimeDir, { fetchedAt, failed: { since, code: error.code, message: error.message }, lost });
    }
    throw error;
  }
}

function explained(error: unknown): unknown {
  if (error instanceof GitError) return new TransientError(`the repository could not be read: ${error.said}`, { code: error.code, cause: error });
  if (errorCode(error) === 'ENOSPC' || errorCode(error) === 'EDQUOT') {
    return new TransientError('the disk is full: make room in the state directory', { code: 'DiskFull', cause: error });
  }
  if (['EACCES', 'EPERM', 'EROFS'].includes(errorCode(error))) {
    return new ConfigurationError(`the state directory cannot be written (${errorCode(error)}): give it to the user that pulls, and pull as that user`, { code: errorCode(error), cause: error });
  }
  return error;
}

async function attempt(options: PullOptions): Promise<PullResult> {
  const { resources, stateDir, runtimeDir, gitOps, git, now, onStep } = options;
  await onStep('prepare');
  const trees = await openTrees(resources, stateDir);
  await trees.removeUnfinished();
  await trees.requireTakeOver();
  const served = await trees.served();
  const record = served.kind === 'tree' ? served.record : null;
  const repository = await openRepository(git, gitOpsPaths(stateDir).repository, gitOps);
  const refusals = refusalFile(stateDir, false);
  const { value, lost } = await refusals.read();
  const before = value?.refused ?? null;
  if (lost !== null) {
    options.onTrouble(lost);
    await writeLastPull(runtimeDir, { ...(await readLastPull(runtimeDir)), lost });
  }

  await onStep('ask');
  const { commit: tip, branches } = await repository.tip();
  await writeLastPull(runtimeDir, { fetchedAt: isoSeconds(now()), failed: null, lost });

  const actual = await filesOf(served, tip ?? record?.commit ?? '');
  if (record !== null && tip === record.commit && record.path === gitOps.path && record.branch === gitOps.branch) {
    if (before !== null) await forgetRefusal(refusals, options.onTrouble);
    await trees.takeOver();
    const base = new Map(Object.entries(record.files));
    return { outcome: 'NothingNew', revision: revisionOf(record), edits: localEdits(actual, base, base) };
  }

  const inputs = await inputsOf(options, { tip, record, actual });
  if (before !== null && before.inputs === inputs) return refusal(before, record, true);
  try {
    if (tip === null) throw new Refused({ commit: null, reason: 'BranchMissing', message: branchMissing(gitOps.branch, branches) });
    await onStep('fetch');
    const known = record?.commit ?? null;
    const newest = (await repository.has(tip)) && (known === null || (await repository.has(known))) ? tip : await fetched(repository, known, tip, gitOps);
    await onStep('judge');
    const candidate = await judgeCommit(repository, { gitOps, commit: newest, known: options.allowForcePush ? null : known });
    return await putInPlace(options, { trees, served, record, actual, repository, candidate, refusals, wasRefused: before !== null });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { refused } = error;
    const same = before !== null && before.commit === refused.commit && before.reason === refused.reason && before.message === refused.message;
    const entry = { ...refused, since: same ? before.since : isoSeconds(now()), inputs };
    await refusals.write({ refused: entry }).catch((thrown: unknown) => {
      const what = `${refused.commit === null ? 'the branch' : `commit ${refused.commit}`} is refused (${refused.reason}: ${refused.message})`;
      throw new TransientError(`${what}, and that cannot be kept: ${errorMessage(thrown)}`, { code: errorCode(thrown), cause: thrown });
    });
    return refusal(entry, record, same);
  }
}

async function fetched(repository: Repository, known: string | null, tip: string, gitOps: GitOpsConfiguration): Promise<string> {
  try {
    return await repository.fetch(known);
  } catch (error) {
    if (!(error instanceof TooLargeError)) throw error;
    const remedy = `put the resources into a repository of their own, or raise gitOps.maxSize (${Math.round(gitOps.maxSize / 1024)}Ki now)`;
    throw new Refused({ commit: tip, reason: 'TooLarge', message: `${error.message}: ${remedy}` });
  }
}

function refusal(refused: RefusedRevision, record: TreeRecord | null, again: boolean): PullResult {
  return { outcome: 'Refused', refused: withoutInputs(refused), revision: record === null ? null : revisionOf(record), again };
}

function branchMissing(branch: string, branches: readonly string[]): string {
  const there = branches.length === 0 ? 'it has no branch at all: push one' : `it has ${branches.slice(0, 5).join(', ')}${branches.length > 5 ? ' and more' : ''}: push ${branch}, or name another in gitOps.branch`;
  return `the repository has no branch ${branch}; ${there}`;
}

/** A digest of everything a judgement comes from. */
async function inputsOf(
  { gitOps, program, allowForcePush, setAside }: PullOptions,
  { tip, record, actual }: { readonly tip: string | null; readonly record: TreeRecord | null; readonly actual: LocalFiles },
): Promise<string> {
  const signers = gitOps.allowedSigners === null ? null : await readFile(gitOps.allowedSigners, 'latin1').catch(() => '');
  const text = JSON.stringify([tip, record?.commit ?? null, [...actual], gitOps, signers, program, allowForcePush, setAside]);
  return createHash('sha256').update(text).digest('hex');
}
