import { readFile, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { parse, TomlError } from 'smol-toml';
import { errorCode } from '../../runtime/errors.js';
import { isRecord } from '../../runtime/record.js';
import { CommandError, exit } from '../exit.js';
import type { DoorSyncSource } from './door-sync.js';
import { fccFiles, type FccFile, type FccSource } from './fcc-source.js';

/** `source`: its directory, or the TOML file itself. @throws CommandError (1) naming file, line and column */
export async function readDoorSync(source: string, envFile: string | undefined): Promise<DoorSyncSource> {
  const path = (await isDirectory(source)) ? join(source, 'config.toml') : source;
  const text = await readText(path);
  const environment = await readEnvironment(envFile ?? (await firstThere([join(dirname(path), 'env'), join(dirname(path), '.env')])));
  try {
    return { config: parse(text), environment };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new CommandError(exit.failed, `${path}:${error.line}:${error.column} is no TOML: ${error.message.split('\n')[0] ?? ''}`);
  }
}

const fileVariables: Readonly<Partial<Record<FccFile, string>>> = {
  mapping: 'ROOM_DOOR_MAPPING_FILE',
  officeHours: 'OFFICE_HOURS_FILE',
  cancelledOfficeHours: 'CANCELLED_OFFICE_HOURS_FILE',
  exceptions: 'EXCEPTION_CALENDAR_FILE',
  manualAccess: 'MANUAL_ACCESS_FILE',
  overrides: 'EVENT_OVERRIDES_FILE',
  cancelledEvents: 'CANCELLED_EVENTS_FILE',
  pendingApprovals: 'PENDING_APPROVALS_FILE',
  approvedNames: 'APPROVED_EVENT_NAMES_FILE',
  safeHours: 'SAFE_HOURS_FILE',
};

/** `source`: its directory with `config/` and `.env`, or `config/` itself. @throws CommandError (1) */
export async function readFccPlanner(source: string, envFile: string | undefined): Promise<Pick<FccSource, 'files' | 'others' | 'environment'>> {
  if (!(await isDirectory(source))) throw new CommandError(exit.failed, `${source} is no directory; name the one that holds config/ and .env`);
  const config = (await isDirectory(join(source, 'config'))) ? join(source, 'config') : source;
  const top = config === source && basename(resolve(source)) === 'config' ? dirname(resolve(source)) : source;
  const environment = await readEnvironment(envFile ?? (await firstThere([join(top, '.env')])));
  const files: Partial<Record<FccFile, unknown>> = {};
  const read = new Set<string>();
  for (const name of Object.keys(fccFiles) as FccFile[]) {
    const variable = environment[fileVariables[name] ?? ''];
    const path = variable === undefined || variable === '' ? join(config, fccFiles[name]) : resolve(top, variable);
    // It makes most of its files when they are first needed.
    if (await isMissing(path)) continue;
    const text = await readText(path);
    read.add(resolve(path));
    files[name] = readJson(path, text);
  }
  if (files.mapping === undefined) throw new CommandError(exit.failed, `${join(config, fccFiles.mapping)} is not there: is ${source} the directory of fccPlanner2unifi?`);
  const others = (await readdir(config)).filter((name) => name.endsWith('.json') && !read.has(resolve(config, name)));
  return { files, others: others.sort(), environment };
}

/** As spreadsheets and editors save it: UTF-8 or UTF-16, with a byte order mark or without. @throws CommandError (1) */
export async function readText(path: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new CommandError(exit.failed, `${path} cannot be read (${errorCode(error)})`);
  }
  const [first, second] = bytes;
  const encoding = first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  try {
    // The decoder takes the mark away.
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new CommandError(exit.failed, `${path} is neither UTF-8 nor UTF-16 text, so its letters cannot be told; save it as UTF-8 (in a spreadsheet "CSV UTF-8")`);
  }
}

async function isMissing(path: string): Promise<boolean> {
  return stat(path).then(() => false, (error: unknown) => errorCode(error) === 'ENOENT');
}

function readJson(path: string, text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value) || Array.isArray(value)) return value;
  } catch (error) {
    throw new CommandError(exit.failed, `${path} is no JSON: ${error instanceof Error ? error.message : ''}`);
  }
  throw new CommandError(exit.failed, `${path} holds neither an object nor a list`);
}

async function readEnvironment(path: string | null): Promise<Readonly<Record<string, string>>> {
  if (path === null) return {};
  const values = parseEnv(await readText(path));
  return Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])));
}

async function firstThere(paths: readonly string[]): Promise<string | null> {
  for (const path of paths) if (await stat(path).then((found) => found.isFile(), () => false)) return path;
  return null;
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then((found) => found.isDirectory(), () => false);
}
