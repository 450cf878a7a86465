import { createHash } from 'node:crypto';
import { lstat, readFile, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../runtime/errors.js';
import { compareText } from '../runtime/text.js';
import { generatedFolder, isResourceFile, isStatusFile } from '../store/file-names.js';

/** By path: what `git` would call the content of each file, with `link:` before that of a link. */
export type LocalFiles = ReadonlyMap<string, string>;

export interface LocalEdit {
  readonly path: string;
  readonly what: 'changed' | 'added' | 'removed';
}

/** Which files count: `resources`, without status files and those of commands; `all` but status files and dot-entries. */
export type Scope = 'resources' | 'all';

/** What a directory holds now; a directory that is not there holds nothing. @param format as of git's object names */
export async function localFiles(root: string, scope: Scope, format: 'sha1' | 'sha256'): Promise<LocalFiles> {
  const found = new Map<string, string>();
  await scan({ root, path: '', scope, format, found });
  return new Map([...found].sort(([a], [b]) => compareText(a, b)));
}

interface Scan {
  readonly root: string;
  readonly path: string;
  readonly scope: Scope;
  readonly format: 'sha1' | 'sha256';
  readonly found: Map<string, string>;
}

async function scan(step: Scan): Promise<void> {
  const names = await readdir(join(step.root, step.path)).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });
  for (const name of names) {
    const path = step.path === '' ? name : `${step.path}/${name}`;
    if (name.startsWith('.') || path === generatedFolder) continue;
    const absolute = join(step.root, path);
    const stats = await lstat(absolute).catch(() => null);
    if (stats === null) continue;
    if (stats.isDirectory()) await scan({ ...step, path });
    else if (isStatusFile(name) || (step.scope === 'resources' && !isResourceFile(name) && !stats.isSymbolicLink())) continue;
    else if (stats.isSymbolicLink()) step.found.set(path, `link:${blobId(Buffer.from(await readlink(absolute)), step.format)}`);
    else if (stats.isFile()) step.found.set(path, blobId(await readFile(absolute), step.format));
  }
}

/** Git's name for a content. Source: gitformat-... of git-hash-object(1), "blob SIZE NUL content". */
function blobId(content: Buffer, format: 'sha1' | 'sha256'): string {
  return createHash(format).update(`blob ${content.length}\0`).update(content).digest('hex');
}

/** Git's names tell how they were made by their length. */
export function formatOf(oid: string): 'sha1' | 'sha256' {
  return oid.length === 64 ? 'sha256' : 'sha1';
}

/** What differs from `base` and is not as `wanted` has it: an edit that was committed since is none any more. */
export function localEdits(actual: LocalFiles, base: LocalFiles, wanted: LocalFiles): readonly LocalEdit[] {
  const paths = [...new Set([...actual.keys(), ...base.keys()])].sort(compareText);
  return paths.flatMap((path): readonly LocalEdit[] => {
    const now = actual.get(path);
    if (now === base.get(path) || now === wanted.get(path)) return [];
    return [{ path, what: now === undefined ? 'removed' : base.has(path) ? 'changed' : 'added' }];
  });
}
