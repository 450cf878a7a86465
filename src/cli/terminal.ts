import picocolors from 'picocolors';
import { errorCode } from '../runtime/errors.js';
import { plain } from '../runtime/text.js';

export type Paint = (text: string) => string;

export interface Colors {
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly bold: Paint;
  readonly dim: Paint;
}

/** Where a command writes. Results go to `out`, everything else to `note`. */
export interface Terminal {
  /** Text as it is, with its own line breaks. */
  out(text: string): void;
  /** A line, or a few, for the person: on stderr, without control and bidi characters. */
  note(line: string): void;
  /** Plain functions where stdout takes no colour. */
  readonly colors: Colors;
  /** Stdout is a terminal: a screen may be redrawn. */
  readonly interactive: boolean;
  /** Characters a line; absent where stdout is no terminal. */
  readonly columns?: number;
}

/** The process's own streams. This is the only place that decides about colour. */
export function processTerminal(environment: Readonly<Record<string, string | undefined>>): Terminal {
  const { stdout, stderr } = process;
  const quietOnClosedPipe = (error: unknown): void => {
    // The reader (`head`, a pager) has what it wanted.
    if (errorCode(error) === 'EPIPE') process.exit(0);
    stderr.write(`the output cannot be written (${errorCode(error)}): it is not whole\n`, () => process.exit(1));
  };
  stdout.on('error', quietOnClosedPipe);
  stderr.on('error', (error) => process.exit(errorCode(error) === 'EPIPE' ? 0 : 1));
  const interactive = stdout.isTTY;
  const noColor = environment['NO_COLOR'] !== undefined && environment['NO_COLOR'] !== '';
  const colored = interactive && !noColor && environment['TERM'] !== 'dumb';
  return {
    out: (text) => void stdout.write(text),
    note: (line) => void stderr.write(`${line.split('\n').map(plain).join('\n')}\n`),
    colors: picocolors.createColors(colored),
    interactive,
    ...(interactive ? { columns: stdout.columns } : {}),
  };
}
