import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { call } from '../support/sim.js';
import { world, type World, type WorldSize } from './world.js';

export const sexton = join(import.meta.dirname, '../../dist/sexton.js');

export const environment: NodeJS.ProcessEnv = {
  ...process.env,
  NODE_OPTIONS: '',
  LOG_LEVEL: 'info',
  UNIFI_API_TOKEN: 'sim-unifi-token',
  PCO_APP_ID: 'sim-app-id',
  PCO_SECRET: 'sim-secret',
  CIVICRM_API_KEY: 'sim-civicrm-key',
};

/** Simulators in processes of their own, and the files of an installed Sexton. */
export interface Scene {
  readonly resources: string;
  readonly stateDir: string;
  readonly runtimeDir: string;
  readonly configPath: string;
  /** Asks UniFi's control plane, which needs no token. */
  unifi(path: string): Promise<unknown>;
  pco(path: string): Promise<unknown>;
  /** Requests so far are no longer told. */
  forgetRequests(): Promise<void>;
  /** Freezes the clocks of both. */
  moveTo(instant: number): Promise<void>;
  /** Adds to what a source holds, or changes it there, by id. */
  merge(source: 'pco' | 'civicrm', seed: unknown): Promise<void>;
  close(): Promise<void>;
}

export interface SceneOptions extends WorldSize {
  /** Requests at once to UniFi. */
  readonly concurrency?: number;
  /** Between two polls of a source; 10s where nothing is said. */
  readonly pollInterval?: string;
  /** Of the simulated Planning Center: `name=value`. */
  readonly calendarQuirk?: string;
  /** Elsewhere than beside the state directory: in memory, as on a Pi. */
  readonly runtimeDir?: string;
}

export async function openScene(options: SceneOptions): Promise<Scene> {
  const pollInterval = options.pollInterval ?? '10s';
  const seeds: World = world(options, Date.now());
  const directory = await mkdtemp(join(tmpdir(), 'sexton-bench-'));
  const resources = join(directory, 'resources');
  await mkdir(resources);
  for (const [name, text] of Object.entries(seeds.files)) await writeFile(join(resources, name), text);
  const simulators = await Promise.all([startSimulator('unifi', seeds.unifi), startSimulator('pco', seeds.pco, options.calendarQuirk), startSimulator('civicrm', seeds.civicrm)]);
  const [unifi, pco, civicrm] = simulators;
  const configPath = join(directory, 'sexton.yaml');
  await writeFile(
    configPath,
    `apiVersion: config.sexton.dev/v1alpha1
kind: SextonConfiguration
site: bench
timeZone: UTC
mode: Apply
resources: resources
stateDir: state
runtimeDir: ${options.runtimeDir ?? 'run'}
unifi: { url: "${unifi.url}", tlsFingerprint: "${unifi.fingerprint}", concurrency: ${options.concurrency ?? 4} }
planningCenter: { url: "${pco.url}", pollInterval: ${pollInterval} }
civicrm: { url: "${civicrm.url}", pollInterval: ${pollInterval} }
server: { listen: "127.0.0.1:0" }
`,
  );
  return {
    resources,
    stateDir: join(directory, 'state'),
    runtimeDir: options.runtimeDir ?? join(directory, 'run'),
    configPath,
    unifi: (path) => unifi.control('GET', path),
    pco: (path) => pco.control('GET', path),
    async forgetRequests() {
      await Promise.all([unifi.control('DELETE', '/requests'), pco.control('DELETE', '/requests')]);
    },
    async moveTo(instant) {
      const body = { now: new Date(instant).toISOString() };
      await Promise.all([unifi.control('POST', '/clock', body), pco.control('POST', '/clock', body)]);
    },
    async merge(source, seed) {
      await (source === 'pco' ? pco : civicrm).control('POST', '/seed?merge=1', seed);
    },
    async close() {
      await Promise.all(simulators.map((simulator) => simulator.close()));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

interface SimulatorProcess {
  readonly url: string;
  readonly fingerprint: string;
  control(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<unknown>;
  close(): Promise<void>;
}

async function startSimulator(kind: 'unifi' | 'pco' | 'civicrm', seed: unknown, quirk?: string): Promise<SimulatorProcess> {
  const quirks = quirk === undefined ? [] : ['--quirk', quirk];
  const child = spawn(process.execPath, [sexton, 'sim', kind, '--port', '0', ...quirks], { env: environment, stdio: ['ignore', 'pipe', 'ignore'] });
  const { listening, fingerprint = '' } = JSON.parse(await lineOf(child, () => true)) as { readonly listening: string; readonly fingerprint?: string };
  const agent = listening.startsWith('https:') ? new https.Agent({ keepAlive: true }) : new http.Agent({ keepAlive: true });
  const control: SimulatorProcess['control'] = async (method, path, body) => {
    const { status, json, text } = await call(`${listening}/_sim${path}`, { method, body, agent });
    if (status !== 200) throw new Error(`${kind} ${path}: ${status} ${text.slice(0, 300)}`);
    return json;
  };
  await control('POST', '/seed', seed);
  return {
    url: listening,
    fingerprint,
    control,
    async close() {
      agent.destroy();
      await end(child);
    },
  };
}

/** The first line on stdout that satisfies. @throws when the process ends before it comes */
export async function lineOf(child: ChildProcess, wanted: (line: string) => boolean): Promise<string> {
  if (child.stdout === null) throw new Error('stdout is no pipe');
  for await (const line of createInterface({ input: child.stdout })) {
    if (!wanted(line)) continue;
    // Nobody reads on; a full pipe would hold the process up.
    child.stdout.resume();
    return line;
  }
  throw new Error(`process ${child.pid ?? 0} ended early`);
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
