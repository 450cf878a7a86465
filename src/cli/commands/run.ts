import type { Writable } from 'node:stream';
import { createDaemon } from '../../controller/daemon.js';
import { noObserver, type ControllerObserver } from '../../controller/observer.js';
import { clockAt, delay, type Clock } from '../../runtime/clock.js';
import type { Configuration } from '../../runtime/config.js';
import { readCredentials } from '../../runtime/credentials.js';
import { ConfigurationError } from '../../runtime/errors.js';
import { acquireLock } from '../../runtime/lock.js';
import { createLogger } from '../../runtime/logger.js';
import { runtimePaths, statePaths } from '../../runtime/paths.js';
import { prepareDirectory } from '../../runtime/state-file.js';
import { isReady } from '../../status/build-view.js';
import type { Plane } from '../../status/view.js';
import type { ResourceStore } from '../../store/resource-store.js';
import { compose, type Composition } from '../compose.js';
import { requireConfiguration } from '../configuration.js';
import { CommandError, exit } from '../exit.js';
import { diskPublisher } from '../publish.js';
import type { Session } from '../session.js';
import { printStatus } from './status.js';

export interface RunOptions {
  readonly config?: string;
  readonly once?: boolean;
  readonly dryRun?: boolean;
  readonly plane?: Plane;
  /** Milliseconds since the epoch. */
  readonly now?: number;
}

/** A stop that takes longer than this is ended: systemd would. */
const stopLimit = 9_000;

/** `sexton run`: the controller until SIGTERM; `--once`: 0 all Ready, 1 something is not, 2 a plane failed. */
export async function runCommand(session: Session, options: RunOptions): Promise<number> {
  const configuration = requireConfiguration(session, options.config);
  prepareDirectory(configuration.stateDir, 'stateDir');
  prepareDirectory(configuration.runtimeDir, 'runtimeDir');
  const lock = acquireLock(configuration.runtimeDir);
  if ('heldBy' in lock) {
    throw new CommandError(exit.locked, `another sexton (pid ${lock.heldBy}) holds ${runtimePaths(configuration.runtimeDir).lock}; stop it first`);
  }
  try {
    return options.once === true ? await runOnce(session, configuration, options) : await runDaemon(session, configuration, options, () => lock.held());
  } finally {
    lock.release();
  }
}

interface Assembled {
  readonly composition: Composition;
  readonly settle: (pokeId: string) => void;
}

async function assemble(
  session: Session,
  configuration: Configuration,
  options: RunOptions,
  settings: { readonly clock: Clock; readonly observer: ControllerObserver; readonly logTo: Writable; readonly stopping: () => boolean },
): Promise<Assembled> {
  const credentials = readCredentials(session.environment);
  const log = createLogger({
    stream: settings.logTo,
    level: session.environment['LOG_LEVEL'],
    secrets: Object.values(credentials),
    clock: settings.clock,
  });
  let lastPoke: string | null = null;
  let store: ResourceStore | null = null;
  const composition = await compose({
    configuration,
    credentials,
    clock: settings.clock,
    imagined: options.now !== undefined,
    log,
    observer: settings.observer,
    access: 'control',
    dryRun: options.dryRun === true,
    publisher: diskPublisher({
      store: () => {
        if (store === null) throw new Error('published before it was put together');
        return store;
      },
      livePath: runtimePaths(configuration.runtimeDir).live,
      eventsPath: statePaths(configuration.stateDir).events,
      lastPoke: () => lastPoke,
      onDiskWrite: settings.observer.diskWrite,
    }),
    stopping: settings.stopping,
  });
  store = composition.deps.store;
  for (const text of composition.lost) log.error('state lost', { text });
  return { composition, settle: (id) => (lastPoke = id) };
}

