import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitOpsConfiguration } from '../runtime/config-gitops.js';
import { TransientError } from '../runtime/errors.js';
import { isoSeconds } from '../runtime/instant.js';
import { parseTree, type TreeEntry } from './commit-tree.js';
import { GitError, type Git } from './git.js';

export interface Commit {
  readonly id: string;
  /** ISO 8601 UTC. */
  readonly authoredAt: string;
  /** One line, as its author wrote it. For a terminal only. */
  readonly subject: string;
}

/** The fetched repository, bare: commits and their files, nothing of it ever executed. */
export interface Repository {
  /** The newest commit of the branch, as the repository's host says; writes nothing. Null: there is no such branch. */
  tip(): Promise<{ readonly commit: string | null; readonly branches: readonly string[] }>;
  /** Fetches the branch; the commit it is at. @throws TooLargeError */
  fetch(known: string | null): Promise<string>;
  /** True when everything of the commit is here. */
  has(commit: string): Promise<boolean>;
  isAncestor(older: string, newer: string): Promise<boolean>;
  commit(id: string): Promise<Commit>;
  /** From the newest, without `older` and what came before it; at most so many. */
  commitsSince(older: string, newer: string, most: number): Promise<readonly Commit[]>;
  /** What the directory holds; a word when it is none. */
  entries(commit: string, path: string): Promise<readonly TreeEntry[] | 'missing' | 'not a directory'>;
  blobs(oids: readonly string[]): Promise<ReadonlyMap<string, Buffer>>;
  signature(commit: string): Promise<Signature>;
}

export type Signature = { readonly good: true } | { readonly good: false; readonly kind: 'None' | 'Bad'; readonly why: string };

/** The repository outgrows `gitOps.maxSize`. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
}

const fetched = 'refs/sexton/fetched';

/** Opens it, or makes an empty one. What a killed pull left in it is removed: only one pull runs at a time. */
export async function openRepository(git: Git, directory: string, { url, branch, timeout, maxSize }: GitOpsConfiguration): Promise<Repository> {
  await prepare(git, directory);
  const text = async (...words: readonly string[]): Promise<string> => (await git(words)).toString('utf8').trim();
  const succeeds = async (...words: readonly string[]): Promise<boolean> => {
    try {
      await git(words);
      return true;
    } catch (error) {
      if (error instanceof GitError) return false;
      throw error;
    }
  };
  const tooLarge = async (): Promise<Error | null> => {
    if ((await sizeOf(join(directory, 'objects'))) <= maxSize) return null;
    return new TooLargeError(`the repository is larger than gitOps.maxSize allows`);
  };
  const fetch = async (words: readonly string[]): Promise<void> => {
    const refspec = `+refs/heads/${branch}:${fetched}`;
    await git(['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', ...words, '--', url, refspec], { timeout, stopWhen: tooLarge });
    const wrong = await tooLarge();
    if (wrong !== null) throw wrong;
  };
  const commits = async (words: readonly string[]): Promise<readonly Commit[]> =>
    (await text('log', '--no-show-signature', '--no-decorate', '--format=%H%x00%at%x00%s', ...words))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [id = '', at = '0', subject = ''] = line.split('\0');
        return { id, authoredAt: isoSeconds(Number(at) * 1000), subject };
      });

  const repository: Repository = {
    async tip() {
      const lines = (await git(['ls-remote', '--heads', '--', url], { timeout })).toString('utf8').split('\n');
      const heads = new Map(lines.flatMap((line) => {
        const [, id, name] = /^([0-9a-f]{40,64})\trefs\/heads\/(.+)$/.exec(line) ?? [];
        return id === undefined || name === undefined ? [] : [[name, id] as const];
      }));
      return { commit: heads.get(branch) ?? null, branches: [...heads.keys()] };
    },
    async fetch(known) {
      try {
        // The first time, or where nothing of the served history is left, no more than the newest commit is needed.
        await fetch(known === null ? ['--depth=1'] : []);
        // What is served may be missing here, after a lost repository: only the whole history tells whether it is an ancestor.
        if (known !== null && !(await repository.has(known)) && (await isShallow(directory))) await fetch(['--unshallow']);
      } catch (error) {
        if (error instanceof TooLargeError) await rm(directory, { recursive: true, force: true });
        throw error;
      }
      return text('rev-parse', '--verify', `${fetched}^{commit}`);
    },
    has: (commit) => succeeds('rev-list', '--quiet', '--objects', '--max-count=1', commit, '--'),
    isAncestor: (older, newer) => succeeds('merge-base', '--is-ancestor', older, newer),
    async commit(id) {
      const [found] = await commits(['--max-count=1', id, '--']);
      if (found === undefined) throw new TransientError(`git does not know the commit ${id}`, { code: 'GitFailed' });
      return found;
    },
    commitsSince: (older, newer, most) => commits([`--max-count=${most}`, `${older}..${newer}`, '--']),
    async entries(commit, path) {
      const type = await text('cat-file', '-t', `${commit}:${path}`).catch((error: unknown) => {
        if (error instanceof GitError) return null;
        throw error;
      });
      if (type !== 'tree') return type === null ? 'missing' : 'not a directory';
      return parseTree(await git(['ls-tree', '-r', '-l', '-z', '--full-tree', `${commit}:${path}`], { most: 64 * 1024 ** 2 }));
    },
    async blobs(oids) {
      if (oids.length === 0) return new Map();
      const output = await git(['cat-file', '--batch'], { input: oids.map((oid) => `${oid}\n`).join(''), most: maxSize + 128 * oids.length });
      return parseBatch(output);
    },
    signature: (commit) => signatureOf(git, commit),
  };
  return repository;
}

