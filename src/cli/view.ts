import { errorMessage } from '../runtime/errors.js';
import type { Configuration } from '../runtime/config.js';
import type { Plane, SourceView } from '../status/view.js';
import { CommandError } from './exit.js';
import type { LoadedView, ViewOptions } from './live-view.js';
import type { Session } from './session.js';

export interface ViewRequest extends Omit<ViewOptions, 'configuration' | 'now'> {
  readonly configuration: Configuration;
  /** Milliseconds since the epoch, from `--now`. */
  readonly now: number | undefined;
  /** What the command ends with when there is nothing to show. */
  readonly failure: number;
}

/** The view, and a line on stderr where no daemon gave it. @throws CommandError with `failure` */
export async function readView(session: Session, request: ViewRequest): Promise<LoadedView> {
  const loaded = await readViewAgain(session, request);
  if (loaded.from === 'computed') session.terminal.note(computedNote(request.now !== undefined || request.fresh === true));
  return loaded;
}

/** As `readView`, without the line: for looking again. */
export async function readViewAgain(session: Session, { now, failure, ...options }: ViewRequest): Promise<LoadedView> {
  const { loadView } = session.readers;
  const loaded = await guarded(failure, () => loadView({ ...options, now: now ?? null }));
  if (loaded.from === 'daemon') return loaded;
  // Only this command writes nothing; the site's own mode is what a person asks about.
  const status = { ...loaded.view.status, mode: options.configuration.mode };
  return { ...loaded, view: { ...loaded.view, status } };
}

async function guarded<T>(failure: number, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof CommandError || (error instanceof Error && error.name === 'ConfigurationError')) throw error;
    throw new CommandError(failure, errorMessage(error));
  }
}

function computedNote(asked: boolean): string {
  return asked ? 'Worked out here from the sources; nothing was written.' : 'No daemon runs: worked out here from the sources; nothing was written.';
}

export interface Trouble {
  readonly sentence: string;
  /** There is nothing to show, or nothing that this command read itself. */
  readonly fatal: boolean;
}

/** Null: source and plane told all that is needed. */
export function troubleOf(loaded: LoadedView, name: SourceView['name'], plane: Plane): Trouble | null {
  const ofSource = sourceTrouble(loaded, name);
  if (ofSource?.fatal === true) return ofSource;
  // A plane that never ran through (UniFi is down) shows nothing, whatever its source said.
  const { lastSuccess = null, message = null } = loaded.view.status.planes.find((each) => each.plane === plane) ?? {};
  return lastSuccess === null ? { sentence: `${plane}: ${message ?? 'not reconciled yet'}`, fatal: true } : ofSource;
}

function sourceTrouble({ view, from }: LoadedView, name: SourceView['name']): Trouble | null {
  const source = view.status.sources.find((each) => each.name === name);
  if (source === undefined) return { sentence: `There is no ${name} in the configuration: nothing is read from it.`, fatal: false };
  if (source.error === null && source.readAt !== null && source.complete) return null;
  if (source.error === null && source.readAt !== null) return { sentence: `${name}: the last answer was incomplete.`, fatal: false };
  const why = source.error ?? 'has not been read yet';
  const since = source.readAt === null ? '' : ` (last read ${source.readAt})`;
  return { sentence: `${name}: ${why}${since}`, fatal: from === 'computed' || source.readAt === null };
}

/** How long to wait before looking again: a daemon's file is cheap, the sources are not. */
export function lookEvery({ from }: LoadedView): number {
  return from === 'daemon' ? 1000 : 30_000;
}
