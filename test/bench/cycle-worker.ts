import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type * as compositions from '../../src/cli/compose.js';
import type * as publishing from '../../src/cli/publish.js';
import type * as clocks from '../../src/runtime/clock.js';
import type * as configurations from '../../src/runtime/config.js';
import type * as credentialing from '../../src/runtime/credentials.js';
import type * as logs from '../../src/runtime/log.js';
import type * as observers from '../../src/controller/observer.js';

/** What one process measured of itself; the simulators are other processes. Times in milliseconds. */
export interface CycleReport {
  readonly cycles: readonly {
    readonly wall: number;
    readonly polling: number;
    readonly cpu: number;
    readonly unifiCalls: number;
    readonly sourceCalls: number;
  }[];
  /** In the state and resource directories, by all of the cycles. */
  readonly bytesWritten: number;
  readonly filesWritten: number;
}

const warmUps = 3;

/** The build, not the sources: what is measured is what production runs. */
async function built(path: string): Promise<unknown> {
  return import(new URL(`../../dist/${path}`, import.meta.url).href);
}

async function measure(configPath: string, count: number): Promise<CycleReport> {
  const { compose } = (await built('cli/compose.js')) as typeof compositions;
  const { diskPublisher } = (await built('cli/publish.js')) as typeof publishing;
  const { systemClock } = (await built('runtime/clock.js')) as typeof clocks;
  const { loadConfiguration } = (await built('runtime/config.js')) as typeof configurations;
  const { readCredentials } = (await built('runtime/credentials.js')) as typeof credentialing;
  const { silentLogger } = (await built('runtime/log.js')) as typeof logs;
  const { noObserver } = (await built('controller/observer.js')) as typeof observers;
  const { config, problems } = loadConfiguration(configPath);
  if (config === undefined) throw new Error(JSON.stringify(problems));

  const calls = { unifi: 0, sources: 0 };
  let diskWrites = 0;
  const unifiHost = new URL(config.unifi.url).host;
  const composition: compositions.Composition = await compose({
    configuration: config,
    credentials: readCredentials(process.env),
    clock: systemClock,
    imagined: false,
    log: silentLogger,
    observer: {
      ...noObserver,
      http: ({ host }) => {
        calls[host === unifiHost ? 'unifi' : 'sources'] += 1;
      },
      diskWrite: () => {
        diskWrites += 1;
      },
    },
    access: 'control',
    dryRun: false,
    publisher: diskPublisher({
      store: () => composition.deps.store,
      troubles: () => composition.deps.troubles,
      livePath: join(config.runtimeDir, 'live.json'),
      eventsPath: join(config.stateDir, 'events.jsonl'),
      lastPoke: () => null,
      onDiskWrite: () => {
        diskWrites += 1;
      },
    }),
    stopping: () => false,
  });
  const { sources, engine } = composition;

  const cycle = async (): Promise<CycleReport['cycles'][number]> => {
    const before = { calls: { ...calls }, cpu: process.cpuUsage(), at: performance.now() };
    await Promise.all([sources.bookings?.poll(), sources.members?.poll()]);
    const polled = performance.now();
    await Promise.all([engine.reconcile('doors'), engine.reconcile('members')]);
    const { user, system } = process.cpuUsage(before.cpu);
    return {
      wall: performance.now() - before.at,
      polling: polled - before.at,
      cpu: (user + system) / 1000,
      unifiCalls: calls.unifi - before.calls.unifi,
      sourceCalls: calls.sources - before.calls.sources,
    };
  };

  for (let index = 0; index < warmUps; index += 1) await cycle();
  const changes = engine.view().diff.planes.flatMap((plane) => plane.changes);
  if (changes.length > 0) throw new Error(`${changes.length} changes are left after ${warmUps} cycles: this is no quiet site`);
  const directories = [config.stateDir, config.resources];
  const before = await filesIn(directories);
  diskWrites = 0;
  const cycles: CycleReport['cycles'][number][] = [];
  for (let index = 0; index < count; index += 1) cycles.push(await cycle());
  const written = [...(await filesIn(directories))].filter(([path, { mark }]) => before.get(path)?.mark !== mark);
  await composition.close();
  return { cycles, bytesWritten: written.reduce((sum, [, { size }]) => sum + size, 0), filesWritten: Math.max(written.length, diskWrites) };
}

async function filesIn(directories: readonly string[]): Promise<ReadonlyMap<string, { readonly size: number; readonly mark: string }>> {
  const found = new Map<string, { size: number; mark: string }>();
  for (const directory of directories) {
    for (const name of await readdir(directory, { recursive: true })) {
      const path = join(directory, name);
      const { size, ino, mtimeNs } = await stat(path, { bigint: true });
      found.set(path, { size: Number(size), mark: `${ino} ${mtimeNs} ${size}` });
    }
  }
  return found;
}

const [, , configPath = '', count = ''] = process.argv;
process.stdout.write(JSON.stringify(await measure(configPath, Number(count))), () => process.exit(0));
