import { copyFile, link, lstat, mkdir, open, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncDirectory } from '../runtime/durable-file.js';
import { generatedFolder, statusFileOf } from '../store/file-names.js';
import type { CommitFile } from './commit-tree.js';
import type { LocalFiles } from './local-files.js';
import { recordPath, recordText, type TreeRecord } from './tree-record.js';

export interface TreePlan {
  /** Where it is made; must not exist. */
  readonly target: string;
  readonly files: readonly CommitFile[];
  /** By blob: every content that `served` does not have. */
  readonly blobs: ReadonlyMap<string, Buffer>;
  /** The tree that is served, and what it holds now: its equal files are linked, so that a small commit is a small write. */
  readonly served: { readonly root: string; readonly files: LocalFiles } | null;
}

const modes = { directory: 0o755, file: 0o644 } as const;

/** Makes the tree, committed status files included: they are judged with the rest. Nothing is synced yet. */
export async function buildTree({ target, files, blobs, served }: TreePlan): Promise<void> {
  const directories = [...new Set(files.map(({ path }) => dirname(path)))].sort();
  await mkdir(target, { recursive: true, mode: modes.directory });
  for (const directory of directories) await mkdir(join(target, directory), { recursive: true, mode: modes.directory });
  for (const { path, oid, kind } of files) {
    const absolute = join(target, path);
    const content = blobs.get(oid);
    if (kind === 'link') await symlink((content ?? Buffer.alloc(0)).toString('utf8'), absolute);
    else if (served?.files.get(path) === oid && kind === 'file') await linkOrCopy(join(served.root, path), absolute);
    else if (content === undefined) throw new Error(`the content of ${path} was not fetched`);
    else await writeFile(absolute, content, { flag: 'wx', mode: modes.file });
  }
  // Relative, so that a state directory can be moved; it leads to where no switch reaches.
  await symlink(join('..', '..', generatedFolder), join(target, generatedFolder));
}

/** One file under two names where the file system allows; else its content again. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch {
    await copyFile(from, to);
  }
}

/** The status that stands beside a file stays beside it: nothing flaps because a commit came. */
export async function carryStatuses(from: string, to: string, files: readonly CommitFile[]): Promise<void> {
  for (const path of new Set(files.filter(({ kind }) => kind !== 'status').map((file) => statusFileOf(file.path)))) {
    const stats = await lstat(join(from, path)).catch(() => null);
    if (stats?.isFile() === true) await linkOrCopy(join(from, path), join(to, path)).catch(() => undefined);
  }
}

/** Writes the record and brings everything to the disk: a power cut after the switch must find whole files. */
export async function sealTree(target: string, files: readonly CommitFile[], record: TreeRecord): Promise<void> {
  await writeFile(recordPath(target), recordText(record), { mode: 0o644 });
  const written = [recordPath(target), ...files.filter(({ kind }) => kind === 'file').map(({ path }) => join(target, path))];
  // All were written before the first is synced, which takes most of the others along.
  for (const path of written) {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
  const directories = new Set([target, ...files.map(({ path }) => join(target, dirname(path)))]);
  for (const directory of directories) await syncDirectory(directory);
}
