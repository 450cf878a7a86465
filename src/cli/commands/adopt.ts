import { adoptController } from '../../controller/adopt-controller.js';
import { noObserver } from '../../controller/observer.js';
import { readCredentials } from '../../runtime/credentials.js';
import { ConfigurationError, errorCode, errorMessage } from '../../runtime/errors.js';
import { createLogger } from '../../runtime/logger.js';
import { personOf } from '../after-writing.js';
import { compose, silentPublisher } from '../compose.js';
import { requireConfiguration } from '../configuration.js';
import { withLock } from '../controller-process.js';
import { CommandError, UsageError, exit } from '../exit.js';
import type { Session } from '../session.js';

export interface AdoptOptions {
  readonly config?: string;
}

/**
 * `sexton adopt controller`: takes a UniFi over that another installation owns, or that was replaced. It holds the lock,
 * so that a daemon on this machine has to be stopped first (75). Exit 0, or 1 when nothing was taken over.
 */
export async function adoptCommand(session: Session, what: 'controller' | 'members', options: AdoptOptions): Promise<number> {
  if (what === 'members') throw new UsageError('`sexton adopt members` is not there yet; it comes with a later version. Now: `sexton adopt controller`');
  const configuration = requireConfiguration(session, options.config);
  if (configuration.mode === 'DryRun') {
    throw new CommandError(exit.failed, 'mode is DryRun: nothing is written to UniFi, so nothing is taken over; set mode: Apply first');
  }
  const { terminal, clock } = session;
  const credentials = readCredentials(session.environment);
  const person = personOf(session);
  return withLock(configuration, async () => {
    const composition = await compose({
      configuration,
      credentials,
      clock,
      imagined: false,
      log: createLogger({ stream: process.stderr, level: session.environment['LOG_LEVEL'], secrets: Object.values(credentials), clock }),
      observer: noObserver,
      access: 'control',
      dryRun: false,
      publisher: silentPublisher,
      stopping: () => session.interrupted().aborted,
    });
    const { deps } = composition;
    for (const text of composition.lost) terminal.note(text);
    try {
      const adoption = await adoptController(deps);
      if (adoption === null) {
        terminal.out(`this UniFi belongs to this installation (${deps.installationId}) already; nothing to do\n`);
        return exit.ok;
      }
      const skew = deps.clockCheck(deps.unifi.lastDate());
      if (skew !== null) throw new CommandError(exit.failed, `nothing was taken over: ${skew}`);
      for (const step of adoption.steps) terminal.out(`${step}\n`);
      await adoption.carryOut(person);
      terminal.out(`this UniFi belongs to installation ${deps.installationId} now; start the controller again\n`);
      return exit.ok;
    } catch (error) {
      if (error instanceof CommandError || error instanceof ConfigurationError) throw error;
      throw new CommandError(exit.failed, `not taken over: ${errorMessage(error)} (${errorCode(error)})`);
    } finally {
      await composition.close();
    }
  });
}
