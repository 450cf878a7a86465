import { access, constants } from 'node:fs/promises';
import type { Problem } from '../api/problem.js';
import type { GitOpsConfiguration } from '../runtime/config-gitops.js';
import { ConfigurationError, errorCode } from '../runtime/errors.js';
import { commitContents, type CommitFile } from './commit-tree.js';
import type { LocalFiles } from './local-files.js';
import type { Commit, Repository } from './repository.js';
import type { RefusalReason, RefusedRevision } from './state.js';

const mostProblems = 50;

/** The commit, or the branch, is not to be served. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly refused: Omit<RefusedRevision, 'since'>;

  constructor(refused: {
    readonly commit: string | null;
    readonly authoredAt?: string;
    readonly reason: RefusalReason;
    readonly message: string;
    readonly problems?: readonly Problem[];
  }) {
    super(refused.message);
    const { problems = [], message } = refused;
    // Kept in a file that every look at the status reads; nobody reads more of them at once either.
    const more = problems.length > mostProblems ? ` (the first ${mostProblems} of ${problems.length} are listed)` : '';
    this.refused = { ...refused, authoredAt: refused.authoredAt ?? null, message: `${message}${more}`, problems: problems.slice(0, mostProblems) };
  }
}

/** A commit whose files may be put together and validated. */
export interface Candidate {
  readonly commit: Commit;
  readonly files: readonly CommitFile[];
  /** What its tree will hold, in the form of `LocalFiles`. */
  readonly wanted: LocalFiles;
}

export interface Judging {
  readonly gitOps: GitOpsConfiguration;
  readonly commit: string;
  /** The served commit, from which it has to descend; null: from none. */
  readonly known: string | null;
}

/** History, signature, and what the commit holds. @throws Refused */
export async function judgeCommit(repository: Repository, { gitOps, commit: id, known }: Judging): Promise<Candidate> {
  const commit = await repository.commit(id);
  const refuse = (reason: RefusalReason, message: string, problems: readonly Problem[] = []): Refused =>
    new Refused({ commit: id, authoredAt: commit.authoredAt, reason, message, problems: inRepository(problems, gitOps.path) });

  if (known !== null && !gitOps.allowForcePush && !(await repository.isAncestor(known, id))) {
    const remedy = 'push a commit on top of it, or accept this one with `sexton pull --allow-force-push`';
    throw refuse('HistoryRewritten', `the branch was rewritten: it no longer holds ${known.slice(0, 12)}, which is in force; ${remedy}`);
  }
  await requireSignature(repository, gitOps, id, refuse);

  const entries = await repository.entries(id, gitOps.path);
  if (typeof entries === 'string') {
    const what = entries === 'missing' ? 'has no directory' : 'has no directory, but something else, at';
    throw refuse('PathMissing', `it ${what} ${gitOps.path} (gitOps.path); restore it, or change the configuration first`);
  }
  const links = await repository.blobs([...new Set(entries.filter(({ mode, size }) => mode === '120000' && size <= 4096).map(({ oid }) => oid))]);
  const { files, problems } = commitContents(entries, new Map([...links].map(([oid, target]) => [oid, target.toString('utf8')])));
  if (problems.length > 0) throw refuse('Unservable', 'it holds what cannot be served', problems);
  const size = files.reduce((sum, file) => sum + file.size, 0);
  if (files.length > gitOps.maxFiles) throw refuse('TooLarge', `it has ${files.length} resource files, and gitOps.maxFiles allows ${gitOps.maxFiles}`);
  if (size > gitOps.maxSize) throw refuse('TooLarge', `its resource files have ${Math.ceil(size / 1024)}Ki, and gitOps.maxSize allows ${Math.floor(gitOps.maxSize / 1024)}Ki`);
  if (!files.some(({ kind }) => kind === 'file')) {
    const where = gitOps.path === '' ? 'it' : `${gitOps.path} (gitOps.path)`;
    throw refuse('Empty', `${where} holds no resource file, and an empty set is never put in force; to close a site, remove its resources one by one, or stop sexton`);
  }
  const wanted = files.filter(({ kind }) => kind !== 'status').map(({ path, oid, kind }) => [path, kind === 'link' ? `link:${oid}` : oid] as const);
  return { commit, files, wanted: new Map(wanted) };
}

async function requireSignature(
  repository: Repository,
  { allowedSigners }: GitOpsConfiguration,
  commit: string,
  refuse: (reason: RefusalReason, message: string) => Refused,
): Promise<void> {
  if (allowedSigners === null) return;
  await requireReadable('allowedSigners', allowedSigners);
  const signature = await repository.signature(commit);
  if (signature.good) return;
  const remedy = 'push a commit signed by a key of gitOps.allowedSigners (git commit -S, gpg.format ssh)';
  throw refuse(signature.kind === 'None' ? 'SignatureMissing' : 'SignatureInvalid', `${signature.why}; ${remedy}`);
}

/** @throws ConfigurationError naming the setting */
export async function requireReadable(setting: string, file: string): Promise<void> {
  try {
    await access(file, constants.R_OK);
  } catch (error) {
    const code = errorCode(error);
    throw new ConfigurationError(`gitOps.${setting}: ${file} cannot be read (${code}): give it to the user that pulls`, { code, cause: error });
  }
}

/** Places as a person finds them in the repository. */
export function inRepository(problems: readonly Problem[], path: string): readonly Problem[] {
  return path === '' ? problems : problems.map((problem) => ({ ...problem, file: `${path}/${problem.file}` }));
}
