import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { compose, type Composition } from '../../src/cli/compose.js';
import { diskPublisher } from '../../src/cli/publish.js';
import { noObserver, type ControllerObserver } from '../../src/controller/observer.js';
import { civicrmDefinition } from '../../src/sim/civicrm/definition.js';
import { pcoDefinition } from '../../src/sim/pco/definition.js';
import { unifiDefinition } from '../../src/sim/unifi/definition.js';
import type { SimulatorDefinition } from '../../src/sim/kit/simulator.js';
import type { Clock } from '../../src/runtime/clock.js';
import { clockAt } from '../../src/runtime/clock.js';
import { loadConfiguration, type Configuration } from '../../src/runtime/config.js';
import { silentLogger, type Logger } from '../../src/runtime/log.js';
import type { Plane } from '../../src/status/view.js';
import { rows, startTestSimulator, type TestSimulator } from './sim.js';

export interface SiteOptions {
  readonly now: string;
  readonly timeZone?: string;
  readonly files: Readonly<Record<string, string>>;
  readonly unifi?: unknown;
  readonly pco?: unknown;
  readonly civicrm?: unknown;
  readonly quirks?: Readonly<Record<string, string>>;
  /** A UniFi that is watched while it works. */
  readonly unifiDefinition?: SimulatorDefinition;
  readonly without?: readonly ('planningCenter' | 'civicrm')[];
  readonly mode?: 'Apply' | 'DryRun';
  readonly concurrency?: number;
  readonly horizon?: number;
  readonly fence?: 'On' | 'Off';
  /** Of a repository that nothing here pulls from. */
  readonly gitOps?: boolean;
  /** Another name of this machine, where the program must not take UniFi for a simulator. */
  readonly unifiHost?: string;
  readonly observer?: ControllerObserver;
  readonly log?: Logger;
  /** The clock is checked against UniFi's and the state directory's, as without `--now`. */
  readonly checkClock?: boolean;
  /** Timers fire when `advance` passes them, not in real time. */
  readonly drivenTimers?: boolean;
}

