import { closeSync, existsSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { statePaths } from '../runtime/paths.js';
import { prepareDirectory } from '../runtime/own-directory.js';

/** What is missing from a state directory that is in use; a sentence each, null: nothing, or nobody can know. */
export interface AbsentState {
  /** True: nothing of an earlier process is there. */
  readonly fresh: boolean;
  readonly installation: string | null;
  readonly accepted: string | null;
  readonly events: string | null;
  /** Counts only where doors were programmed. */
  readonly bookings: string | null;
}

/** Before anything is opened. Files that are always written at once are judged by who opens them. */
export function absentState(stateDir: string): AbsentState {
  const paths = statePaths(stateDir);
  const used = [paths.inventory, paths.rules, paths.accepted, paths.auditHead, paths.audit].some((path) => existsSync(path));
  const identified = existsSync(paths.installation);
  const missing = (path: string, since: boolean, consequence: string): string | null => (since && !existsSync(path) ? `${path} is missing: ${consequence}` : null);
  return {
    fresh: !identified && !used,
    installation: missing(paths.installation, used, 'this is a new installation now, and UniFi belongs to the one before; put the file back from a backup, or take UniFi over with `sexton adopt controller`.'),
    // Both are made together, by `beginState`.
    accepted: missing(paths.accepted, existsSync(paths.events), 'resources are accepted anew as their files say, and generations begin again at 1.'),
    events: existsSync(`${paths.events}.1`) ? null : missing(paths.events, existsSync(paths.accepted), '`sexton events` no longer tells what happened before.'),
    bookings: missing(paths.bookings, identified, 'Planning Center is read again, and nothing goes until two readings agree.'),
  };
}

/**
 * What every state directory in use holds, whichever command began it: missing from now on, it is lost.
 * @throws ConfigurationError where a directory in it cannot be written
 */
export function beginState(stateDir: string): void {
  const { accepted, events } = statePaths(stateDir);
  prepareDirectory(accepted, 'stateDir');
  for (const { name } of readdirSync(accepted, { withFileTypes: true }).filter((entry) => entry.isDirectory())) prepareDirectory(join(accepted, name), 'stateDir');
  if (existsSync(events)) return;
  try {
    closeSync(openSync(events, 'a', 0o640));
  } catch {
    // A disk that takes nothing is told with the first event.
  }
}
