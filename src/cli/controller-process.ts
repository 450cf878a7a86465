import { relative } from 'node:path';
import type { Writable } from 'node:stream';
import { createDaemon } from '../controller/daemon.js';
import type { Publisher } from '../controller/engine.js';
import { watchEachMinute } from '../controller/watch-doors.js';
import { keepWatchdog } from '../controller/watchdog.js';
import { noObserver, type ControllerObserver } from '../controller/observer.js';
import type { Alerter } from '../notify/alerter.js';
import { clockAt, delay, type Clock } from '../runtime/clock.js';
import type { Configuration } from '../runtime/config.js';
import type { Credentials } from '../runtime/credentials.js';
import { ConfigurationError } from '../runtime/errors.js';
import { acquireLock } from '../runtime/lock.js';
import { isLoopback } from '../runtime/loopback.js';
import { createLogger } from '../runtime/logger.js';
import { runtimePaths, statePaths } from '../runtime/paths.js';
import { serviceManager } from '../runtime/service-manager.js';
import { prepareDirectory } from '../runtime/own-directory.js';
import { becomeStateOwner } from '../runtime/state-owner.js';
import { isReady } from '../status/build-view.js';
import type { Plane, View } from '../status/view.js';
import { lookAt, openAlerting } from './compose-alerts.js';
import { compose, type ComposeOptions, type Composition } from './compose.js';
import { CommandError, exit } from './exit.js';
import { diskPublisher } from './publish.js';
import type { Session } from './session.js';

/** One controller process: what it runs on and how. */
export interface ControllerProcess {
  readonly session: Session;
  readonly configuration: Configuration;
  readonly credentials: Credentials;
  readonly planes: readonly Plane[];
  readonly dryRun: boolean;
  /** Milliseconds since the epoch, from `--now`. */
  readonly now: number | undefined;
  readonly logTo: Writable;
}

/** A stop that takes longer than this is ended: systemd would. */
const stopLimit = 8_000;
const lockInterval = 5_000;
/** Who asked looks within a fraction of a second, and asks again where its answer is gone already. */
const answersKept = 100;

/** Root does it as the owner of the state directory. @throws CommandError (75) while another process holds the lock */
export async function withLock<Result>(configuration: Configuration, work: (held: () => boolean) => Promise<Result>): Promise<Result> {
  prepareDirectory(configuration.stateDir, 'stateDir');
  prepareDirectory(configuration.runtimeDir, 'runtimeDir');
  becomeStateOwner(configuration);
  const lock = acquireLock(configuration.runtimeDir);
  if ('heldBy' in lock) {
    throw new CommandError(exit.locked, `another sexton (pid ${lock.heldBy}) holds ${runtimePaths(configuration.runtimeDir).lock}; stop it first`);
  }
  try {
    return await work(() => lock.held());
  } finally {
    lock.release();
  }
}

/** Reconciles once, and again when a file's absence has to be confirmed. The exit code is that of `run --once`. */
export async function controlOnce(controller: ControllerProcess): Promise<{ readonly view: View; readonly code: number }> {
  const { session, planes, now } = controller;
  const signal = session.interrupted();
  const clock = now === undefined ? session.clock : clockAt(now, false);
  const { composition } = await assemble(controller, { clock, observer: noObserver, stopping: () => signal.aborted });
  const { engine, sources } = composition;
  try {
    await Promise.all([planes.includes('doors') ? sources.bookings?.poll() : undefined, planes.includes('members') ? sources.members?.poll() : undefined]);
    const reconcile = async (): Promise<boolean> => {
      const results = await Promise.all(planes.map((plane) => engine.reconcile(plane).then(() => true, fatal)));
      return results.every(Boolean);
    };
    let succeeded = await reconcile();
    const wait = engine.reading()?.confirmAbsenceIn ?? null;
    if (wait !== null && !signal.aborted) {
      session.terminal.note(`a file is gone; looking again in ${Math.ceil(wait / 1000)} s before anything is revoked`);
      await waitReferenced(wait, session.clock, signal);
      succeeded = await reconcile();
    }
    return { view: engine.view(), code: succeeded ? readiness(composition, planes) : exit.unable };
  } finally {
    await composition.close();
  }
}

/** Pending approvals leave everything Ready; a brake, a stale source or anything not Ready does not. */
function readiness({ engine }: Composition, planes: readonly Plane[]): number {
  const { status, diff } = engine.view();
  const mine = engine.statuses().filter(({ kind }) => planes.includes(kind === 'TierMapping' ? 'members' : 'doors'));
  const ready =
    status.planes.filter(({ plane }) => planes.includes(plane)).every((each) => each.ready) &&
    mine.every((each) => isReady(each.status)) &&
    // Openings that wait for a person are no brake: only a plan of the members is.
    !diff.planes.some(({ plane, hash }) => plane === 'members' && hash !== null) &&
    (engine.reading()?.unreadable.length ?? 0) === 0;
  return ready ? exit.ok : exit.failed;
}

/** A plane may fail; a configuration that cannot work ends the program. */
function fatal(error: unknown): false {
  if (error instanceof ConfigurationError) throw error;
  return false;
}