export interface Site {
  readonly directory: string;
  readonly resources: string;
  readonly configPath: string;
  readonly configuration: Configuration;
  readonly credentials: Readonly<Record<string, string>>;
  readonly unifi: TestSimulator;
  readonly pco: TestSimulator;
  readonly civicrm: TestSimulator;
  readonly clock: Clock & { set(instant: string): void; advance(ms: number): void; timers(): number };
  composition: Composition;
  /** Polls the sources, reconciles, publishes; a plane's error is returned, not thrown. */
  run(...planes: Plane[]): Promise<readonly unknown[]>;
  /** A new process on the same directories. */
  restart(): Promise<void>;
  write(name: string, text: string): Promise<void>;
  remove(name: string): Promise<void>;
  status(kind: string, name: string): Promise<Readonly<Record<string, unknown>>>;
  /** Writes that UniFi saw since the last call of `forgetRequests`. */
  writes(): Promise<readonly { readonly method: string; readonly path: string; readonly body: unknown }[]>;
  forgetRequests(): Promise<void>;
  /** Names of doors that the simulated hubs hold open at an instant. */
  openDoors(at: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** A whole site: three real simulators, real files, the composed program; its clock is the test's. */
export async function startSite(options: SiteOptions): Promise<Site> {
  const directory = await mkdtemp(join(tmpdir(), 'sexton-site-'));
  const resources = join(directory, 'resources');
  await mkdir(resources);
  const now = Date.parse(options.now);
  const [unifi, pco, civicrm] = await Promise.all([
    startTestSimulator(options.unifiDefinition ?? unifiDefinition, { seed: options.unifi ?? {}, now, quirks: options.quirks ?? {} }),
    startTestSimulator(pcoDefinition, { seed: options.pco ?? {}, now }),
    startTestSimulator(civicrmDefinition, { seed: options.civicrm ?? {}, now }),
  ]);
  const left = new Set(options.without ?? []);
  const configPath = join(directory, 'sexton.yaml');
  await writeFile(
    configPath,
    [
      'apiVersion: config.sexton.dev/v1alpha1',
      'kind: SextonConfiguration',
      'site: test-site',
      `timeZone: ${options.timeZone ?? 'America/New_York'}`,
      `mode: ${options.mode ?? 'Apply'}`,
      'resources: resources',
      'stateDir: state',
      'runtimeDir: run',
      `horizon: ${options.horizon ?? 7}`,
      `fence: ${options.fence ?? 'On'}`,
      `unifi: { url: "${unifi.listening.replace('127.0.0.1', options.unifiHost ?? '127.0.0.1')}", tlsFingerprint: "${unifi.fingerprint ?? ''}", concurrency: ${options.concurrency ?? 4} }`,
      ...(left.has('planningCenter') ? [] : [`planningCenter: { url: "${pco.listening}" }`]),
      ...(left.has('civicrm') ? [] : [`civicrm: { url: "${civicrm.listening}" }`]),
      ...(options.gitOps === true ? ['gitOps: { url: "https://git.invalid/doors.git" }'] : []),
      'server: { listen: "127.0.0.1:0" }',
      '',
    ].join('\n'),
  );
  const loaded = loadConfiguration(configPath);
  if (loaded.config === undefined) throw new Error(JSON.stringify(loaded.problems));
  const configuration = loaded.config;
  const credentials = { UNIFI_API_TOKEN: 'sim-unifi-token', PCO_APP_ID: 'sim-app-id', PCO_SECRET: 'sim-secret', CIVICRM_API_KEY: 'sim-civicrm-key' };

  const clock = movableClock(now, options.drivenTimers === true);
  const start = async (): Promise<Composition> => {
    const composition: Composition = await compose({
      configuration,
      credentials,
      clock,
      imagined: options.checkClock !== true,
      log: options.log ?? silentLogger,
      observer: options.observer ?? noObserver,
      access: 'control',
      dryRun: false,
      publisher: diskPublisher({
        store: () => composition.deps.store,
        troubles: () => composition.deps.troubles,
        livePath: join(configuration.runtimeDir, 'live.json'),
        eventsPath: join(configuration.stateDir, 'events.jsonl'),
        pokes: () => [],
        onDiskWrite: () => undefined,
      }),
      stopping: () => false,
    });
    return composition;
  };

  const write = async (name: string, text: string): Promise<void> => {
    await mkdir(dirname(join(resources, name)), { recursive: true });
    await writeFile(join(resources, name), text);
  };
  for (const [name, text] of Object.entries(options.files)) await write(name, text);

  const site: Site = {
    directory,
    resources,
    configPath,
    configuration,
    credentials,
    unifi,
    pco,
    civicrm,
    clock,
    composition: await start(),
    async run(...planes) {
      const { sources, engine } = site.composition;
      await Promise.all([sources.bookings?.poll(), sources.members?.poll()]);
      const wanted: readonly Plane[] = planes.length === 0 ? ['doors', 'members'] : planes;
      const results = await Promise.all(wanted.map((plane) => engine.reconcile(plane).then(() => null, (error: unknown) => error)));
      return results.filter((error) => error !== null);
    },
    async restart() {
      await site.composition.close();
      site.composition = await start();
    },
    write,
    remove: (name) => rm(join(resources, name)),
    async status(kind, name) {
      for (const file of await readdir(resources, { recursive: true })) {
        if (!file.endsWith('.status.yaml')) continue;
        const documents = parseAllDocuments(await readFile(join(resources, file), 'utf8'));
        for (const document of documents) {
          const value = document.toJS() as { kind: string; metadata: { name: string }; status: Record<string, unknown> };
          if (value.kind === kind && value.metadata.name === name) return value.status;
        }
      }
      throw new Error(`no status of ${kind}/${name}`);
    },
    async writes() {
      const requests = rows(await unifi.sim('/requests'));
      return requests
        .filter(({ method }) => method !== 'GET')
        .map(({ method, path, body }) => ({ method: String(method), path: String(path), body }));
    },
    async forgetRequests() {
      await Promise.all([unifi.remove('/requests'), pco.remove('/requests'), civicrm.remove('/requests')]);
    },
    async openDoors(at) {
      return rows(await unifi.sim(`/doors?at=${at}`))
        .filter(({ unlocked }) => unlocked === true)
        .map(({ name }) => String(name))
        .sort();
    },
    async close() {
      await site.composition.close();
      await Promise.all([unifi.close(), pco.close(), civicrm.close()]);
      await rm(directory, { recursive: true, force: true });
    },
  };
  return site;
}

function movableClock(start: number, driven: boolean): Site['clock'] {
  let now = start;
  let elapsed = 0;
  const real = clockAt(start, false);
  const timers = new Set<{ readonly at: number; readonly fire: () => void }>();
  return {
    now: () => now,
    monotonic: () => real.monotonic() + elapsed,
    after(ms, fire) {
      if (!driven) return real.after(ms, fire);
      const timer = { at: elapsed + ms, fire };
      timers.add(timer);
      return () => {
        timers.delete(timer);
      };
    },
    timers: () => timers.size,
    set(instant) {
      now = Date.parse(instant);
    },
    advance(ms) {
      now += ms;
      elapsed += ms;
      for (const timer of [...timers].filter(({ at }) => at <= elapsed).sort((a, b) => a.at - b.at)) {
        timers.delete(timer);
        timer.fire();
      }
    },
  };
}

export interface TestCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export function condition(status: Readonly<Record<string, unknown>>, type: string): TestCondition | undefined {
  return (status['conditions'] as readonly TestCondition[]).find((each) => each.type === type);
}
