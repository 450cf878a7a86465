import { createHash } from 'node:crypto';
import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problem } from '../api/problem.js';
import type { GitOpsConfiguration } from '../runtime/config-gitops.js';
import { syncDirectory } from '../runtime/durable-file.js';
import { ConfigurationError, TransientError, errorCode, errorMessage } from '../runtime/errors.js';
import { isoSeconds } from '../runtime/instant.js';
import { gitOpsPaths } from '../runtime/paths.js';
import { buildTree, carryStatuses, sealTree } from './build-tree.js';
import { GitError, type Git } from './git.js';
import { isLfsPointer } from './commit-tree.js';
import { Refused, inRepository, judgeCommit, type Candidate } from './judge-commit.js';
import { formatOf, localEdits, localFiles, type LocalEdit, type LocalFiles } from './local-files.js';
import { TooLargeError, openRepository, type Commit, type Repository } from './repository.js';
import { readLastPull, refusalFile, withoutInputs, writeLastPull, type RefusalFile } from './state-files.js';
import type { RefusedRevision, Revision } from './state.js';
import type { TreeRecord } from './tree-record.js';
import { openTrees, type Served, type Trees } from './trees.js';

export interface PullOptions {
  readonly resources: string;
  readonly stateDir: string;
  readonly runtimeDir: string;
  readonly gitOps: GitOpsConfiguration;
  readonly git: Git;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** The whole set in a directory, references included; files relative to it. */
  readonly validate: (directory: string) => Promise<{ readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] }>;
  /** What a refusal also depends on: the version of this program. */
  readonly program: string;
  readonly allowForcePush: boolean;
  /** Replace edited files, after keeping a copy of them. */
  readonly setAside: boolean;
  /** State that was lost or cannot be kept, a sentence each: nothing that the outcome depends on. */
  readonly onTrouble: (text: string) => void;
  /** Told before each step; waited for. */
  readonly onStep: (step: PullStep) => Promise<void>;
}

export type PullStep = 'prepare' | 'ask' | 'fetch' | 'judge' | 'build' | 'validate' | 'seal' | 'finish' | 'share' | 'switch' | 'take over' | 'look back' | 'clean up';

