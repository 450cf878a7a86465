import type { Hono } from 'hono';

export type SimulatorKind = 'unifi' | 'pco' | 'civicrm';

/** name → its allowed settings; a pattern (`/^\d+$/`) where any number goes. */
export type QuirkTable = Readonly<
  Record<string, { readonly default: string; readonly allowed: readonly (string | RegExp)[] }>
>;

export interface SimulatorContext {
  /** The world's clock, moved by `/_sim/clock`; milliseconds since the epoch. HTTP `Date` stays real. */
  now(): number;
  quirk(name: string): string;
  /** 0 ≤ n < 1, from a seeded generator: a run can be repeated. */
  random(): number;
}

/**
 * The world behind one simulator: its state and its API. The kit adds transport, faults, request log and control plane.
 */
export interface SimulatorWorld {
  /** Replaces everything. The seed is in the API's own field names. @throws SeedError naming the path. */
  load(seed: unknown): void;
  /** Adds and replaces by id, keeps the rest. @throws SeedError */
  merge(seed: unknown): void;
  /** Same shape as a seed. */
  dump(): Record<string, unknown>;
  /** The simulated API itself. */
  readonly api: Hono;
  /** Further routes under `/_sim`, without a token: `/doors` answers at `/_sim/doors`. */
  readonly control?: Hono;
}

export interface SimulatorDefinition {
  readonly kind: SimulatorKind;
  readonly defaultPort: number;
  readonly tls: 'always' | 'optional';
  readonly quirks: QuirkTable;
  /** The body of this API's own error, for the `{code, msg}` fault. Default: `{code, msg, data: null}`. */
  readonly apiError?: (code: string | number, msg: string) => unknown;
  create(context: SimulatorContext): SimulatorWorld;
}

export interface SimulatorOptions {
  /** 0 picks a free one. */
  readonly port: number;
  readonly seed?: unknown;
  readonly quirks?: Readonly<Record<string, string>>;
  /** Freezes the simulated clock at this instant (ms). */
  readonly now?: number;
  readonly tls?: boolean;
  /** Where to write the authority's certificate (PEM). */
  readonly caFile?: string;
  readonly log?: (line: string) => void;
}

export interface RunningSimulator {
  readonly kind: SimulatorKind;
  /** `https://127.0.0.1:PORT` */
  readonly listening: string;
  /** SHA-256 of the certificate, `AB:CD:…`; unifi only in the printed line, here whenever TLS is on. */
  readonly fingerprint?: string;
  /** PEM of the authority, whenever TLS is on. */
  readonly ca?: string;
  close(): Promise<void>;
}

export class SeedError extends Error {
  override readonly name = 'SeedError';
}
