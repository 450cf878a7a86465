import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Clock } from '../../src/runtime/clock.js';
import { systemClock } from '../../src/runtime/clock.js';
import type { LogFields, Logger } from '../../src/runtime/log.js';
import type { ResourceReading, ResourceStore, StatusUpdate } from '../../src/store/resource-store.js';
import { type DirectoryStoreOptions, openDirectoryStore } from '../../src/store/directory/directory-store.js';

/** A resource directory, a state and a runtime directory, and a clock that moves on command. */
export class World {
  readonly root = mkdtempSync(join(tmpdir(), 'sexton-store-'));
  readonly directory = join(this.root, 'resources');
  readonly stateDir = join(this.root, 'state');
  readonly runtimeDir = join(this.root, 'run');
  readonly logged: { readonly message: string; readonly fields: LogFields | undefined }[] = [];
  readonly diskWrites: string[] = [];
  now = Date.parse('2026-03-02T12:00:00Z');
  monotonic = 0;
  #stores: ResourceStore[] = [];

  constructor() {
    for (const path of [this.directory, this.stateDir, this.runtimeDir]) mkdirSync(path);
  }

  open(options: Partial<DirectoryStoreOptions> = {}): ResourceStore {
    const clock: Clock = { ...systemClock, now: () => this.now, monotonic: () => this.monotonic };
    const add = (message: string, fields?: LogFields): void => void this.logged.push({ message, fields });
    const log: Logger = { debug: add, info: add, warn: add, error: add };
    const store = openDirectoryStore({
      directory: this.directory,
      stateDir: this.stateDir,
      runtimeDir: this.runtimeDir,
      site: 'first-church',
      clock,
      log,
      onDiskWrite: (what) => this.diskWrites.push(what),
      ...options,
    });
    this.#stores.push(store);
    return store;
  }

  pass(seconds: number): void {
    this.now += seconds * 1000;
    this.monotonic += seconds * 1000;
  }

  write(path: string, content: string | Uint8Array): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), content);
  }

  remove(path: string): void {
    rmSync(this.path(path), { recursive: true });
  }

  path(path: string): string {
    return join(this.directory, path);
  }

  text(path: string): string {
    return readFileSync(this.path(path), 'utf8');
  }

  exists(path: string): boolean {
    return statSync(this.path(path), { throwIfNoEntry: false }) !== undefined;
  }

  copyOf(directory: string): string {
    const copy = mkdtempSync(join(this.root, 'copy-'));
    cpSync(directory, copy, { recursive: true });
    return copy;
  }

  /** Every file below the three directories with what tells a rewrite: time, inode, content. */
  fingerprint(): string {
    const files = readdirSync(this.root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return files
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        const { ino, mtimeNs } = statSync(path, { bigint: true });
        return `${path} ${ino} ${mtimeNs} ${readFileSync(path, 'latin1')}`;
      })
      .sort()
      .join('\n');
  }

  async end(): Promise<void> {
    for (const store of this.#stores) await store.close();
    rmSync(this.root, { recursive: true, force: true });
  }
}

export function doorGroup(name: string, door = 'north'): string {
  return `apiVersion: sexton.dev/v1alpha1
kind: DoorGroup
metadata:
  name: ${name}
spec:
  doors: [{ name: ${door} }]
`;
}

export function safeHours(name: string): string {
  return `apiVersion: sexton.dev/v1alpha1\nkind: SafeHours\nmetadata: { name: ${name} }\nspec: { default: "05:00-23:00" }\n`;
}

/** One line a resource: kind, name, file, generation in force, refusal; then what is absent and unreadable. */
export function summary(reading: ResourceReading): string[] {
  return [
    ...reading.resources.map(({ kind, name, file, accepted, refused }) => {
      return `${kind}/${name} ${file} ${accepted === null ? 'none' : `v${accepted.metadata.generation ?? 0}`}${refused === null ? '' : ` ${refused.reason}`}`;
    }),
    ...reading.absent.map(({ kind, name, confirmed }) => `absent ${kind}/${name}${confirmed ? ' confirmed' : ''}`),
    ...reading.unreadable.map(({ file, line }) => `unreadable ${file}:${line}`),
  ];
}

/** The status a controller would write for each resource of a reading. */
export function updatesFor(reading: ResourceReading, extra: Record<string, unknown> = {}): StatusUpdate[] {
  return reading.resources.map(({ kind, name, file, line, accepted, specHash, refused }) => ({
    kind,
    name,
    file,
    line,
    status: {
      observedGeneration: accepted?.metadata.generation,
      specHash,
      conditions: [],
      ...(refused === null ? {} : { refused: { since: refused.since, problems: refused.problems } }),
      ...extra,
    },
  }));
}

export async function writeAll(store: ResourceStore, extra: Record<string, unknown> = {}): Promise<ResourceReading> {
  const reading = await store.list();
  await store.writeStatus(updatesFor(reading, extra), reading.unreadable);
  return reading;
}

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; !(await condition()); ) {
    if (Date.now() > end) throw new Error('it did not come true within 20 s');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