export interface FileChanges {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

export type PullResult =
  | { readonly outcome: 'NothingNew'; readonly revision: Revision; readonly edits: readonly LocalEdit[] }
  | {
      readonly outcome: 'Switched';
      readonly revision: Revision;
      readonly previous: Revision | null;
      /** From the newest; where nothing was served before, or the history was rewritten, only the one. */
      readonly commits: readonly Commit[];
      readonly files: FileChanges;
      readonly warnings: readonly Problem[];
      /** Directories with what was replaced. */
      readonly aside: readonly string[];
    }
  /** `again`: an earlier pull refused the same for the same reason. */
  | { readonly outcome: 'Refused'; readonly refused: RefusedRevision; readonly revision: Revision | null; readonly again: boolean };

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
    if (before !== null) await forgetRefusal(refusals, options);
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

/** The new set is in force, whether or not the old refusal can be taken back. */
async function forgetRefusal(refusals: Placing['refusals'], { onTrouble }: PullOptions): Promise<void> {
  await refusals.write({ refused: null }).catch((error: unknown) => {
    onTrouble(`${errorMessage(error)}: until then \`sexton status\` shows a refusal that is over`);
  });
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

interface Placing {
  readonly trees: Trees;
  readonly served: Served;
  readonly record: TreeRecord | null;
  readonly actual: LocalFiles;
  readonly repository: Repository;
  readonly candidate: Candidate;
  readonly refusals: { write(value: RefusalFile): Promise<boolean> };
  /** There is a refusal on record, which a switch ends. */
  readonly wasRefused: boolean;
}

async function putInPlace(options: PullOptions, { trees, served, record, actual, repository, candidate, refusals, wasRefused }: Placing): Promise<PullResult> {
  const { gitOps, now, onStep } = options;
  const { commit, files, wanted } = candidate;
  const base: LocalFiles = new Map(Object.entries(record?.files ?? {}));
  const oldRoot = served.kind === 'none' ? null : served.root;
  const edits = localEdits(actual, base, wanted);
  if (edits.length > 0 && !options.setAside) throw editsRefused(commit, edits, options.resources);

  const { building, finished } = trees.fresh(commit.id);
  try {
    await onStep('build');
    const placed = files.filter(({ kind }) => kind !== 'status');
    const blobs = await repository.blobs([...new Set(files.filter(({ path, oid, kind }) => kind !== 'file' || actual.get(path) !== oid).map(({ oid }) => oid))]);
    refuseLfs(commit, files.flatMap(({ path, oid }) => (blobs.has(oid) ? [{ path, content: blobs.get(oid) ?? Buffer.alloc(0) }] : [])), gitOps.path);
    await buildTree({ target: building, files, blobs, served: oldRoot === null ? null : { root: oldRoot, files: actual } });

    await onStep('validate');
    await trees.shareGenerated(served);
    const warnings = await requireValid(options, building, commit);

    await onStep('seal');
    for (const { path, kind } of files) if (kind === 'status') await rm(join(building, path));
    if (oldRoot !== null) await carryStatuses(oldRoot, building, placed);
    const revision: Revision = { commit: commit.id, branch: gitOps.branch, authoredAt: commit.authoredAt, pulledAt: isoSeconds(now()) };
    await sealTree(building, placed, { ...revision, path: gitOps.path, files: Object.fromEntries(wanted) });

    await onStep('finish');
    await rename(building, finished);
    await syncDirectory(join(finished, '..'));
    const aside: string[] = [];
    if (oldRoot !== null && edits.length > 0) aside.push(await trees.setAside(oldRoot, edits.filter(({ what }) => what !== 'removed').map(({ path }) => path), now()));

    await onStep('share');
    await trees.shareGenerated(served);
    // The last look: from here to the switch nothing waits for anything.
    const late = localEdits(await filesOf(served, commit.id), actual, wanted);
    if (late.length > 0) throw editsRefused(commit, late, options.resources);
    await onStep('switch');
    await trees.switchTo(finished);
    await onStep('take over');
    const moved = await trees.takeOver();

    await onStep('look back');
    const old: Served = served.kind === 'plain' && moved !== null ? { kind: 'plain', root: moved } : served;
    await trees.shareGenerated(old);
    if (old.kind !== 'none') {
      const written = localEdits(await filesOf(old, commit.id), actual, wanted).filter(({ what }) => what !== 'removed');
      if (written.length > 0) aside.push(await trees.setAside(old.root, written.map(({ path }) => path), now()));
    }
    if (wasRefused) await forgetRefusal(refusals, options);

    await onStep('clean up');
    aside.push(...(await trees.removeOthers(finished, oldRoot, now())));
    const commits = record === null || !(await repository.isAncestor(record.commit, commit.id)) ? [commit] : await repository.commitsSince(record.commit, commit.id, 100);
    return {
      outcome: 'Switched',
      revision,
      previous: record === null ? null : revisionOf(record),
      commits: commits.length === 0 ? [commit] : commits,
      files: changesBetween(record === null ? actual : base, wanted),
      warnings,
      aside: moved === null ? aside : [...aside, moved],
    };
  } catch (error) {
    await rm(building, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
}

/** Problems in the files of commands are no fault of the commit: the controller names them, and goes on. */
async function requireValid({ validate, gitOps }: PullOptions, directory: string, commit: Commit): Promise<readonly Problem[]> {
  const { problems, warnings } = await validate(directory);
  const own = problems.filter(({ file }) => !file.startsWith('generated/'));
  if (own.length > 0) {
    const count = own.length === 1 ? 'one problem' : `${own.length} problems`;
    throw new Refused({ ...commitOf(commit), reason: 'Invalid', message: `it has ${count}; correct ${own.length === 1 ? 'it' : 'them'} and push again`, problems: inRepository(own, gitOps.path) });
  }
  return inRepository([...warnings, ...problems], gitOps.path);
}

function refuseLfs(commit: Commit, files: readonly { readonly path: string; readonly content: Buffer }[], path: string): void {
  const message = 'is a pointer of git-lfs, whose content is never fetched; commit the file itself (git lfs untrack)';
  const problems = files.filter(({ content }) => isLfsPointer(content)).map(({ path: file }) => ({ file, line: 0, column: 0, path: '', message }));
  if (problems.length > 0) throw new Refused({ ...commitOf(commit), reason: 'Unservable', message: 'it holds pointers of git-lfs', problems: inRepository(problems, path) });
}

function editsRefused(commit: Commit, edits: readonly LocalEdit[], resources: string): Refused {
  const problems = edits.map(({ path, what }) => ({ file: path, line: 0, column: 0, path: '', message: `was ${what} on this machine` }));
  const message = `files in ${resources} were edited on this machine: commit the same to the repository, or undo it, or replace them with \`sexton pull --set-aside\`, which keeps a copy`;
  return new Refused({ ...commitOf(commit), reason: 'LocalEdits', message, problems });
}

function commitOf({ id, authoredAt }: Commit): { readonly commit: string; readonly authoredAt: string } {
  return { commit: id, authoredAt };
}

function branchMissing(branch: string, branches: readonly string[]): string {
  const there = branches.length === 0 ? 'it has no branch at all: push one' : `it has ${branches.slice(0, 5).join(', ')}${branches.length > 5 ? ' and more' : ''}: push ${branch}, or name another in gitOps.branch`;
  return `the repository has no branch ${branch}; ${there}`;
}

/** What the tree holds now; names of blobs are made as git makes them for `commit`. */
async function filesOf(served: Served, commit: string): Promise<LocalFiles> {
  return served.kind === 'none' ? new Map() : localFiles(served.root, 'resources', formatOf(commit));
}

function revisionOf({ commit, branch, authoredAt, pulledAt }: TreeRecord): Revision {
  return { commit, branch, authoredAt, pulledAt };
}

function changesBetween(before: LocalFiles, after: LocalFiles): FileChanges {
  return {
    added: [...after.keys()].filter((path) => !before.has(path)),
    changed: [...after.keys()].filter((path) => before.has(path) && before.get(path) !== after.get(path)),
    removed: [...before.keys()].filter((path) => !after.has(path)),
  };
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
