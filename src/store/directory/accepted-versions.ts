import { mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { kindInfo } from '../../api/kinds.js';
import { type Kind, kinds } from '../../api/resource.js';
import type { Logger } from '../../runtime/log.js';
import { ConfigurationError, TransientError, errorCode, errorMessage } from '../../runtime/errors.js';
import { statePaths } from '../../runtime/paths.js';
import { type OnStateTrouble, type StateFile, openStateFile } from '../../runtime/state-file.js';
import { stateVersions } from '../../runtime/state-versions.js';

/** What is in force, and how it came to be. */
export interface AcceptedVersion {
  readonly generation: number;
  /** SHA-256 (hex) of the spec after defaulting. */
  readonly specHash: string;
  /** ISO 8601 UTC: this version; `createdAt`: the first one. */
  readonly acceptedAt: string;
  readonly createdAt: string;
  /** The file that it was last seen in, relative to the resource directory. */
  readonly file: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec: Readonly<Record<string, unknown>>;
}

export interface ResourceKey {
  readonly kind: Kind;
  readonly name: string;
}

export function keyText({ kind, name }: ResourceKey): string {
  return `${kind}/${name}`;
}

export interface AcceptedVersionsOptions {
  readonly stateDir: string;
  readonly log: Logger;
  readonly readOnly: boolean;
  readonly onDiskWrite?: ((what: string) => void) | undefined;
  readonly onLost?: ((file: string, text: string) => void) | undefined;
  readonly onTrouble?: OnStateTrouble | undefined;
}

export type AcceptedEntry = ResourceKey & { readonly version: AcceptedVersion };

/** The accepted versions: in memory, and one file each under `accepted/<plural>/<name>.json`. */
export class AcceptedVersions {
  readonly #options: AcceptedVersionsOptions;
  readonly #files = new Map<string, StateFile<AcceptedVersion>>();
  readonly #unsaved = new Map<string, AcceptedEntry>();
  #entries: Map<string, AcceptedEntry> | null = null;
  #setAside: ReadonlySet<string> = new Set();

  constructor(options: AcceptedVersionsOptions) {
    this.#options = options;
  }

  /** By `KIND/NAME`. A reader reads the disk each time: the daemon beside it writes there. */
  async all(): Promise<ReadonlyMap<string, AcceptedEntry>> {
    if (this.#entries === null || this.#options.readOnly) this.#entries = await this.#load();
    for (const entry of [...this.#unsaved.values()]) await this.#save(entry);
    return this.#entries;
  }

  /** By `KIND/NAME`: versions that were damaged, now or by an earlier process, and that nothing has replaced. As of the last reading. */
  lost(): ReadonlySet<string> {
    return new Set([...this.#setAside].filter((key) => this.#entries?.has(key) !== true));
  }

  /** In force from now on, whether or not the disk takes it: a write that failed is tried again at every reading. */
  async accept(entry: AcceptedEntry): Promise<void> {
    this.#entries?.set(keyText(entry), entry);
    if (!this.#options.readOnly) await this.#save(entry);
  }

  async #save(entry: AcceptedEntry): Promise<void> {
    try {
      // A state directory that is gone is put back by a person: in one made anew, nobody would know who this installation is.
      for (const directory of [statePaths(this.#options.stateDir).accepted, dirname(this.#path(entry))]) await mkdir(directory, { mode: 0o750 }).catch(() => undefined);
      await this.#file(entry).write(entry.version);
      this.#unsaved.delete(keyText(entry));
    } catch (error) {
      this.#unsaved.set(keyText(entry), entry);
      this.#options.log.error('accepted version not saved', { resource: keyText(entry), error });
    }
  }

  async forget(key: ResourceKey): Promise<void> {
    if (this.#options.readOnly) throw new Error('the store is open for reading only');
    await this.#file(key).discard();
    this.#options.onTrouble?.(this.#path(key), null);
    this.#files.delete(keyText(key));
    this.#unsaved.delete(keyText(key));
    this.#entries?.delete(keyText(key));
  }

  async #load(): Promise<Map<string, AcceptedEntry>> {
    const entries = new Map<string, AcceptedEntry>();
    this.#files.clear();
    const setAside = new Set<string>();
    for (const kind of kinds) {
      const names = await namesIn(join(statePaths(this.#options.stateDir).accepted, kindInfo(kind).plural));
      for (const name of names.setAside) setAside.add(keyText({ kind, name }));
      for (const name of names.kept) {
        const { value, lost } = await this.#file({ kind, name }).read();
        if (value !== null) entries.set(keyText({ kind, name }), { kind, name, version: value });
        if (lost === null) continue;
        setAside.add(keyText({ kind, name }));
        this.#options.log.error('state lost', { resource: keyText({ kind, name }), report: lost });
        this.#options.onLost?.(`accepted/${kindInfo(kind).plural}/${name}.json`, lost);
      }
    }
    this.#setAside = setAside;
    return entries;
  }

  #file(key: ResourceKey): StateFile<AcceptedVersion> {
    const known = this.#files.get(keyText(key));
    if (known !== undefined) return known;
    const file = openStateFile({
      path: this.#path(key),
      version: stateVersions.accepted,
      what: `the accepted version of ${keyText(key)}`,
      label: 'accepted',
      // No more than the resource files hold, and read by commands of the group's people.
      mode: 0o640,
      decode,
      onDiskWrite: this.#options.onDiskWrite,
      onTrouble: this.#options.onTrouble,
      readOnly: this.#options.readOnly,
    });
    this.#files.set(keyText(key), file);
    return file;
  }

  #path({ kind, name }: ResourceKey): string {
    return join(statePaths(this.#options.stateDir).accepted, kindInfo(kind).plural, `${name}.json`);
  }
}

async function namesIn(directory: string): Promise<{ readonly kept: readonly string[]; readonly setAside: readonly string[] }> {
  try {
    const names = await readdir(directory);
    return {
      kept: names.filter((name) => name.endsWith('.json') && !name.startsWith('.')).map((name) => name.slice(0, -'.json'.length)).sort(),
      setAside: names.flatMap((name) => /^([^.].*)\.json(?:\.\d+)?\.bad$/.exec(name)?.[1] ?? []),
    };
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return { kept: [], setAside: [] };
    const details = { code, cause: error };
    if (['EACCES', 'EPERM', 'ENOTDIR'].includes(code)) {
      throw new ConfigurationError(`stateDir: ${directory} cannot be read (${code}): give it to the user that runs sexton`, details);
    }
    throw new TransientError(`${directory} cannot be read: ${errorMessage(error)}`, details);
  }
}

function decode(value: Readonly<Record<string, unknown>>): AcceptedVersion | null {
  const { generation, specHash, acceptedAt, createdAt, file, spec, labels, annotations } = value;
  if (typeof generation !== 'number' || typeof specHash !== 'string' || typeof acceptedAt !== 'string') return null;
  if (typeof createdAt !== 'string' || typeof file !== 'string' || typeof spec !== 'object' || spec === null) return null;
  return {
    generation,
    specHash,
    acceptedAt,
    createdAt,
    file,
    ...(labels === undefined ? {} : { labels: labels as Readonly<Record<string, string>> }),
    ...(annotations === undefined ? {} : { annotations: annotations as Readonly<Record<string, string>> }),
    spec: spec as Readonly<Record<string, unknown>>,
  };
}
