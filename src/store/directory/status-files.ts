import type { BigIntStats } from 'node:fs';
import { mkdir, readFile, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TransientError, errorCode, errorMessage } from '../../runtime/errors.js';
import { writeDurably } from '../../runtime/durable-file.js';
import type { Logger } from '../../runtime/log.js';
import { runtimePaths } from '../../runtime/paths.js';
import { isStatusFile } from '../file-names.js';
import { isRacy, sameStats } from './file-reader.js';
import { type StatusDocument, type StatusFile, isOurs, readStatusText, specLine } from './status-text.js';
import type { TreeFile } from './tree.js';

export interface StatusFilesOptions {
  readonly directory: string;
  readonly runtimeDir: string;
  readonly log: Logger;
  readonly onDiskWrite?: ((what: string) => void) | undefined;
}

export interface StatusReading {
  readonly documents: readonly StatusDocument[];
  /** Where it holds a `spec`, which makes it somebody's resource; null: it does not. */
  readonly specLine: number | null;
}

const READ_ONLY: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS']);

/** The status files beside the resource files or, where those cannot be written, in the runtime directory. Paths are relative. */
export class StatusFiles {
  readonly #options: StatusFilesOptions;
  readonly #spare: string;
  readonly #said = new Set<string>();
  #elsewhere = false;
  readonly #cache = new Map<string, StatusReading & { readonly text: string; readonly stats: BigIntStats; readonly racy: boolean }>();

  constructor(options: StatusFilesOptions) {
    this.#options = options;
    this.#spare = runtimePaths(options.runtimeDir).status;
  }

  /** Where the last status files went that could not be written beside their files; null: they stand there. */
  get elsewhere(): string | null {
    return this.#elsewhere ? this.#spare : null;
  }

  /** What stands beside the resource file, else what the spare file says. `present`: the file in the directory, if any. */
  async read(path: string, present: TreeFile | undefined): Promise<StatusReading> {
    const known = this.#cache.get(path);
    const stats = present?.stats ?? (await stat(join(this.#spare, path), { bigint: true }).catch(() => null));
    if (stats === null) return { documents: [], specLine: null };
    if (known !== undefined && !known.racy && sameStats(known.stats, stats)) return known;
    const text = (await readText(present?.absolute ?? join(this.#spare, path))) ?? '';
    const reading = known?.text === text ? known : { documents: readStatusText(path, text), specLine: specLine(path, text) };
    this.#cache.set(path, { documents: reading.documents, specLine: reading.specLine, text, stats, racy: isRacy(stats) });
    return reading;
  }

  /** Brings the files in line with `wanted`. `present`: the status files that stand in the directory now. */
  async replaceAll(wanted: ReadonlyMap<string, StatusFile>, present: readonly string[]): Promise<void> {
    const failures: unknown[] = [];
    const spare = new Set<string>();
    for (const [path, file] of wanted) {
      try {
        if ((await this.#write(path, file)) === 'spare') spare.add(path);
      } catch (error) {
        failures.push(error);
      }
    }
    for (const path of present) if (!wanted.has(path)) await this.#remove(path);
    for (const path of this.#cache.keys()) if (!wanted.has(path) && !present.includes(path)) this.#cache.delete(path);
    await this.#removeSpares(spare);
    this.#elsewhere = spare.size > 0;
    if (failures.length === 0) return;
    const [first] = failures;
    throw new TransientError(`${failures.length} status files could not be written: ${errorMessage(first)}`, { code: errorCode(first), cause: first });
  }

  async #write(path: string, { text: content, documents }: StatusFile): Promise<'beside' | 'spare' | 'nowhere'> {
    const absolute = join(this.#options.directory, path);
    const text = await readText(absolute);
    if (text === content) return 'beside';
    const known = this.#cache.get(path);
    if (text !== null && (known?.text === text ? known.specLine : specLine(path, text)) !== null) {
      this.#say(path, 'status file holds a resource', { remedy: 'give it a name that does not end in .status.yaml' });
      return 'nowhere';
    }
    try {
      await writeDurably({ path: absolute, content, mode: 0o644 });
      this.#options.onDiskWrite?.('status');
      // What we wrote need not be parsed; racy, so that the next reading compares the text all the same.
      const stats = await stat(absolute, { bigint: true });
      this.#cache.set(path, { documents, specLine: null, text: content, stats, racy: true });
      return 'beside';
    } catch (error) {
      const code = errorCode(error);
      // The directory of the resource file went away in the meantime; the next reading knows.
      if (code === 'ENOENT') return 'nowhere';
      if (!READ_ONLY.has(code)) throw error;
      this.#say('', 'resource directory cannot be written', { code, directory: this.#options.directory, statusGoesTo: this.#spare });
      await this.#writeSpare(path, content);
      return 'spare';
    }
  }

  async #writeSpare(path: string, content: string): Promise<void> {
    const absolute = join(this.#spare, path);
    if ((await readText(absolute)) === content) return;
    try {
      await mkdir(dirname(absolute), { recursive: true, mode: 0o750 });
      await writeDurably({ path: absolute, content, mode: 0o644 });
    } catch (error) {
      const code = errorCode(error);
      if (!READ_ONLY.has(code)) throw error;
      throw new TransientError(`runtimeDir ${this.#options.runtimeDir} cannot be written (${code}): give it to the user that runs sexton`, { code, cause: error });
    }
  }

  async #remove(path: string): Promise<void> {
    const absolute = join(this.#options.directory, path);
    const text = await readText(absolute);
    if (text === null || !isOurs(path, text)) return;
    try {
      await rm(absolute, { force: true });
      this.#options.onDiskWrite?.('status');
    } catch (error) {
      this.#say(path, 'status file cannot be removed', { code: errorCode(error) });
    }
  }

  /** Spare files whose place beside the resource file can be written again, or whose resource file is gone. */
  async #removeSpares(keep: ReadonlySet<string>): Promise<void> {
    const present = await readdir(this.#spare, { recursive: true }).catch(() => []);
    for (const path of present) if (isStatusFile(path) && !keep.has(path)) await rm(join(this.#spare, path), { force: true });
  }

  /** Each complaint once, or every cycle would repeat it. */
  #say(path: string, message: string, fields: Readonly<Record<string, string>>): void {
    if (this.#said.has(`${path} ${message}`)) return;
    this.#said.add(`${path} ${message}`);
    this.#options.log.warn(message, path === '' ? fields : { file: path, ...fields });
  }
}

async function readText(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(() => null);
}
