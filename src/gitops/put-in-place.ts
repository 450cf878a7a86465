import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problem } from '../api/problem.js';
import { syncDirectory } from '../runtime/durable-file.js';
import { isoSeconds } from '../runtime/instant.js';
import { buildTree, carryStatuses, sealTree } from './build-tree.js';
import { isLfsPointer } from './commit-tree.js';
import { Refused, inRepository, type Candidate } from './judge-commit.js';
import { localEdits, type LocalEdit, type LocalFiles } from './local-files.js';
import type { FileChanges, PullOptions, PullResult } from './pull-order.js';
import type { Commit, Repository } from './repository.js';
import { forgetRefusal, type Refusals } from './state-files.js';
import type { Revision } from './state.js';
import { revisionOf, type TreeRecord } from './tree-record.js';
import { filesOf, type Served, type Trees } from './trees.js';

export interface Placing {
  readonly trees: Trees;
  readonly served: Served;
  readonly record: TreeRecord | null;
  readonly actual: LocalFiles;
  readonly repository: Repository;
  readonly candidate: Candidate;
  readonly refusals: Refusals;
  /** There is a refusal on record, which a switch ends. */
  readonly wasRefused: boolean;
}

/**
 * Builds the candidate beside what is served, validates it whole, and switches. What is served is the old tree or the new
 * one, whenever and however this ends. @throws Refused, and what the disk and git throw
 */
export async function putInPlace(options: PullOptions, { trees, served, record, actual, repository, candidate, refusals, wasRefused }: Placing): Promise<PullResult> {
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
    if (wasRefused) await forgetRefusal(refusals, options.onTrouble);

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

function changesBetween(before: LocalFiles, after: LocalFiles): FileChanges {
  return {
    added: [...after.keys()].filter((path) => !before.has(path)),
    changed: [...after.keys()].filter((path) => before.has(path) && before.get(path) !== after.get(path)),
    removed: [...before.keys()].filter((path) => !after.has(path)),
  };
}
