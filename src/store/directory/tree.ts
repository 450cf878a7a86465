import type { BigIntStats } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Problem } from '../../api/problem.js';
import { errorCode } from '../../runtime/errors.js';
import { compareText } from '../../runtime/text.js';
import { generatedBeside, generatedFolder, isResourceFile, isStatusFile } from '../file-names.js';

export interface TreeFile {
  /** Relative to the resource directory. */
  readonly path: string;
  readonly absolute: string;
  readonly stats: BigIntStats;
}

/** A file, or a directory with all that is below it, which cannot be read. */
export interface Blocked {
  readonly path: string;
  readonly directory: boolean;
  readonly problem: Problem;
}

export interface Tree {
  /** By path. */
  readonly files: readonly TreeFile[];
  readonly statusFiles: readonly TreeFile[];
  readonly blocked: readonly Blocked[];
}

interface Found {
  readonly files: TreeFile[];
  readonly statusFiles: TreeFile[];
  readonly blocked: Blocked[];
}

/** Every resource and status file below `root`, without opening one. @throws when `root` itself cannot be listed */
export async function readTree(root: string): Promise<Tree> {
  const top = await realpath(root);
  const found: Found = { files: [], statusFiles: [], blocked: [] };
  await readDirectory({ root: top, path: '', above: [top], found });
  const byPath = (a: { readonly path: string }, b: { readonly path: string }): number => compareText(a.path, b.path);
  const files = found.files.sort(byPath);
  const paths = new Set(files.map((file) => file.path));
  const twins = files.filter(({ path }) => path.endsWith('.yml') && paths.has(path.replace(/yml$/, 'yaml')));
  return {
    files: files.filter((file) => !twins.includes(file)),
    statusFiles: found.statusFiles.sort(byPath),
    blocked: [...found.blocked, ...twins.map(({ path }) => blockedTwin(path))].sort(byPath),
  };
}

interface Step {
  readonly root: string;
  /** Relative to the root; empty for the root. */
  readonly path: string;
  /** Real paths of this directory and those it was reached through. */
  readonly above: readonly string[];
  readonly found: Found;
}

async function readDirectory(step: Step): Promise<void> {
  const absolute = join(step.root, step.path);
  const entries = (await readdir(absolute, { withFileTypes: true })).filter((entry) => !entry.name.startsWith('.'));
  await Promise.all(
    entries.map(async (entry) => {
      const path = join(step.path, entry.name);
      if (entry.isSymbolicLink()) await followLink(step, path);
      else if (entry.isDirectory()) await enter(step, path, join(absolute, entry.name));
      else if (isResourceFile(entry.name) || isStatusFile(entry.name)) await addFile(step, path);
    }),
  );
}

async function enter(step: Step, path: string, real: string): Promise<void> {
  try {
    await readDirectory({ ...step, path, above: [...step.above, real] });
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    block(step, path, true, `the directory cannot be read (${errorCode(error)}); give it to the user that runs sexton`);
  }
}

async function addFile(step: Step, path: string): Promise<void> {
  try {
    const absolute = join(step.root, path);
    const stats = await stat(absolute, { bigint: true });
    if (!stats.isFile()) block(step, path, false, 'is not a regular file; remove it');
    else (isStatusFile(path) ? step.found.statusFiles : step.found.files).push({ path, absolute, stats });
  } catch (error) {
    // Gone since the directory was listed: the next reading knows.
    if (errorCode(error) !== 'ENOENT') block(step, path, false, `the file cannot be read (${errorCode(error)})`);
  }
}

async function followLink(step: Step, path: string): Promise<void> {
  const named = isResourceFile(path.slice(path.lastIndexOf(sep) + 1));
  let target: string;
  let directory: boolean;
  try {
    target = await realpath(join(step.root, path));
    directory = (await lstat(target)).isDirectory();
  } catch (error) {
    const code = errorCode(error);
    const why = code === 'ELOOP' ? 'the link leads back to itself' : `the link leads nowhere (${code})`;
    if (named) block(step, path, false, `${why}; repair or remove it`);
    return;
  }
  if (!directory && !named) return;
  const inside = relative(step.root, target);
  if (directory && path === generatedFolder && target === generatedBeside(step.root)) {
    await enter(step, path, target);
  } else if (inside === '..' || inside.startsWith(`..${sep}`)) {
    block(step, path, directory, 'the link leads out of the resource directory; put the file itself here');
  } else if (directory && step.above.some((ancestor) => ancestor === target || ancestor.startsWith(target + sep))) {
    block(step, path, true, 'the link leads back to a directory that contains it; remove it');
  } else if (!isReadAnyway(inside, directory)) {
    await (directory ? enter(step, path, target) : addFile(step, path));
  }
}

/** True where the target is found under its own path; reading it twice would make every resource a duplicate. */
function isReadAnyway(inside: string, directory: boolean): boolean {
  const parts = inside.split(sep);
  return !parts.some((part) => part.startsWith('.')) && (directory || isResourceFile(parts.at(-1) ?? ''));
}

function block(step: Step, path: string, directory: boolean, message: string): void {
  step.found.blocked.push({ path, directory, problem: { file: path, line: 0, column: 0, path: '', message } });
}

function blockedTwin(path: string): Blocked {
  const twin = path.replace(/yml$/, 'yaml');
  const message = `${twin} stands beside it and has the same status file; rename or remove one of the two`;
  return { path, directory: false, problem: { file: path, line: 0, column: 0, path: '', message } };
}
