import { existsSync } from 'node:fs';
import { openRuleMemory } from '../apply/doors/rule-memory.js';
import { decodeInventory, inventoryVersion, type Inventory } from '../apply/inventory.js';
import { openInstallation } from '../apply/installation.js';
import { openBudget } from '../apply/members/budget-file.js';
import { openLedger } from '../apply/ledger.js';
import { directoryApprovals } from '../controller/approvals.js';
import { clockCheck, systemClockSynchronised } from '../controller/clock-check.js';
import { createEngine, type Engine, type Publisher } from '../controller/engine.js';
import type { ControllerObserver } from '../controller/observer.js';
import type { PlaneDeps } from '../controller/plane.js';
import { createDoorWatch } from '../controller/watch-doors.js';
import { localTime } from '../desired/calendar/local-time.js';
import type { Clock } from '../runtime/clock.js';
import type { Configuration } from '../runtime/config.js';
import { missingCredentials, type Credentials } from '../runtime/credentials.js';
import { ConfigurationError } from '../runtime/errors.js';
import type { Logger } from '../runtime/log.js';
import { statePaths } from '../runtime/paths.js';
import { openStateFile, prepareDirectory } from '../runtime/state-file.js';
import { openDirectoryStore } from '../store/directory/directory-store.js';
import { createUnifiClient } from '../unifi/developer-api/client.js';
import { dryRun } from '../unifi/dry-run.js';
import { openSources, type Sources } from './compose-sources.js';

export interface ComposeOptions {
  readonly configuration: Configuration;
  readonly credentials: Credentials;
  readonly clock: Clock;
  /** `--now` was given: the clock is not the world's, so it is not checked against it. */
  readonly imagined: boolean;
  /** Times what people and disks do, whatever `--now` says: files accepted, plans approved. Default: `clock`. */
  readonly realClock?: Clock;
  readonly log: Logger;
  readonly observer: ControllerObserver;
  /** `look`: nothing is written anywhere, not even to the state directory. */
  readonly access: 'control' | 'look';
  /** Plans, statuses, but no write to UniFi. Implied by `look` and by `mode: DryRun`. */
  readonly dryRun: boolean;
  readonly publisher: Publisher;
  readonly stopping: () => boolean;
  /** Local dates after today whose standing hours are looked at; 14 by default. */
  readonly daysAhead?: number;
}

export interface Composition {
  readonly deps: PlaneDeps;
  readonly engine: Engine;
  readonly sources: Sources;
  /** Sentences about state files that could not be used. */
  readonly lost: readonly string[];
  close(): Promise<void>;
}

/** Puts the program together: the only place, besides tests, where adapters meet ports. @throws ConfigurationError */
export async function compose(options: ComposeOptions): Promise<Composition> {
  const { configuration, credentials, clock, log, observer } = options;
  const realClock = options.realClock ?? clock;
  const writable = options.access === 'control';
  requireCredentials(configuration, credentials);
  const applies = writable && configuration.mode === 'Apply' && !options.dryRun;
  if (writable) {
    prepareDirectory(configuration.stateDir, 'stateDir');
    prepareDirectory(configuration.runtimeDir, 'runtimeDir');
  }
  const paths = statePaths(configuration.stateDir);
  const written = { writable, readOnly: !writable, onDiskWrite: observer.diskWrite };

  const fresh = !existsSync(paths.installation);
  const { installation, lost: lostInstallation } = await openInstallation(paths.installation, written);
  const inventory = openStateFile<Inventory>({
    ...written,
    path: paths.inventory,
    version: inventoryVersion,
    what: 'what Sexton owns in UniFi',
    label: 'inventory',
    decode: decodeInventory,
  });
  const { ledger, lost: lostInventory } = await openLedger(inventory, writable);
  const expected = ledger.current().managedPolicies.length > 0;
  const { budget, lost: lostBudget } = await openBudget({ ...written, path: paths.budget, now: clock.now(), expected });
  const { rules, lost: lostRules } = await openRuleMemory({ ...written, path: paths.rules, fresh, now: clock.now() });
  const store = openDirectoryStore({
    directory: configuration.resources,
    stateDir: configuration.stateDir,
    runtimeDir: configuration.runtimeDir,
    site: configuration.site,
    clock: realClock,
    log,
    ...written,
  });
  const client = createUnifiClient({
    url: configuration.unifi.url,
    token: credentials.UNIFI_API_TOKEN ?? '',
    ...(configuration.unifi.tlsFingerprint === null ? {} : { fingerprint: configuration.unifi.tlsFingerprint }),
    concurrency: configuration.unifi.concurrency,
    clock,
    log,
    observe: observer.http,
  });
  const programmed = (): boolean => Object.keys(ledger.current().doorGroups).length > 0 || rules.doorIds().length > 0;
  const sources = await openSources({ configuration, credentials, clock, log, observer, store, programmed, readOnly: !writable });
  const local = localTime(configuration.timeZone);
  const newest = { at: 0 };
  const deps: PlaneDeps = {
    clock,
    local,
    horizon: configuration.horizon,
    ...(options.daysAhead === undefined ? {} : { daysAhead: options.daysAhead }),
    activeStatuses: configuration.civicrm?.activeStatuses ?? [],
    store,
    unifi: applies ? client : dryRun(client),
    bookings: sources.bookings,
    newBookings: sources.newBookings,
    members: sources.members,
    contacts: sources.contacts,
    ledger,
    rules,
    watch: createDoorWatch({ unifi: client, clock }),
    budget,
    approvals: directoryApprovals(paths.approvals, realClock),
    installationId: installation.id,
    fence: configuration.fence,
    installationKey: installation.key,
    dryRun: !applies,
    clockCheck: options.imagined ? () => null : clockCheck({ clock, newestKnown: () => newest.at, synchronised: systemClockSynchronised }),
    stopping: options.stopping,
    log,
  };
  const readNewest = async (): Promise<void> => {
    const { resources } = await store.list();
    newest.at = Math.max(0, sources.keptAt ?? 0, ...resources.flatMap(({ acceptedAt }) => (acceptedAt === null ? [] : [Date.parse(acceptedAt)])));
  };
  if (!options.imagined) await readNewest();
  const engine = createEngine({
    deps,
    site: configuration.site,
    // A command that only looks tells what the controller would do.
    mode: applies || (!writable && configuration.mode === 'Apply') ? 'Apply' : 'DryRun',
    fence: configuration.fence,
    resync: configuration.unifi.resync,
    publisher: options.publisher,
    observer,
    clock,
    local,
    log,
  });
  return {
    deps,
    engine,
    sources,
    lost: [lostInstallation, lostInventory, lostBudget, lostRules, sources.lost].flatMap((text) => text ?? []),
    async close() {
      sources.close();
      client.close();
      await store.close();
    },
  };
}

function requireCredentials(configuration: Configuration, credentials: Credentials): void {
  const missing = missingCredentials(configuration, credentials);
  if (missing.length === 0) return;
  throw new ConfigurationError(
    `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not set: put ${missing.length === 1 ? 'it' : 'them'} into the environment, or into files of that name in $CREDENTIALS_DIRECTORY`,
    { code: 'CredentialsMissing' },
  );
}

/** A one-shot command that only looks leaves nothing behind. */
export const silentPublisher: Publisher = {
  statuses: () => Promise.resolve(),
  view: () => Promise.resolve(),
  events: () => Promise.resolve(),
};
