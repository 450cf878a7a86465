import type { Kind, Resource } from '../../api/resource.js';
import { apiVersion } from '../../api/resource.js';
import type { Clock } from '../../runtime/clock.js';
import { errorCode } from '../../runtime/errors.js';
import type { Logger } from '../../runtime/log.js';
import type { OnStateTrouble } from '../../runtime/state-file.js';
import type { ResourceReading, ResourceStore, StatusUpdate, StoredResource } from '../resource-store.js';
import { AbsenceWatch, isGitBusy } from './absence.js';
import { type AcceptedVersion, AcceptedVersions, type ResourceKey, keyText } from './accepted-versions.js';
import { type AdmittedResource, admit } from './admission.js';
import { watchChanges } from './change-watch.js';
import { isResourceFile, statusFileOf } from '../file-names.js';
import { withoutStrangers } from './generated-owners.js';
import { FileReader } from './file-reader.js';
import { RefusalTimes, type Since, continuedSince } from './refusal-times.js';
import { StatusFiles } from './status-files.js';
import { type ComposedStatus, type StatusDocument, UNREADABLE, composeStatus, unreadableName } from './status-text.js';
import { type Tree, type TreeFile, readTree } from './tree.js';

export interface DirectoryStoreOptions {
  readonly directory: string;
  readonly stateDir: string;
  readonly runtimeDir: string;
  /** The namespace of everything here. */
  readonly site: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** True: nothing is written anywhere; what is accepted on the way is forgotten. */
  readonly readOnly?: boolean;
  /** How long the directory must be quiet before listeners hear of a change; 100 by default. */
  readonly settleMs?: number;
  readonly onDiskWrite?: (what: string) => void;
  /** A file of the state directory could not be used: its name there, and a sentence. */
  readonly onLost?: (file: string, text: string) => void;
  readonly onTrouble?: OnStateTrouble;
}

/** The resources of a directory of YAML files (design section 3). */
export function openDirectoryStore(options: DirectoryStoreOptions): ResourceStore {
  return new DirectoryStore(options);
}

