import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { ConfigurationError, errorCode } from './errors.js';

/**
 * Makes sure that a directory of ours exists (0750) and can be written; writes nothing into it.
 * @param setting the name in the configuration, for the message: `stateDir`
 * @throws ConfigurationError
 */
export function prepareDirectory(directory: string, setting: string): void {
  try {
    makeDirectory(directory);
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = errorCode(error);
    throw new ConfigurationError(
      `${setting} ${directory} cannot be written (${code}): create it and give it to the user that runs sexton`,
      { code, cause: error },
    );
  }
}

/** Node's own `recursive` goes round for ever where a file system says ENOENT of a directory that it will not make, as /proc does. */
function makeDirectory(directory: string): void {
  const make = (): void => {
    mkdirSync(directory, { mode: 0o750 });
  };
  try {
    make();
  } catch (error) {
    // Found to be no directory, it is refused where it is looked at.
    if (errorCode(error) === 'EEXIST') return;
    const parent = dirname(directory);
    if (errorCode(error) !== 'ENOENT' || existsSync(parent)) throw error;
    makeDirectory(parent);
    make();
  }
}
