import { randomBytes } from 'node:crypto';
import { access, chmod, constants, copyFile, link, lstat, mkdir, readdir, readlink, realpath, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { syncDirectory } from '../runtime/durable-file.js';
import { ConfigurationError, errorCode } from '../runtime/errors.js';
import { isoSeconds } from '../runtime/instant.js';
import { gitOpsPaths } from '../runtime/paths.js';
import { generatedFolder } from '../store/file-names.js';
import { formatOf, localFiles, type LocalFiles } from './local-files.js';
import { readRecord, type TreeRecord } from './tree-record.js';

/** What stands at `resources`. */
export type Served =
  | { readonly kind: 'none' }
  /** A directory that no pull made. */
  | { readonly kind: 'plain'; readonly root: string }
  | { readonly kind: 'tree'; readonly root: string; readonly record: TreeRecord };

type Paths = ReturnType<typeof gitOpsPaths>;

/** The trees of pulls: `resources` → `gitops/current` → `gitops/trees/…`. One rename of `current` is the switch. */
export interface Trees {
  served(): Promise<Served>;
  /** A name that no tree has. */
  fresh(commit: string): { readonly building: string; readonly finished: string };
  /** @throws ConfigurationError, with the commands that help, when `resources` cannot be made to lead here */
  requireTakeOver(): Promise<void>;
  /** Before the first switch: the files of commands move to where no switch touches them. */
  shareGenerated(served: Served): Promise<void>;
  switchTo(finished: string): Promise<void>;
  /** Makes `resources` lead to `current`. Where the directory that stood there is now; null: nothing had to move. */
  takeOver(): Promise<string | null>;
  /** Copies files of a tree to where nothing removes them. The directory they are in. */
  setAside(root: string, files: readonly string[], now: number): Promise<string>;
  /** Half-made trees of pulls that were killed. */
  removeUnfinished(): Promise<void>;
  /** Every tree but the one served and the one before. What somebody wrote into one, and is not served, is set aside. Answers where. */
  removeOthers(served: string, before: string | null, now: number): Promise<readonly string[]>;
}

export async function openTrees(resources: string, stateDir: string): Promise<Trees> {
  const paths = gitOpsPaths(stateDir);
  await mkdir(paths.trees, { recursive: true, mode: 0o755 });
  if ((await mkdir(paths.generated, { recursive: true })) !== undefined) {
    // Commands of the group's people write there, and what they write belongs to the group.
    await chmod(paths.generated, 0o2775);
  }
  return {
    served: () => servedAt(resources, paths),
    fresh(commit) {
      const name = `${commit.slice(0, 12)}-${randomBytes(3).toString('hex')}`;
      return { building: join(paths.trees, `.${name}`), finished: join(paths.trees, name) };
    },
    requireTakeOver: () => requireTakeOver(resources, paths),
    shareGenerated: (served) => (served.kind === 'plain' ? shareGenerated(served.root, paths) : Promise.resolve()),
    async switchTo(finished) {
      await replaceLink(paths.current, relative(paths.directory, finished));
      await syncDirectory(paths.directory);
    },
    takeOver: () => takeOver(resources, paths),
    setAside: (root, files, now) => setAside(paths, { root, files, now }),
    async removeUnfinished() {
      for (const name of await readdir(paths.trees)) if (name.startsWith('.')) await rm(join(paths.trees, name), { recursive: true, force: true });
    },
    async removeOthers(served, before, now) {
      const aside: string[] = [];
      const inForce = (await readRecord(served))?.files ?? {};
      for (const name of await readdir(paths.trees)) {
        const root = join(paths.trees, name);
        if (root === served || root === before || name.startsWith('.')) continue;
        const late = await writtenSince(root, inForce);
        if (late.length > 0) aside.push(await setAside(paths, { root, files: late, now }));
        await rm(root, { recursive: true, force: true });
      }
      return aside;
    },
  };
}

async function servedAt(resources: string, paths: Paths): Promise<Served> {
  const root = await realpath(resources).catch(() => null);
  if (root === null || !(await stat(root)).isDirectory()) return { kind: 'none' };
  const record = await readRecord(root);
  return record !== null && dirname(root) === (await realpath(paths.trees)) ? { kind: 'tree', root, record } : { kind: 'plain', root };
}

async function leadsHere(resources: string, { current }: Paths): Promise<boolean> {
  if (resolve(resources) === current) return true;
  const target = await readlink(resources).catch(() => null);
  if (target === null) return false;
  const at = resolve(dirname(resources), target);
  return at === current || (await realpath(dirname(at)).catch(() => '')) === (await realpath(dirname(current))) && basename(at) === basename(current);
}

async function requireTakeOver(resources: string, paths: Paths): Promise<void> {
  if (await leadsHere(resources, paths)) return;
  try {
    await access(dirname(resources), constants.W_OK | constants.X_OK);
  } catch (error) {
    const stats = await lstat(resources).catch(() => null);
    const written = await readdir(join(resources, generatedFolder)).catch(() => []);
    const copy = written.length === 0 ? '' : `sudo cp -a ${resources}/${generatedFolder}/. ${paths.generated}/ && `;
    const move = stats?.isDirectory() === true ? `${copy}sudo mv ${resources} ${resources}.before-pull && ` : '';
    throw new ConfigurationError(
      `resources ${resources} cannot be replaced by a link to what is pulled (${errorCode(error)}): do it once yourself, with ${move}sudo ln -sfn ${paths.current} ${resources}, or name ${paths.current} under \`resources\``,
      { code: 'TakeOver', cause: error },
    );
  }
}

/** A rename over a link is atomic; nobody ever sees the path without one. */
async function replaceLink(path: string, target: string): Promise<void> {
  const next = `${path}.next`;
  await rm(next, { force: true });
  await symlink(target, next);
  await rename(next, path);
}

async function takeOver(resources: string, paths: Paths): Promise<string | null> {
  if (await leadsHere(resources, paths)) return null;
  const stats = await lstat(resources).catch(() => null);
  let moved: string | null = null;
  if (stats !== null && !stats.isSymbolicLink()) {
    moved = await freeName(`${resources}.before-pull`);
    // For a moment nothing stands there, which suspends both planes and revokes nothing; the next pull would go on from it.
    await rename(resources, moved);
  }
  await replaceLink(resources, paths.current);
  await syncDirectory(dirname(resources));
  return moved;
}

/** Hard links: the same file, with its owner, who is part of what it says. @throws ConfigurationError */
async function shareGenerated(root: string, { generated }: Paths): Promise<void> {
  const from = join(root, generatedFolder);
  const names = await readdir(from).catch(() => []);
  for (const name of names.filter((each) => !each.startsWith('.'))) {
    const [source, target] = [join(from, name), join(generated, name)];
    const stats = await lstat(source);
    if (!stats.isFile()) continue;
    const there = await lstat(target).catch(() => null);
    if (there?.ino === stats.ino) continue;
    await rm(target, { force: true });
    try {
      await link(source, target);
    } catch (error) {
      if (stats.uid !== process.geteuid?.()) {
        const remedy = 'chown it to the user that pulls, or remove it';
        throw new ConfigurationError(`${source} cannot be taken along (${errorCode(error)}): ${remedy}`, { code: 'TakeOver', cause: error });
      }
      await copyFile(source, target);
    }
  }
  await syncDirectory(generated);
}

/** Files of a tree that were changed, added or removed after it was made; a removal leaves nothing to keep. */
async function writtenSince(root: string, inForce: TreeRecord['files']): Promise<readonly string[]> {
  const record = await readRecord(root);
  if (record === null) return [];
  const base = record.files;
  const actual = await localFiles(root, 'all', record.commit.length === 64 ? 'sha256' : 'sha1');
  return [...actual].flatMap(([path, oid]) => (base[path] === oid || inForce[path] === oid ? [] : [path]));
}

async function setAside(paths: Paths, { root, files, now }: { readonly root: string; readonly files: readonly string[]; readonly now: number }): Promise<string> {
  const directory = await freeName(join(paths.setAside, isoSeconds(now).replaceAll(/[-:]/g, '')));
  await mkdir(directory, { recursive: true, mode: 0o775 });
  for (const file of files) {
    await mkdir(dirname(join(directory, file)), { recursive: true });
    const stats = await lstat(join(root, file)).catch(() => null);
    if (stats?.isSymbolicLink() === true) await symlink(await readlink(join(root, file)), join(directory, file));
    else if (stats !== null) await copyFile(join(root, file), join(directory, file));
  }
  await syncDirectory(directory);
  return directory;
}

async function freeName(wanted: string): Promise<string> {
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? wanted : `${wanted}.${count}`;
    if ((await lstat(name).catch(() => null)) === null) return name;
  }
}

/** What the tree holds now; names of blobs are made as git makes them for `commit`. */
export async function filesOf(served: Served, commit: string): Promise<LocalFiles> {
  return served.kind === 'none' ? new Map() : localFiles(served.root, 'resources', formatOf(commit));
}