class DirectoryStore implements ResourceStore {
  readonly #options: DirectoryStoreOptions;
  readonly #accepted: AcceptedVersions;
  readonly #reader: FileReader;
  readonly #status: StatusFiles;
  readonly #absences = new AbsenceWatch();
  readonly #refusals = new RefusalTimes();
  readonly #listeners = new Set<() => void>();
  #composed: ReadonlyMap<string, ComposedStatus> = new Map();
  #present: ReadonlySet<string> = new Set();
  #stopWatching: (() => Promise<void>) | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: DirectoryStoreOptions) {
    this.#options = options;
    this.#accepted = new AcceptedVersions({ ...options, readOnly: options.readOnly ?? false });
    this.#reader = new FileReader(options.site);
    this.#status = new StatusFiles(options);
  }

  list(): Promise<ResourceReading> {
    return this.#inTurn(() => this.#list());
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    this.#stopWatching ??= watchChanges({ ...this.#options, settleMs: this.#options.settleMs ?? 100, poke: () => this.#poke() });
    return () => {
      this.#listeners.delete(listener);
    };
  }

  writeStatus(updates: readonly StatusUpdate[], unreadable: ResourceReading['unreadable']): Promise<void> {
    return this.#inTurn(() => this.#writeStatus(updates, unreadable));
  }

  forget(kind: Kind, name: string): Promise<void> {
    return this.#inTurn(async () => {
      // It came back since it was seen absent: what is in force must not be lost.
      if (this.#present.has(keyText({ kind, name }))) return;
      await this.#accepted.forget({ kind, name });
      // A resource that was refused for this one's sake can come into force now.
      this.#poke();
    });
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    await this.#stopWatching?.();
    this.#stopWatching = null;
    await this.#last;
  }

  #poke(): void {
    for (const listener of this.#listeners) listener();
  }

  /** One after the other: a reading must not see half of what another call writes. */
  #inTurn<R>(step: () => Promise<R>): Promise<R> {
    const run = this.#last.then(step);
    this.#last = run.catch(() => undefined);
    return run;
  }

  async #list(): Promise<ResourceReading> {
    const { clock, directory } = this.#options;
    const accepted = await this.#accepted.all();
    const tree = await this.#tree();
    const files = 'gone' in tree ? [] : await this.#reader.readAll(tree.files);
    const blocked = 'gone' in tree ? [] : tree.blocked;
    const now = this.#now();
    const { resources, absent, unreadable, accepts } = admit({ files, blocked, accepted, now });
    this.#present = new Set(resources.map(keyText));
    for (const entry of accepts) await this.#accepted.accept(entry);

    const statuses = await this.#readStatuses(resources, 'gone' in tree ? null : tree);
    const empty = 'gone' in tree ? tree.gone : resources.length + unreadable.length === 0 ? emptySentence(directory) : null;
    const suspended = empty ?? forgottenSentence({ resources, statuses, unreadable, lost: this.#accepted.lost() });
    if (suspended !== null) this.#absences.reset();
    const gitBusy = suspended === null && absent.length > 0 && (await isGitBusy(directory));
    const { confirmed, confirmIn } =
      suspended === null
        ? this.#absences.observe(absent.map(keyText), { monotonic: clock.monotonic(), gitBusy })
        : { confirmed: new Set<string>(), confirmIn: null };

    const misnamed = 'gone' in tree ? [] : await this.#misnamed(tree);
    return {
      resources: this.#refusals.during((since) => resources.map((resource, index) => this.#stored(resource, statuses[index] ?? null, since, now))),
      absent: absent.map((entry) => ({
        kind: entry.kind,
        name: entry.name,
        accepted: this.#inForce(entry, entry.version, { file: entry.version.file }),
        confirmed: confirmed.has(keyText(entry)),
      })),
      unreadable: [...unreadable, ...misnamed],
      suspended,
      confirmAbsenceIn: confirmIn,
      ...(this.#status.elsewhere === null ? {} : { statusElsewhere: this.#status.elsewhere }),
    };
  }

  async #tree(): Promise<Tree | { readonly gone: string }> {
    try {
      return await withoutStrangers(await readTree(this.#options.directory), this.#options.directory);
    } catch (error) {
      const code = errorCode(error);
      const what = code === 'ENOENT' ? 'is gone' : `cannot be read (${code})`;
      return { gone: `The resource directory ${this.#options.directory} ${what}: everything stays as it is until it is back.` };
    }
  }

  #stored(resource: AdmittedResource, status: StatusDocument['status'] | null, since: Since, now: string): StoredResource {
    const { kind, name, file, line, version, refused, warnings } = resource;
    return {
      kind,
      name,
      file,
      line,
      accepted: version === null ? null : this.#inForce(resource, version, { file, line }),
      specHash: version?.specHash ?? null,
      acceptedAt: version?.acceptedAt ?? null,
      refused: refused === null ? null : { since: since(`${file} ${keyText(resource)}`, refused.problems, status, now), ...refused },
      warnings,
      status,
    };
  }

  #inForce({ kind, name }: ResourceKey, version: AcceptedVersion, place: { readonly file: string; readonly line?: number }): Resource {
    const { generation, createdAt, labels, annotations, spec } = version;
    const metadata = {
      name,
      namespace: this.#options.site,
      generation,
      creationTimestamp: createdAt,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...place,
    };
    // The spec was validated against its kind's schema when it was accepted.
    return { apiVersion, kind, metadata, spec } as unknown as Resource;
  }

  /** The status of each resource, by its place among those of the same kind and name in its file. */
  async #readStatuses(resources: readonly AdmittedResource[], tree: Tree | null): Promise<readonly (StatusDocument['status'] | null)[]> {
    const present = new Map(tree?.statusFiles.map((file) => [file.path, file]));
    const left = new Map<string, StatusDocument[]>();
    for (const { file } of resources) {
      const path = statusFileOf(file);
      if (!left.has(path)) left.set(path, [...(await this.#status.read(path, present.get(path))).documents]);
    }
    return resources.map(({ kind, name, file }) => {
      const documents = left.get(statusFileOf(file)) ?? [];
      const at = documents.findIndex((document) => document.kind === kind && document.name === name);
      return at < 0 ? null : (documents.splice(at, 1)[0]?.status ?? null);
    });
  }

  async #misnamed(tree: Tree): Promise<ResourceReading['unreadable']> {
    const found: ResourceReading['unreadable'][number][] = [];
    for (const file of tree.statusFiles) {
      const { path } = file;
      const { specLine: line } = await this.#status.read(path, file);
      if (line === null) continue;
      const message = 'this is a resource under the name of a status file and is not read; give it a name that does not end in .status.yaml';
      found.push({ file: path, line, problems: [{ file: path, line, column: 1, path: 'spec', message }] });
    }
    return found;
  }

  async #writeStatus(updates: readonly StatusUpdate[], unreadable: ResourceReading['unreadable']): Promise<void> {
    if (this.#options.readOnly === true) throw new Error('the store is open for reading only');
    const tree = await this.#tree();
    // A directory that is gone keeps its status files, wherever they are.
    if ('gone' in tree) return;
    const entries = unreadable.filter(({ file }) => isResourceFile(file.slice(file.lastIndexOf('/') + 1)));
    const paths = new Set([...updates, ...entries].map(({ file }) => statusFileOf(file)));
    const wanted = new Map<string, ComposedStatus>();
    for (const path of [...paths].sort()) {
      const here = entries.filter(({ file }) => statusFileOf(file) === path);
      const present = tree.statusFiles.find((file) => file.path === path);
      const since = await Promise.all(here.map((entry) => this.#unreadableSince(entry, path, present)));
      const content = { updates: updates.filter(({ file }) => statusFileOf(file) === path), unreadable: here, site: this.#options.site, since };
      wanted.set(path, composeStatus(content, this.#composed.get(path)));
    }
    this.#composed = wanted;
    await this.#status.replaceAll(wanted, tree.statusFiles.map(({ path }) => path));
  }

  async #unreadableSince({ line, problems }: ResourceReading['unreadable'][number], path: string, present: TreeFile | undefined): Promise<string> {
    const { documents } = await this.#status.read(path, present);
    const before = documents.find(({ kind, name }) => kind === UNREADABLE && name === unreadableName(line));
    return continuedSince(problems, before?.status ?? null) ?? this.#now();
  }

  #now(): string {
    return new Date(this.#options.clock.now()).toISOString();
  }
}

function emptySentence(directory: string): string {
  return `The resource directory ${directory} holds no resource: everything stays as it is until there is one.`;
}

interface Known {
  readonly resources: readonly AdmittedResource[];
  /** In the order of the resources. */
  readonly statuses: readonly (StatusDocument['status'] | null)[];
  readonly unreadable: ResourceReading['unreadable'];
  /** Damaged versions that nothing replaced, by `KIND/NAME`. */
  readonly lost: ReadonlySet<string>;
}

/**
 * What was in force and is lost, while its file cannot say it either: going on without it could open what a denial or a
 * closure kept shut, or close what was declared. Null: nothing.
 */
function forgottenSentence({ resources, statuses, unreadable, lost }: Known): string | null {
  const forgotten = resources.filter((resource, index) => {
    const known = typeof statuses[index]?.specHash === 'string' || lost.has(keyText(resource));
    return known && resource.version === null && resource.refused?.reason === 'Invalid';
  });
  const [first] = forgotten;
  if (first !== undefined) {
    return `The accepted version of ${keyText(first)} is lost, and ${first.file} is refused: everything stays as it is until that file is repaired.`;
  }
  // Of a file that cannot be read at all nobody knows which resources it holds.
  const unknown = [...lost].filter((key) => unreadable.length > 0 && !resources.some((resource) => keyText(resource) === key)).sort();
  const [file] = unreadable;
  if (unknown.length === 0 || file === undefined) return null;
  return `The accepted version of ${unknown.join(', ')} is lost, and ${file.file} cannot be read, which may hold it: everything stays as it is until that file is repaired.`;
}
