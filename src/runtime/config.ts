import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseDocuments } from '../api/documents.js';
import type { Path } from '../api/path.js';
import type { Problem } from '../api/problem.js';
import { alerts, heartbeat, type AlertSettings, type HeartbeatSettings } from './config-alerts.js';
import { gitOps, type GitOpsConfiguration } from './config-gitops.js';
import type { Reader } from './config-reader.js';
import { integer, listOf, mapping, maybe, oneOf, optional, placeAt, required, text } from './config-reader.js';
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
  /** Besides the flag file, which is always there. */
  readonly alerts: readonly AlertSettings[];
  /** Null: nobody is told that all is well. */
  readonly heartbeat: HeartbeatSettings | null;
  /** Null: off. */
  readonly gitOps: GitOpsConfiguration | null;
  readonly audit: { readonly keepDays: number };
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

/** At least a year's round of seasons by default; the trail is rotated by the month, so that records stay up to a month longer. */
const audit: Reader<Configuration['audit']> = (value, place) => {
  const read = mapping({ keep: optional(values.days(30, 3660), 400) })(value, place);
  return read === undefined ? undefined : { keepDays: read.keep };
};

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
    alerts: optional(alerts(base), []),
    heartbeat: maybe(heartbeat),
    gitOps: maybe(gitOps(base)),
    audit: optional(audit, { keepDays: 400 }),
  });
}

/** Reads and checks the whole file; every problem at once, with its position. @throws never */
export function loadConfiguration(
  path: string,
): { readonly config: Configuration; readonly problems?: never } | { readonly problems: readonly Problem[]; readonly config?: never } {
  const file = resolve(path);
  const whole = (message: string): { readonly problems: readonly Problem[] } => ({ problems: [{ file, line: 0, column: 0, path: '', message }] });
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    return whole(`cannot be read (${errorCode(error)}): name the configuration with --config FILE or $SEXTON_CONFIG`);
  }
  const parsed = parseDocuments(file, bytes);
  const [document, second] = parsed.documents;
  if (parsed.problems.length > 0) return { problems: parsed.problems };
  if (document === undefined) return whole('is empty');
  if (second !== undefined) return { problems: [second.problemAt([], 'value', 'the configuration is one document; remove the others')] };
  if (document.problems.length > 0) return { problems: document.problems };

  const problems: Problem[] = [];
  const reporter = (of: 'key' | 'value') => (at: Path, message: string) => {
    problems.push(document.problemAt(at, of, message));
  };
  const sink = { atKey: reporter('key'), atValue: reporter('value') };
  const config = configuration(dirname(file))(document.value, placeAt([], sink));
  problems.sort((a, b) => a.line - b.line || a.column - b.column);
  return config === undefined ? { problems } : { config };
}
