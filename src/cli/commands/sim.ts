import { readFile } from 'node:fs/promises';
import { ConfigurationError, errorCode, errorMessage } from '../../runtime/errors.js';
import type { RunningSimulator, SimulatorDefinition, SimulatorKind } from '../../sim/kit/simulator.js';
import { SeedError } from '../../sim/kit/simulator.js';
import { CommandError, UsageError, exit } from '../exit.js';
import type { Session } from '../session.js';

export interface SimCommandOptions {
  readonly port?: number;
  readonly seed?: string;
  readonly quirk?: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly now?: number;
  readonly tls?: boolean;
  readonly ca?: string;
}

/** One simulator until a signal ends it; exit 0, 64 for an unknown quirk, 78 for a bad seed or a busy port. */
export async function simCommand(session: Session, kind: SimulatorKind, options: SimCommandOptions): Promise<number> {
  const { terminal } = session;
  const interrupted = session.interrupted();
  const [definition, seed] = await Promise.all([definitionOf(kind), readSeed(options.seed)]);
  if (options.ca !== undefined && options.tls !== true && definition.tls !== 'always') {
    throw new UsageError(`--ca: the ${kind} simulator has a certificate only with --tls`);
  }
  const simulator = await start(definition, seed, session, options);
  const { listening, fingerprint } = simulator;
  const shown = kind === 'unifi' && fingerprint !== undefined ? { kind, listening, fingerprint } : { kind, listening };
  terminal.out(`${JSON.stringify(shown)}\n`);
  await new Promise<void>((resolve) => {
    if (interrupted.aborted) resolve();
    else interrupted.addEventListener('abort', () => resolve(), { once: true });
  });
  await simulator.close();
  return exit.ok;
}

async function start(definition: SimulatorDefinition, seed: unknown, { terminal }: Session, options: SimCommandOptions): Promise<RunningSimulator> {
  const { startSimulator } = await import('../../sim/kit/start.js');
  try {
    return await startSimulator(definition, {
      port: options.port ?? definition.defaultPort,
      log: (line) => terminal.note(line),
      ...(seed === undefined ? {} : { seed }),
      ...(options.quirk === undefined ? {} : { quirks: options.quirk }),
      ...(options.now === undefined ? {} : { now: options.now }),
      ...(options.tls === undefined ? {} : { tls: options.tls }),
      ...(options.ca === undefined ? {} : { caFile: options.ca }),
    });
  } catch (error) {
    if (error instanceof SeedError) throw new CommandError(exit.configuration, `${options.seed ?? 'the seed'}: ${error.message}`);
    const mistyped = error instanceof ConfigurationError && ['UnknownQuirk', 'QuirkValue'].includes(error.code);
    throw mistyped ? new UsageError(error.message) : error;
  }
}

/** Only the one that is asked for is loaded. */
export async function definitionOf(kind: SimulatorKind): Promise<SimulatorDefinition> {
  switch (kind) {
    case 'unifi':
      return (await import('../../sim/unifi/definition.js')).unifiDefinition;
    case 'pco':
      return (await import('../../sim/pco/definition.js')).pcoDefinition;
    case 'civicrm':
      return (await import('../../sim/civicrm/definition.js')).civicrmDefinition;
  }
}

/** Undefined: an empty world with the built-in credentials; the church of `sexton demo` belongs to the demo. */
async function readSeed(file: string | undefined): Promise<unknown> {
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new CommandError(exit.configuration, `--seed ${file} cannot be read (${errorCode(error)})`);
  }
  const { parse } = await import('yaml');
  try {
    return parse(text);
  } catch (error) {
    throw new CommandError(exit.configuration, `--seed ${file}: ${errorMessage(error)}`);
  }
}
