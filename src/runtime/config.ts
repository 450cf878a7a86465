import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { LineCounter, type Node, isMap, isNode, isScalar, isSeq, parseAllDocuments } from 'yaml';
import type { Problem } from '../api/problem.js';
import type { Path, Reader } from './config-reader.js';
import { anyMapping, integer, listOf, mapping, maybe, oneOf, optional, placeAt, required, text } from './config-reader.js';
import type { ListenAddress } from './config-values.js';
import * as values from './config-values.js';
import { errorCode } from './errors.js';

/** The checked configuration file. Durations are milliseconds, paths absolute, base URLs without a trailing slash. */
export interface Configuration {
  readonly apiVersion: 'config.sexton.dev/v1alpha1';
  readonly kind: 'SextonConfiguration';
  readonly site: string;
  readonly timeZone: string;
  readonly mode: 'DryRun' | 'Apply';
  readonly resources: string;
  readonly stateDir: string;
  readonly runtimeDir: string;
  /** Dates that a weekly program spans, 3 to 7. */
  readonly horizon: number;
  readonly fence: 'On' | 'Off';
  readonly unifi: UnifiConfiguration;
  /** Null: off. */
  readonly planningCenter: PlanningCenterConfiguration | null;
  readonly civicrm: CivicrmConfiguration | null;
  readonly server: { readonly listen: ListenAddress };
  readonly alerts: readonly Readonly<Record<string, unknown>>[];
  readonly gitOps: Readonly<Record<string, unknown>>;
}

export interface UnifiConfiguration {
  readonly url: string;
  /** SHA-256, upper-case pairs with colons; null: the certificate is verified the usual way. */
  readonly tlsFingerprint: string | null;
  readonly concurrency: number;
  readonly resync: number;
}

export interface PlanningCenterConfiguration {
  readonly url: string;
  readonly pollInterval: number;
  readonly lookaheadDays: number;
  readonly auth: 'PersonalAccessToken' | 'OAuth';
  readonly caFile: string | null;
}

export interface CivicrmConfiguration {
  readonly url: string;
  readonly apiPath: string;
  readonly cardField: string;
  readonly activeStatuses: readonly string[];
  readonly pollInterval: number;
  readonly auth: 'XCiviAuth' | 'Authorization';
  readonly caFile: string | null;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;

const unifi = mapping({
  url: required(values.baseUrl),
  tlsFingerprint: maybe(values.sha256Fingerprint),
  concurrency: optional(integer(1, 16), 4),
  resync: optional(values.duration(SECOND), 5 * MINUTE),
});

function planningCenter(base: string): Reader<PlanningCenterConfiguration> {
  const fields = mapping({
    url: optional(values.baseUrl, 'https://api.planningcenteronline.com'),
    pollInterval: optional(values.duration(SECOND), MINUTE),
    lookahead: optional(values.days(8, 366), 14),
    auth: optional(oneOf('PersonalAccessToken', 'OAuth'), 'PersonalAccessToken'),
    caFile: maybe(values.readableFile(base)),
  });
  return (value, place) => {
    const read = fields(value, place);
    if (read === undefined) return undefined;
    const { lookahead, ...rest } = read;
    return { ...rest, lookaheadDays: lookahead };
  };
}

function civicrm(base: string): Reader<CivicrmConfiguration> {
  return mapping({
    url: required(values.baseUrl),
    apiPath: optional(values.urlPath, '/civicrm/ajax/api4'),
    cardField: optional(text, 'Door_Access.card_id'),
    activeStatuses: optional(listOf(text), ['New', 'Current', 'Grace']),
    pollInterval: optional(values.duration(SECOND), 10 * MINUTE),
    auth: optional(oneOf('XCiviAuth', 'Authorization'), 'XCiviAuth'),
    caFile: maybe(values.readableFile(base)),
  });
}

function configuration(base: string): Reader<Configuration> {
  const listen = { host: '127.0.0.1', port: 9180 };
  return mapping({
    apiVersion: required(oneOf('config.sexton.dev/v1alpha1')),
    kind: required(oneOf('SextonConfiguration')),
    site: required(values.dnsLabel),
    timeZone: required(values.timeZone),
    mode: required(oneOf('DryRun', 'Apply')),
    resources: required(values.path(base)),
    stateDir: optional(values.path(base), '/var/lib/sexton'),
    runtimeDir: optional(values.path(base), '/run/sexton'),
    horizon: optional(integer(3, 7), 7),
    fence: optional(oneOf('On', 'Off'), 'On'),
    unifi: required(unifi),
    planningCenter: maybe(planningCenter(base)),
    civicrm: maybe(civicrm(base)),
    server: optional(mapping({ listen: optional(values.listenAddress, listen) }), { listen }),
    alerts: optional(listOf(anyMapping), []),
    gitOps: optional(anyMapping, {}),
  });
}

/** Reads and checks the whole file; every problem at once, with its position. Never throws for what the file says. */
export function loadConfiguration(
  path: string,
): { readonly config: Configuration; readonly problems?: never } | { readonly problems: readonly Problem[]; readonly config?: never } {
  const file = resolve(path);
  const problem = (at: { line: number; col: number }, where: string, message: string): Problem => {
    return { file, line: at.line, column: at.col, path: where, message };
  };
  const whole = { line: 0, col: 0 };

  let source: string;
  try {
    source = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    if (error instanceof TypeError) return { problems: [problem(whole, '', 'is not UTF-8 text')] };
    const remedy = 'name the configuration with --config FILE or $SEXTON_CONFIG';
    return { problems: [problem(whole, '', `cannot be read (${errorCode(error)}): ${remedy}`)] };
  }

  const lines = new LineCounter();
  const documents = parseAllDocuments(source, { lineCounter: lines, prettyErrors: false });
  const [document, second] = Array.isArray(documents) ? documents : [];
  const position = (offset: number | undefined): { line: number; col: number } => (offset === undefined ? whole : lines.linePos(offset));
  if (document === undefined) return { problems: [problem(whole, '', 'is empty')] };
  if (second !== undefined) return { problems: [problem(position(second.range[0]), '', 'must hold one document')] };
  if (document.errors.length > 0) {
    return { problems: document.errors.map((error) => problem(position(error.pos[0]), '', error.message)) };
  }

  const problems: Problem[] = [];
  const reporter = (point: 'key' | 'value') => (at: Path, message: string) => {
    problems.push(problem(position(offsetOf(document.contents, at, point)), formatPath(at), message));
  };
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 50 });
  } catch {
    return { problems: [problem(position(document.range[0]), '', 'holds an alias that cannot be resolved')] };
  }
  const config = configuration(dirname(file))(value, placeAt([], { atKey: reporter('key'), atValue: reporter('value') }));
  problems.sort((a, b) => a.line - b.line || a.column - b.column);
  return config === undefined ? { problems } : { config };
}

/** Where the key or the value at `path` starts, or the nearest node above that exists. */
function offsetOf(root: Node | null, path: Path, point: 'key' | 'value'): number | undefined {
  let node: unknown = root;
  let offset = root?.range?.[0];
  for (const step of path) {
    const pair = isMap<Node, Node | null>(node) ? node.items.find((item) => isScalar(item.key) && item.key.value === step) : undefined;
    if (pair !== undefined) {
      node = pair.value;
      offset = (point === 'value' ? pair.value?.range?.[0] : undefined) ?? pair.key.range?.[0] ?? offset;
    } else if (isSeq<Node>(node) && typeof step === 'number') {
      node = node.items[step];
      offset = isNode(node) ? (node.range?.[0] ?? offset) : offset;
    }
  }
  return offset;
}

function formatPath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}
