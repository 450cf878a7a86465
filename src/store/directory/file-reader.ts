import { createHash } from 'node:crypto';
import { type BigIntStats, constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { ParsedDocument } from '../../api/documents.js';
import { parseDocuments } from '../../api/documents.js';
import type { Problem } from '../../api/problem.js';
import { specHash } from '../../api/spec-hash.js';
import { type Admission, validateResource } from '../../api/validate.js';
import { errorCode } from '../../runtime/errors.js';
import type { TreeFile } from './tree.js';

/** One document of a file, judged by itself. */
export interface ReadDocument {
  readonly document: ParsedDocument;
  readonly admission: Admission;
  /** Of the spec after defaulting; null when it is refused. */
  readonly specHash: string | null;
}

export interface ReadFile {
  readonly path: string;
  readonly documents: readonly ReadDocument[];
  /** What concerns the whole file; then there are no documents. */
  readonly problems: readonly Problem[];
  /** Not even a comment: a power cut and a full disk leave such files, a person hardly ever. */
  readonly emptied?: true;
}

interface Cached {
  readonly stats: BigIntStats;
  readonly digest: string;
  readonly racy: boolean;
  readonly file: ReadFile;
}

/** Larger files are not even opened; the parser's own, lower limit explains itself better. */
const HOPELESS = 64n * 1024n * 1024n;
/** Coarser than the time stamps of any file system that we expect. */
const RACY_MS = 2000;

/** True for a file that changed so recently that another change could leave the same time stamp. */
export function isRacy(stats: BigIntStats): boolean {
  return Number(stats.ctimeMs) > Date.now() - RACY_MS;
}

/** Reads and judges files, each again only when it changed. */
export class FileReader {
  #cache: ReadonlyMap<string, Cached> = new Map();
  readonly #namespace: string;

  /** @param namespace the site: the only namespace that a document may name */
  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  async readAll(files: readonly TreeFile[]): Promise<readonly ReadFile[]> {
    const next = new Map<string, Cached>();
    const read: ReadFile[] = [];
    // One after the other: a thousand files at once would exhaust the file descriptors.
    for (const file of files) {
      const result = await this.#read(file);
      if ('cached' in result) next.set(file.path, result.cached);
      read.push('cached' in result ? result.cached.file : result.failed);
    }
    this.#cache = next;
    return read;
  }

  async #read(file: TreeFile): Promise<{ readonly cached: Cached } | { readonly failed: ReadFile }> {
    const before = this.#cache.get(file.path);
    if (before !== undefined && !before.racy && sameStats(before.stats, file.stats)) return { cached: before };
    try {
      if (file.stats.size > HOPELESS) return { failed: this.#failed(file, `the file has ${file.stats.size / 1024n / 1024n} MiB; it is no resource file`) };
      const { bytes, stats } = await readStable(file.absolute);
      const digest = createHash('sha256').update(bytes).digest('hex');
      const parsed = before?.digest === digest ? before.file : this.#judge(file.path, bytes);
      return { cached: { stats, digest, racy: isRacy(stats), file: parsed } };
    } catch (error) {
      return { failed: this.#failed(file, `the file cannot be read (${errorCode(error)}); give it to the user that runs sexton`) };
    }
  }

  #judge(path: string, bytes: Uint8Array): ReadFile {
    const { documents, problems } = parseDocuments(path, bytes);
    const judged = documents.map((document) => {
      const admission = validateResource(document, { namespace: this.#namespace });
      return { document, admission, specHash: admission.resource === null ? null : specHash(admission.resource.spec) };
    });
    const emptied = Buffer.from(bytes).toString('utf8').trim() === '';
    return { path, documents: judged, problems, ...(emptied ? { emptied } : {}) };
  }

  #failed(file: TreeFile, message: string): ReadFile {
    return { path: file.path, documents: [], problems: [{ file: file.path, line: 0, column: 0, path: '', message }] };
  }
}

/** The bytes of a file that did not change while they were read: half a file may well be valid YAML. */
async function readStable(path: string): Promise<{ readonly bytes: Uint8Array; readonly stats: BigIntStats }> {
  for (let attempt = 1; ; attempt += 1) {
    // Without O_NONBLOCK, opening a pipe that took the file's place would wait for its other end.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const before = await handle.stat({ bigint: true });
      const bytes = await handle.readFile();
      const after = await handle.stat({ bigint: true });
      if (sameStats(before, after)) return { bytes, stats: after };
      if (attempt === 5) throw Object.assign(new Error('it changes all the time'), { code: 'EBUSY' });
    } finally {
      await handle.close();
    }
  }
}

export function sameStats(a: BigIntStats, b: BigIntStats): boolean {
  return a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs && a.size === b.size && a.ino === b.ino && a.dev === b.dev;
}