/** Runs until a signal (0), a lost lock (75) or a configuration that no longer works (78). */
export async function control(controller: ControllerProcess, held: () => boolean, onStarted?: (running: RunningController) => void): Promise<number> {
  const { session, configuration, now } = controller;
  const [{ createMetrics }, { startServer }] = await Promise.all([import('../server/metrics.js'), import('../server/server.js')]);
  const clock = now === undefined ? session.clock : clockAt(now, true);
  const signal = session.interrupted();
  const metrics = createMetrics();
  let alerter: Alerter | null = null;
  const observer: ControllerObserver = {
    ...metrics.observer,
    published: (view, statuses) => {
      metrics.observer.published(view, statuses);
      alerter?.look(lookAt(engine, controller.planes, configuration));
    },
  };
  const { composition, settle, publisher } = await assemble(controller, { clock, observer, alerting: () => alerter?.view() ?? null, stopping: () => signal.aborted });
  const { engine, deps, sources } = composition;
  const { log } = deps;
  alerter = await openAlerting({
    configuration,
    credentials: controller.credentials,
    clock,
    log,
    observer,
    onTrouble: (path, problem) => {
      deps.troubles.unwritable(relative(configuration.stateDir, path), problem);
    },
    onEvents: (events) => publisher.events(events),
    // Whoever asks for the status sees it at once.
    onChange: () => void engine.refresh().catch(() => undefined),
  });
  if (alerter.lost !== null) deps.troubles.lost('alerts.json', alerter.lost);
  const server = await startServer({
    listen: configuration.server.listen,
    metricsText: () => metrics.text(),
    planes: () => engine.published().view.status.planes,
    running: controller.planes,
    log,
  });
  const url = server === null ? null : `http://${configuration.server.listen.host}:${server.port}`;
  let end: (code: number) => void = () => undefined;
  const ended = new Promise<number>((resolve) => (end = resolve));
  const daemon = createDaemon({
    engine,
    store: deps.store,
    bookings: sources.bookings,
    members: sources.members,
    planes: controller.planes,
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
  }, lockInterval);
  signal.addEventListener('abort', () => {
    end(exit.ok);
  });
  log.info('started', { site: configuration.site, mode: engine.view().status.mode, url });
  if (!signal.aborted) void daemon.start();
  const manager = serviceManager(session.environment, log);
  const summary = (): string => planesText(engine.published().view, controller.planes);
  const letGo = manager === null ? null : keepWatchdog({ manager, clock, overdue: () => daemon.overdue(), summary, log });
  const stopWatching = deps.dryRun || !controller.planes.includes('doors') ? null : watchEachMinute(deps.watch, clock);
  onStarted?.({ view: () => engine.view(), url });
  const code = signal.aborted ? exit.ok : await ended;
  clearInterval(watch);
  letGo?.();
  stopWatching?.();
  const stopped = daemon.stop().then(async () => {
    await server?.close();
    await alerter.close();
    await composition.close();
  });
  await Promise.race([stopped, delay(session.clock, stopLimit)]);
  log.info('stopped', { code });
  return code;
}

/** For one line of `systemctl status`: `first-church, Apply; doors ready; members: SourceStale`. */
function planesText({ status }: View, running: readonly Plane[]): string {
  const planes = status.planes.filter(({ plane }) => running.includes(plane));
  return [`${status.site}, ${status.mode}`, ...planes.map(({ plane, ready, reason }) => (ready ? `${plane} ready` : `${plane}: ${reason ?? 'not ready'}`))].join('; ');
}

export interface RunningController {
  view(): View;
  /** Of its HTTP server; null when the port was busy. */
  readonly url: string | null;
}

async function assemble(
  { configuration, credentials, session, logTo, now, dryRun }: ControllerProcess,
  settings: Pick<ComposeOptions, 'clock' | 'observer' | 'alerting' | 'stopping'>,
): Promise<{ readonly composition: Composition; readonly settle: (pokeId: string) => void; readonly publisher: Publisher }> {
  if (now !== undefined && configuration.mode === 'Apply' && !dryRun) refuseImaginedClock(configuration);
  const secrets = Object.values(credentials);
  const log = createLogger({ stream: logTo, level: session.environment['LOG_LEVEL'], secrets, clock: settings.clock });
  let pokes: readonly string[] = [];
  let composed: Composition | null = null;
  const deps = (): Composition['deps'] => {
    if (composed === null) throw new Error('published before the program was put together');
    return composed.deps;
  };
  const publisher = diskPublisher({
    store: () => deps().store,
    troubles: () => deps().troubles,
    livePath: runtimePaths(configuration.runtimeDir).live,
    eventsPath: statePaths(configuration.stateDir).events,
    pokes: () => pokes,
    onDiskWrite: settings.observer.diskWrite,
  });
  const composition = await compose({
    ...settings,
    configuration,
    credentials,
    imagined: now !== undefined,
    realClock: session.clock,
    log,
    access: 'control',
    dryRun,
    publisher,
  });
  composed = composition;
  for (const text of composition.lost) log.error('state lost', { text });
  return { composition, settle: (id) => (pokes = [...pokes, id].slice(-answersKept)), publisher };
}

/** An imagined clock writes to simulators only: on real doors it would open them at the wrong time. */
function refuseImaginedClock({ unifi }: Configuration): void {
  const { hostname } = new URL(unifi.url);
  if (isLoopback(hostname)) return;
  throw new ConfigurationError(`--now is refused with mode: Apply for ${hostname}: only a simulator on a loopback address may be written at an imagined time`, {
    code: 'ImaginedClock',
  });
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
