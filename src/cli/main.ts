import { CommanderError } from 'commander';
import { ConfigurationError, errorMessage } from '../runtime/errors.js';
import { CommandError, UsageError, exit } from './exit.js';
import { buildProgram } from './program.js';
import type { Session } from './session.js';

/** Runs one command line, without the program's name. Answers the exit code. @throws never */
export async function main(words: readonly string[], session: Session): Promise<number> {
  let code: number = exit.ok;
  const program = buildProgram(session, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    return explainFailure(error, session);
  }
}

function explainFailure(error: unknown, { terminal, environment }: Session): number {
  if (error instanceof CommanderError) {
    // Commander has said what is wrong; help and version are no error.
    return error.exitCode === 0 ? exit.ok : exit.usage;
  }
  terminal.note(error instanceof UsageError ? `error: ${error.message}` : errorMessage(error));
  if (error instanceof CommandError) return error.exitCode;
  if (error instanceof ConfigurationError) return exit.configuration;
  if (environment['LOG_LEVEL'] === 'debug' && error instanceof Error && error.stack !== undefined) terminal.note(error.stack);
  return exit.failed;
}