/** Makes an empty one where none is usable. */
async function prepare(git: Git, directory: string): Promise<void> {
  const whole = await stat(join(directory, 'HEAD')).then((stats) => stats.size > 0, () => false);
  if (!whole) {
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    await git(['init', '--bare', '--quiet', '--template=', directory]);
  }
  await rm(join(directory, 'hooks'), { recursive: true, force: true });
  for (const name of await readdir(directory, { recursive: true })) {
    if (/\.lock$|(^|\/)tmp_[^/]*$/.test(name)) await rm(join(directory, name), { force: true, recursive: true });
  }
}

async function isShallow(directory: string): Promise<boolean> {
  return stat(join(directory, 'shallow')).then(() => true, () => false);
}

async function sizeOf(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    entries.filter((entry) => entry.isFile()).map((entry) => stat(join(entry.parentPath, entry.name)).then(({ size }) => size, () => 0)),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** `OID blob SIZE`, a line break, so many bytes, a line break. */
function parseBatch(output: Buffer): ReadonlyMap<string, Buffer> {
  const blobs = new Map<string, Buffer>();
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf(10, at);
    const [, oid, size] = /^([0-9a-f]+) blob (\d+)$/.exec(output.toString('latin1', at, end)) ?? [];
    if (end < 0 || oid === undefined) throw new TransientError('git did not give the content of a file', { code: 'GitFailed' });
    const length = Number(size);
    blobs.set(oid, output.subarray(end + 1, end + 1 + length));
    at = end + 1 + length + 1;
  }
  return blobs;
}

async function signatureOf(git: Git, commit: string): Promise<Signature> {
  const object = (await git(['cat-file', 'commit', commit])).toString('latin1');
  const headers = object.slice(0, object.indexOf('\n\n'));
  const [, form] = /^gpgsig(?:-sha256)? -----BEGIN (\w+)/m.exec(headers) ?? [];
  if (form === undefined) return { good: false, kind: 'None', why: 'it is not signed' };
  if (form !== 'SSH') return { good: false, kind: 'Bad', why: 'its signature is none by an ssh key' };
  try {
    await git(['verify-commit', commit]);
    return { good: true };
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    const key = (await git(['log', '--max-count=1', '--format=%GF', commit, '--'])).toString('latin1').trim();
    if (/^SHA256:/.test(key)) return { good: false, kind: 'Bad', why: `the key that signed it, ${key}, was not in gitOps.allowedSigners when it was made` };
    return { good: false, kind: 'Bad', why: 'its signature does not match what it holds, or cannot be verified' };
  }
}
