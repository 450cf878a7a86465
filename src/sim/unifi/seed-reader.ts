import { seedList, seedPath, type SeedRecord, seedRecord, seedText } from '../kit/seed-values.js';
import { SeedError } from '../kit/simulator.js';
import { ApiError } from './envelope.js';
import type { ControllerState } from './state.js';

/** What every part of a seed is read into. */
export interface SeedReader {
  readonly state: ControllerState;
  readonly random: () => number;
}

/** Runs the check of a request body on a part of a seed, so that its refusal names the path. */
export function asSeed<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ApiError) throw new SeedError(`${path}: ${error.message}`);
    throw error;
  }
}

/** The objects of a list, each with its path. */
export function rows(
  seed: SeedRecord,
  name: string,
  allowed: readonly string[],
): readonly (readonly [SeedRecord, string])[] {
  return seedList(seed[name], name).map((row, index) => {
    const path = seedPath(name, index);
    return [seedRecord(row, path, allowed), path] as const;
  });
}

export function texts(value: unknown, path: string): readonly string[] {
  return seedList(value, path).map((item, index) => seedText(item, seedPath(path, index)));
}

/** The id of something that exists. @throws SeedError */
export function known(map: { has(id: string): boolean }, id: string, path: string, what: string): string {
  if (!map.has(id)) throw new SeedError(`${path}: no ${what} "${id}"`);
  return id;
}
