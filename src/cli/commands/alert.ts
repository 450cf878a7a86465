import { isoInstant } from '../../runtime/instant.js';
import type { Note } from '../../notify/alert.js';
import { messageOf } from '../../notify/message.js';
import { missingForAlerts, readCredentials } from '../../runtime/credentials.js';
import { errorMessage } from '../../runtime/errors.js';
import { silentLogger } from '../../runtime/log.js';
import { runtimePaths } from '../../runtime/paths.js';
import { scrubber } from '../../runtime/scrub.js';
import { plain } from '../../runtime/text.js';
import { openHeartbeat, openTransports, wordingOf } from '../compose-alerts.js';
import { requireCredentials } from '../compose.js';
import { requireConfiguration } from '../configuration.js';
import { CommandError, exit } from '../exit.js';
import { personOf } from '../after-writing.js';
import type { Session } from '../session.js';

export interface AlertOptions {
  readonly config?: string;
}

/**
 * `sexton alert test`: a test message by every transport, or by those that are named, and one call of the heartbeat. A
 * line each; exit 0 when all took it, 1 when one did not. The daemon is not needed, and hears nothing of it.
 */
export async function alertTestCommand(session: Session, names: readonly string[], options: AlertOptions): Promise<number> {
  const { terminal, clock } = session;
  const configuration = requireConfiguration(session, options.config);
  const credentials = readCredentials(session.environment);
  requireCredentials(missingForAlerts(configuration.alerts, credentials));
  const opened = { configuration, credentials, clock, log: silentLogger };
  const transports = await openTransports(opened);
  const heartbeat = openHeartbeat(opened, () => undefined);
  const known = [...transports.map(({ name }) => name), ...(heartbeat === null ? [] : ['heartbeat'])];
  const stranger = names.find((name) => !known.includes(name));
  if (stranger !== undefined) {
    throw new CommandError(exit.failed, `there is no transport "${stranger}"${known.length === 0 ? '; the configuration has no alerts' : `; there is ${known.join(', ')}`}`);
  }
  const message = messageOf([testNote(clock.now(), personOf(session))], wordingOf(configuration));
  const scrub = scrubber(Object.values(credentials));
  const tries = [
    ...transports.map((transport) => ({ name: transport.name, done: 'sent', attempt: () => transport.deliver(message) })),
    ...(heartbeat === null ? [] : [{ name: 'heartbeat', done: 'answered', attempt: () => heartbeat.beat() }]),
  ].filter(({ name }) => names.length === 0 || names.includes(name));
  try {
    const results = await Promise.all(tries.map(({ attempt }) => attempt().then(() => null, errorMessage)));
    for (const [index, { name, done }] of tries.entries()) {
      const error = results[index] ?? null;
      terminal.out(`${name}: ${error === null ? done : `FAILED: ${plain(scrub(error))}`}\n`);
    }
    if (names.length === 0) terminal.note(`The daemon also keeps ${runtimePaths(configuration.runtimeDir).alerts}, which is there exactly while something is wrong.`);
    if (transports.length === 0) terminal.note('The configuration has no alerts: nobody is told but whoever looks at that file.');
    return results.every((error) => error === null) ? exit.ok : exit.failed;
  } finally {
    for (const transport of transports) transport.close();
    heartbeat?.close();
  }
}

function testNote(now: number, person: string): Note {
  return {
    kind: 'Raised',
    told: {
      key: 'test',
      severity: 'Info',
      subject: 'A test',
      what: `This is a test, sent by ${plain(person)} at ${isoInstant(Math.floor(now / 1000) * 1000)}.`,
      todo: 'Nothing is wrong. Whoever reads this hears of it when something is.',
      command: null,
      fact: '',
    },
    since: now,
    at: now,
  };
}
