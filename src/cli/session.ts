import type { Clock } from '../runtime/clock.js';
import type { LoadResources, LoadView } from './live-view.js';
import type { Terminal } from './terminal.js';

/** Everything a command needs from the outside. */
export interface Session {
  readonly terminal: Terminal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Aborted by ^C or SIGTERM, with the signal's name as the reason. From the first call on they no longer end the process. */
  interrupted(): AbortSignal;
  /** Each is loaded when it is first called: a command that reads no world starts without it. */
  readonly readers: Readers;
}

export interface Readers {
  readonly loadView: LoadView;
  readonly loadResources: LoadResources;
}
