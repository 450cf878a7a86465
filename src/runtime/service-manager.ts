import { spawn } from 'node:child_process';
import { errorCode } from './errors.js';
import type { Logger } from './log.js';

/** The service manager that started this process and wants to hear from it (systemd, `Type=notify`). */
export interface ServiceManager {
  /** Milliseconds of silence after which it ends this process; null: it does not watch. */
  readonly watchdog: number | null;
  /** Assignments as sd_notify(3) has them: `READY=1`. A failure is logged, once until one succeeds. @throws never */
  tell(assignments: readonly string[]): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Far below any watchdog; a manager that is too busy for longer is told with the next message. */
const patience = 10_000;

/**
 * Null when nobody asked to be told. Node knows no datagram sockets of AF_UNIX, so that each message is one short-lived
 * `systemd-notify`, which belongs to systemd itself; the unit needs `NotifyAccess=all`.
 */
export function serviceManager(environment: Environment, log: Logger): ServiceManager | null {
  const socket = environment['NOTIFY_SOCKET'];
  if (socket === undefined || socket === '') return null;
  let failing = false;
  let last: Promise<void> = Promise.resolve();
  const send = async (assignments: readonly string[]): Promise<void> => {
    const failure = await notify(assignments, { PATH: environment['PATH'], NOTIFY_SOCKET: socket });
    if (failure !== null && !failing) log.warn('service manager not told', { code: failure, remedy: 'is systemd-notify there, and NotifyAccess=all?' });
    failing = failure !== null;
  };
  return {
    watchdog: watchdogOf(environment),
    // In their order: a READY must not overtake a STOPPING.
    tell: (assignments) => (last = last.then(() => send(assignments))),
  };
}

/** Null when told, else a code. */
function notify(assignments: readonly string[], env: NodeJS.ProcessEnv): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn('systemd-notify', [...assignments], { env, stdio: 'ignore', timeout: patience });
    child.once('error', (error) => resolve(errorCode(error)));
    child.once('exit', (code, signal) => resolve(code === 0 ? null : String(signal ?? code)));
  });
}

/** `WATCHDOG_PID` names whom it watches: the variables are inherited by children too. */
function watchdogOf(environment: Environment): number | null {
  const pid = environment['WATCHDOG_PID'];
  const microseconds = Number(environment['WATCHDOG_USEC'] ?? '');
  const watched = pid === undefined || pid === String(process.pid);
  return watched && Number.isFinite(microseconds) && microseconds > 0 ? microseconds / 1000 : null;
}
