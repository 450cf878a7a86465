import { readFile } from 'node:fs/promises';
import { errorCode } from '../runtime/errors.js';
import { statePaths } from '../runtime/paths.js';
import type { ControllerEvent } from '../status/events.js';
import { CommandError, exit } from './exit.js';

/**
 * What the controller did, oldest first; a line that is half written or damaged is left out.
 * @throws CommandError (78) when the file cannot be read
 */
export async function readEvents(stateDir: string): Promise<readonly ControllerEvent[]> {
  const { events } = statePaths(stateDir);
  // A full file is set aside once; together they hold the last one to two mebibytes.
  const texts = await Promise.all([`${events}.1`, events].map((path) => textOf(path)));
  return texts.flatMap((text) => text.split('\n')).flatMap(parseLine);
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '';
    throw new CommandError(exit.configuration, `${path} cannot be read (${errorCode(error)}): give it to the user that runs sexton`);
  }
}

function parseLine(line: string): readonly ControllerEvent[] {
  try {
    const value = JSON.parse(line) as Partial<ControllerEvent> | null;
    const sound =
      typeof value?.at === 'string' &&
      typeof value.reason === 'string' &&
      typeof value.message === 'string' &&
      typeof value.object?.kind === 'string' &&
      typeof value.object.name === 'string';
    return sound ? [value as ControllerEvent] : [];
  } catch {
    return [];
  }
}
