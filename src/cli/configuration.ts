import { formatProblem } from '../api/problem.js';
import { loadConfiguration } from '../runtime/config.js';
import type { Configuration } from '../runtime/config.js';
import { CommandError, exit } from './exit.js';
import type { Session } from './session.js';

/** `--config`, else `$SEXTON_CONFIG`, else the place where the package puts it. */
export function configurationPath(session: Session, given: string | undefined): string {
  return given ?? (session.environment['SEXTON_CONFIG'] || '/etc/sexton/sexton.yaml');
}

/** @throws CommandError (78) with every problem of the file */
export function requireConfiguration(session: Session, given: string | undefined): Configuration {
  const { config, problems } = loadConfiguration(configurationPath(session, given));
  if (config !== undefined) return config;
  throw new CommandError(exit.configuration, problems.map(formatProblem).join('\n'));
}
