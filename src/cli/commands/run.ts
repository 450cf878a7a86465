import { readCredentials } from '../../runtime/credentials.js';
import type { Plane } from '../../status/view.js';
import { requireConfiguration } from '../configuration.js';
import { control, controlOnce, withLock } from '../controller-process.js';
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

/** `sexton run`: the controller until SIGTERM; `--once`: 0 all Ready, 1 something is not, 2 a plane failed. */
export async function runCommand(session: Session, options: RunOptions): Promise<number> {
  const configuration = requireConfiguration(session, options.config);
  const credentials = readCredentials(session.environment);
  return withLock(configuration, async (held) => {
    const controller = {
      session,
      configuration,
      credentials,
      planes: options.plane === undefined ? (['doors', 'members'] as const) : [options.plane],
      dryRun: options.dryRun === true,
      now: options.now,
    };
    if (options.once !== true) return control({ ...controller, logTo: process.stdout }, held);
    // Stdout holds the result alone.
    const { view, code } = await controlOnce({ ...controller, logTo: process.stderr });
    await printStatus(session, view, configuration);
    return code;
  });
}
