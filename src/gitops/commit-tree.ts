import { posix } from 'node:path';
import type { Problem } from '../api/problem.js';
import { compareText } from '../runtime/text.js';
import { generatedFolder, isResourceFile, isStatusFile } from '../store/file-names.js';

/** One line of `git ls-tree -r -l -z`, its path relative to the directory that is followed. */
export interface TreeEntry {
  readonly mode: string;
  readonly oid: string;
  /** Bytes; 0 for a submodule. */
  readonly size: number;
  readonly path: string;
}

/** What of a commit is put in place. */
export interface CommitFile {
  readonly path: string;
  readonly oid: string;
  readonly size: number;
  /** `status`: a committed status file, looked at and never put in place. */
  readonly kind: 'file' | 'link' | 'status';
}

export interface CommitContents {
  /** By path. */
  readonly files: readonly CommitFile[];
  readonly problems: readonly Problem[];
}

const link = '120000';
const submodule = '160000';

/** Parses what git said. A path that is not UTF-8 keeps a replacement character, by which it is refused. */
export function parseTree(output: Buffer): readonly TreeEntry[] {
  return output
    .toString('utf8')
    .split('\0')
    .flatMap((line) => {
      const match = /^(\d{6}) \w+ ([0-9a-f]{40,64}) +(\d+|-)\t(.+)$/s.exec(line);
      const [, mode, oid, size, path] = match ?? [];
      return mode === undefined || oid === undefined || path === undefined ? [] : [{ mode, oid, size: size === '-' ? 0 : Number(size), path }];
    });
}

/**
 * The resource files of a commit, and what it holds that cannot be served.
 * Other files, and everything below a dot-entry, are not looked at: Sexton never reads them.
 * @param targets where the links lead, by their blob
 */
export function commitContents(entries: readonly TreeEntry[], targets: ReadonlyMap<string, string>): CommitContents {
  const files: CommitFile[] = [];
  const problems: Problem[] = [];
  const say = (path: string, message: string): void => void problems.push({ file: path, line: 0, column: 0, path: '', message });
  const paths = new Set(entries.map(({ path }) => path));
  const directories = new Set(entries.flatMap(({ path }) => parents(path)));
  for (const { mode, oid, size, path } of entries) {
    const parts = path.split('/');
    const name = parts.at(-1) ?? '';
    if (parts.some((part) => part.startsWith('.') && part !== '.' && part !== '..')) continue;
    if (parts.some((part) => part === '' || part === '.' || part === '..') || /[\p{Cc}\uFFFD]/u.test(path)) {
      if (isResourceFile(name)) say(path, 'has a name that no file here can have; rename it');
    } else if (mode === submodule) {
      say(path, 'is a submodule, which is never fetched; put its files into this repository, or let gitOps.path name another directory');
    } else if (mode === link) {
      const target = posix.normalize(posix.join(posix.dirname(path), targets.get(oid) ?? '/'));
      const inside = !(targets.get(oid) ?? '/').startsWith('/') && target !== '..' && !target.startsWith('../');
      const elsewhere = !paths.has(target) && !directories.has(target);
      if (path === generatedFolder) say(path, ownFolder);
      else if (!inside || elsewhere) {
        if (isResourceFile(name) || !inside) say(path, 'is a link that leads out of the directory or nowhere; put the file itself here');
      } else if (isResourceFile(name) && !directories.has(target) && !isResourceFile(posix.basename(target))) {
        say(path, 'is a link to what is no resource file; put the file itself here');
      } else if (isResourceFile(name) || directories.has(target)) files.push({ path, oid, size, kind: 'link' });
    } else if (parts[0] === generatedFolder && (parts.length === 1 || isResourceFile(name))) {
      say(path, ownFolder);
    } else if (isResourceFile(name)) {
      files.push({ path, oid, size, kind: 'file' });
    } else if (isStatusFile(name)) {
      files.push({ path, oid, size, kind: 'status' });
    }
  }
  return { files: files.sort((a, b) => compareText(a.path, b.path)), problems };
}

const ownFolder = `stands where this machine's own commands write; move it out of ${generatedFolder}/ in the repository`;

function parents(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

const pointer = 'version https://git-lfs.github.com/spec/';

/** A file that git-lfs replaced by a note of where its content is. */
export function isLfsPointer(content: Buffer): boolean {
  return content.length < 1024 && content.subarray(0, pointer.length).toString('latin1') === pointer;
}