async function runOnce(session: Session, configuration: Configuration, options: RunOptions): Promise<number> {
  const { clock: real } = session;
  const clock = options.now === undefined ? real : clockAt(options.now, false);
  const signal = session.interrupted();
  const { composition } = await assemble(session, configuration, options, {
    clock,
    observer: noObserver,
    logTo: process.stderr,
    stopping: () => signal.aborted,
  });
  try {
    const { bookings, members } = composition.sources;
    const planes = planesOf(options);
    await Promise.all([planes.includes('doors') ? bookings?.poll() : undefined, planes.includes('members') ? members?.poll() : undefined]);
    const reconcile = async (): Promise<boolean> => {
      const results = await Promise.all(planes.map((plane) => composition.engine.reconcile(plane).then(() => true, fatal)));
      return results.every(Boolean);
    };
    let succeeded = await reconcile();
    const wait = composition.engine.reading()?.confirmAbsenceIn ?? null;
    if (wait !== null && !signal.aborted) {
      session.terminal.note(`a file is gone; looking again in ${Math.ceil(wait / 1000)} s before anything is revoked`);
      await waitReferenced(wait, real, signal);
      succeeded = await reconcile();
    }
    const view = composition.engine.view();
    const statuses = composition.engine.statuses();
    await printStatus(session, view, configuration);
    if (!succeeded) return exit.unable;
    const plane = view.status.planes.filter((each) => planes.includes(each.plane));
    const mine = statuses.filter(({ kind }) => planes.includes(kind === 'TierMapping' ? 'members' : 'doors'));
    const held = view.status.held.some(({ kind }) => kind === 'plan');
    const unreadable = (composition.engine.reading()?.unreadable.length ?? 0) > 0;
    return plane.every(({ ready }) => ready) && mine.every(({ status }) => isReady(status)) && !held && !unreadable ? exit.ok : exit.failed;
  } finally {
    await composition.close();
  }
}

/** A plane may fail; a configuration that cannot work ends the program. */
function fatal(error: unknown): false {
  if (error instanceof ConfigurationError) throw error;
  return false;
}

async function runDaemon(session: Session, configuration: Configuration, options: RunOptions, held: () => boolean): Promise<number> {
  const [{ createMetrics }, { startServer }] = await Promise.all([import('../../server/metrics.js'), import('../../server/server.js')]);
  const clock = options.now === undefined ? session.clock : clockAt(options.now, true);
  const signal = session.interrupted();
  const metrics = createMetrics();
  const { composition, settle } = await assemble(session, configuration, options, {
    clock,
    observer: metrics.observer,
    logTo: process.stdout,
    stopping: () => signal.aborted,
  });
  const { engine, deps, sources } = composition;
  const { log } = deps;
  const server = await startServer({
    listen: configuration.server.listen,
    metricsText: () => metrics.text(),
    planes: () => engine.view().status.planes,
    log,
  });
  let end: (code: number) => void = () => undefined;
  const ended = new Promise<number>((resolve) => (end = resolve));
  signal.addEventListener('abort', () => {
    end(exit.ok);
  });
  const daemon = createDaemon({
    engine,
    store: deps.store,
    bookings: sources.bookings,
    members: sources.members,
    planes: planesOf(options),
    clock,
    random: Math.random,
    observer: metrics.observer.queue,
    pokePath: runtimePaths(configuration.runtimeDir).poke,
    onPokeDone: settle,
    onFatal: (error) => {
      log.error('configuration no longer works', { error: error.message });
      end(exit.configuration);
    },
    log,
  });
  const watch = setInterval(() => {
    if (held()) return;
    log.error('the lock is lost: another process took it or removed it');
    end(exit.locked);
  }, 5_000);
  log.info('started', { site: configuration.site, mode: engine.view().status.mode, listen: server === null ? null : `${configuration.server.listen.host}:${server.port}` });
  void daemon.start();
  const code = signal.aborted ? exit.ok : await ended;
  clearInterval(watch);
  log.info('stopping', { code });
  await Promise.race([stopAll(), delay(session.clock, stopLimit)]);
  log.info('stopped', { code });
  return code;

  async function stopAll(): Promise<void> {
    await daemon.stop();
    await server?.close();
    await composition.close();
  }
}

function planesOf({ plane }: RunOptions): readonly Plane[] {
  return plane === undefined ? ['doors', 'members'] : [plane];
}

/** `delay` keeps no process alive; a one-shot command must wait. */
async function waitReferenced(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  const alive = setInterval(() => undefined, 1_000);
  try {
    await delay(clock, ms, signal);
  } catch {
    // Interrupted: what was not confirmed is not revoked.
  } finally {
    clearInterval(alive);
  }
}
