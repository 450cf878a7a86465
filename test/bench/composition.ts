import { join } from 'node:path';
import type * as compositions from '../../src/cli/compose.js';
import type * as publishing from '../../src/cli/publish.js';
import type * as observers from '../../src/controller/observer.js';
import type { Clock } from '../../src/runtime/clock.js';
import type * as clocks from '../../src/runtime/clock.js';
import type * as configurations from '../../src/runtime/config.js';
import type * as credentialing from '../../src/runtime/credentials.js';
import type * as logs from '../../src/runtime/log.js';

export interface Composed {
  readonly composition: compositions.Composition;
  readonly directories: readonly string[];
  /** Since the start. */
  readonly count: { unifi: number; sources: number; diskWrites: number };
}

/** The build, not the sources: what is measured is what production runs. */
export async function built(path: string): Promise<unknown> {
  return import(new URL(`../../dist/${path}`, import.meta.url).href);
}

/** The program of a configuration in this process. `clock`: imagined times; without one, the world's. */
export async function composeBuilt(configPath: string, environment: NodeJS.ProcessEnv, clock?: Clock): Promise<Composed> {
  const { compose } = (await built('cli/compose.js')) as typeof compositions;
  const { diskPublisher } = (await built('cli/publish.js')) as typeof publishing;
  const { systemClock } = (await built('runtime/clock.js')) as typeof clocks;
  const { loadConfiguration } = (await built('runtime/config.js')) as typeof configurations;
  const { readCredentials } = (await built('runtime/credentials.js')) as typeof credentialing;
  const { silentLogger } = (await built('runtime/log.js')) as typeof logs;
  const { noObserver } = (await built('controller/observer.js')) as typeof observers;
  const { config, problems } = loadConfiguration(configPath);
  if (config === undefined) throw new Error(JSON.stringify(problems));

  const count = { unifi: 0, sources: 0, diskWrites: 0 };
  const diskWrite = (): void => {
    count.diskWrites += 1;
  };
  const unifiHost = new URL(config.unifi.url).host;
  const composition: compositions.Composition = await compose({
    configuration: config,
    credentials: readCredentials(environment),
    clock: clock ?? systemClock,
    imagined: clock !== undefined,
    log: silentLogger,
    observer: {
      ...noObserver,
      http: ({ host }) => {
        count[host === unifiHost ? 'unifi' : 'sources'] += 1;
      },
      diskWrite,
    },
    access: 'control',
    dryRun: false,
    publisher: diskPublisher({
      store: () => composition.deps.store,
      troubles: () => composition.deps.troubles,
      livePath: join(config.runtimeDir, 'live.json'),
      eventsPath: join(config.stateDir, 'events.jsonl'),
      pokes: () => [],
      onDiskWrite: diskWrite,
    }),
    stopping: () => false,
  });
  return { composition, directories: [config.stateDir, config.resources], count };
}
