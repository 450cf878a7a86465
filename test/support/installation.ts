import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { civicrmDefinition } from '../../src/sim/civicrm/definition.js';
import { pcoDefinition } from '../../src/sim/pco/definition.js';
import { unifiDefinition } from '../../src/sim/unifi/definition.js';
import { bookedEvent, churchFiles, churchRooms, churchUnifi, person } from './church.js';
import { until, type Child, type Ended, type Program } from './process.js';
import { openRelay, type Relay } from './relay.js';
import { call, rows, startTestSimulator, type Answered, type TestSimulator } from './sim.js';

export interface InstallationOptions {
  readonly files?: Readonly<Record<string, string>>;
  readonly unifi?: Readonly<Record<string, unknown>>;
  readonly events?: readonly unknown[];
  readonly rooms?: readonly unknown[];
  readonly contacts?: readonly unknown[];
  /** Of UniFi; 30s where nothing is said. */
  readonly resync?: string;
  /** Besides the credentials of the three simulators. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Lines of the configuration, by key; `null` leaves one out. */
  readonly configuration?: Readonly<Record<string, string | null>>;
}

/** Sexton as an operator has it: configuration, directories, credentials; three simulators behind ports that can be shut. */
export interface Installation {
  readonly directory: string;
  readonly timeZone: string;
  readonly config: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly unifi: TestSimulator;
  readonly pco: TestSimulator;
  readonly civicrm: TestSimulator;
  readonly links: { readonly unifi: Relay; readonly pco: Relay; readonly civicrm: Relay };
  start(...words: readonly string[]): Child;
  /** Starts it and waits for its end. */
  sexton(...words: readonly string[]): Promise<Ended>;
  /** A daemon whose planes have both run. */
  daemon(...words: readonly string[]): Promise<Daemon>;
  write(name: string, text: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Under the directory: `resources/doors.status.yaml`. */
  read(name: string): Promise<string>;
  status(kind: string, name: string): Promise<ResourceStatus>;
  /** Content and time of every file below these parts, with which nothing changed when nothing was written. */
  files(...parts: readonly string[]): Promise<Readonly<Record<string, string>>>;
  openDoors(): Promise<readonly string[]>;
  users(): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Requests to UniFi that write. */
  writes(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface Daemon extends Child {
  readonly url: string;
  get(path: string): Promise<Answered>;
  /** SIGTERM, and what it ended with. */
  stop(): Promise<Ended>;
}

export interface ResourceStatus {
  readonly conditions: readonly { readonly type: string; readonly status: string; readonly reason: string; readonly message: string }[];
  readonly refused?: { readonly since: string; readonly problems: readonly { readonly file: string; readonly line: number; readonly column: number; readonly message: string }[] };
  readonly [field: string]: unknown;
}

const hour = 3_600_000;

/** An instant some hours from now, as the APIs write it. */
export function hoursFromNow(hours: number): string {
  return new Date(Date.now() + hours * hour).toISOString().replace(/\.\d+/, '');
}

/** A zone where it is about noon, so that no test meets midnight or the hours that need an approval. */
export function noonZone(): string {
  const offset = 12 - new Date().getUTCHours();
  return offset === 0 ? 'Etc/GMT' : `Etc/GMT${offset > 0 ? '-' : '+'}${Math.abs(offset)}`;
}

/** The concert is on now, in the sanctuary behind the lobby; basketball is tomorrow. */
const usualEvents = (): readonly unknown[] => [
  bookedEvent('e1', 'Concert', hoursFromNow(-1), hoursFromNow(2), 'r1'),
  bookedEvent('e2', 'Basketball', hoursFromNow(24), hoursFromNow(25), 'r2'),
  bookedEvent('e3', 'Chess', hoursFromNow(24), hoursFromNow(25), 'r3'),
];
const usualContacts = [person(1, '1234', 'Gold'), person(2, '1235', 'Gold'), person(4, '1236', 'Comp')];

export async function install(program: Program, options: InstallationOptions = {}): Promise<Installation> {
  const directory = await mkdtemp(join(tmpdir(), 'sexton-e2e-'));
  const timeZone = noonZone();
  const [unifi, pco, civicrm] = await Promise.all([
    startTestSimulator(unifiDefinition, { seed: { ...churchUnifi(timeZone), ...options.unifi } }),
    startTestSimulator(pcoDefinition, {
      seed: { organization: { name: 'Church', time_zone: timeZone }, resources: options.rooms ?? churchRooms, events: options.events ?? usualEvents() },
    }),
    startTestSimulator(civicrmDefinition, { seed: { card_field: 'Door_Access.card_id', contacts: options.contacts ?? usualContacts } }),
  ]);
  const relayTo = ({ listening }: TestSimulator): Promise<Relay> => openRelay(Number(new URL(listening).port));
  const links = { unifi: await relayTo(unifi), pco: await relayTo(pco), civicrm: await relayTo(civicrm) };
  const config = join(directory, 'sexton.yaml');
  const lines: Readonly<Record<string, string | null>> = {
    apiVersion: 'config.sexton.dev/v1alpha1',
    kind: 'SextonConfiguration',
    site: 'test-site',
    timeZone,
    mode: 'Apply',
    resources: 'resources',
    stateDir: 'state',
    runtimeDir: 'run',
    unifi: `{ url: "https://127.0.0.1:${links.unifi.port}", tlsFingerprint: "${unifi.fingerprint ?? ''}", resync: ${options.resync ?? '30s'} }`,
    planningCenter: `{ url: "http://127.0.0.1:${links.pco.port}", pollInterval: 1s }`,
    civicrm: `{ url: "http://127.0.0.1:${links.civicrm.port}", pollInterval: 1s }`,
    server: '{ listen: "127.0.0.1:0" }',
    ...options.configuration,
  };
  await writeFile(config, Object.entries(lines).flatMap(([key, value]) => (value === null ? [] : [`${key}: ${value}\n`])).join(''));
  const environment = {
    SEXTON_CONFIG: config,
    UNIFI_API_TOKEN: 'sim-unifi-token',
    PCO_APP_ID: 'sim-app-id',
    PCO_SECRET: 'sim-secret',
    CIVICRM_API_KEY: 'sim-civicrm-key',
    ...options.environment,
  };
  const resources = join(directory, 'resources');
  const write = async (name: string, text: string): Promise<void> => {
    await mkdir(dirname(join(resources, name)), { recursive: true });
    await writeFile(join(resources, name), text);
  };
  await mkdir(resources);
  for (const [name, text] of Object.entries(options.files ?? churchFiles())) await write(name, text);
  const start = (...words: readonly string[]): Child => program.start(words, { environment, cwd: directory });

  return {
    directory,
    timeZone,
    config,
    environment,
    unifi,
    pco,
    civicrm,
    links,
    start,
    sexton: (...words) => start(...words).ended,
    async daemon(...words) {
      const child = start('run', ...words);
      let over = false;
      void child.ended.then(() => (over = true));
      const url = await until('the daemon says that it has started', () => {
        if (over) throw new Error(`it ended: ${child.out()} ${child.err()}`);
        return /"message":"started".*"url":"([^"]+)"/.exec(child.out())?.[1];
      });
      const get = (path: string): Promise<Answered> => call(`${url}${path}`);
      await until('both planes have run', async () => {
        const { json } = await get('/readyz');
        const planes = Object.values((json as { readonly planes: Readonly<Record<string, { readonly reason: string | null }>> }).planes);
        return planes.every(({ reason }) => reason !== 'Reconciling');
      });
      const stop = (): Promise<Ended> => {
        child.kill('SIGTERM');
        return child.ended;
      };
      return { ...child, url, get, stop };
    },
    write,
    remove: (name) => rm(join(resources, name)),
    read: (name) => readFile(join(directory, name), 'utf8'),
    async status(kind, name) {
      for (const file of await readdir(resources, { recursive: true })) {
        if (!file.endsWith('.status.yaml')) continue;
        for (const document of parseAllDocuments(await readFile(join(resources, file), 'utf8'))) {
          const value = document.toJS() as { readonly kind: string; readonly metadata: { readonly name: string }; readonly status: ResourceStatus };
          if (value.kind === kind && value.metadata.name === name) return value.status;
        }
      }
      throw new Error(`no status of ${kind}/${name}`);
    },
    async files(...parts) {
      const found: Record<string, string> = {};
      for (const part of parts) {
        const names = await readdir(join(directory, part), { recursive: true }).catch(() => []);
        for (const name of names) {
          const path = join(directory, part, name);
          const info = await stat(path);
          found[`${part}/${name}`] = info.isFile() ? `${info.mtimeMs} ${info.ino} ${await readFile(path, 'utf8')}` : 'directory';
        }
      }
      return found;
    },
    async openDoors() {
      return rows(await unifi.sim(`/doors?at=${new Date().toISOString()}`))
        .filter(({ unlocked }) => unlocked === true)
        .map(({ name }) => String(name))
        .sort();
    },
    users: async () => rows(((await unifi.sim('/state')) as { readonly users: unknown }).users),
    async writes() {
      return rows(await unifi.sim('/requests'))
        .filter(({ method }) => method !== 'GET')
        .map(({ method, path }) => `${String(method)} ${String(path)}`);
    },
    async close() {
      await Promise.all([...Object.values(links).map((link) => link.shut()), unifi.close(), pco.close(), civicrm.close()]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}
