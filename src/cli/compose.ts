import { stat } from 'node:fs/promises';
import { relative } from 'node:path';
import { auditOn, silentAudit } from '../apply/audit/audit.js';
import { openTrail } from '../apply/audit/trail.js';
import { controllerOf, openFenceProof } from '../apply/doors/fence-proof.js';
import { openRuleMemory } from '../apply/doors/rule-memory.js';
import { decodeInventory, type Inventory } from '../apply/inventory.js';
import { openInstallation } from '../apply/installation.js';
import { openBudget } from '../apply/members/budget-file.js';
import { openLedger } from '../apply/ledger.js';
import { directoryApprovals } from '../controller/approvals.js';
import { clockCheck, clockForRecords, systemClockSynchronised } from '../controller/clock-check.js';
import { createEngine, type Engine, type Publisher } from '../controller/engine.js';
import type { ControllerObserver } from '../controller/observer.js';
import type { PlaneDeps } from '../controller/plane.js';
import { waitingBookings } from '../controller/refusals.js';
import { createTroubles } from '../controller/troubles.js';
import { createDoorWatch } from '../controller/watch-doors.js';
import { localTime } from '../desired/calendar/local-time.js';
import { readGitOpsState } from '../gitops/state-files.js';
import { actingGroup } from '../runtime/acting-group.js';
import { delay, type Clock } from '../runtime/clock.js';
import type { Configuration } from '../runtime/config.js';
import { missingCredentials, type CredentialName, type Credentials } from '../runtime/credentials.js';
import { ConfigurationError, errorCode, errorMessage } from '../runtime/errors.js';
import type { Logger } from '../runtime/log.js';
import { isoSeconds } from '../runtime/instant.js';
import { runtimePaths, statePaths } from '../runtime/paths.js';
import { shareDirectory, sharePoke } from '../runtime/shared-place.js';
import { prepareDirectory } from '../runtime/own-directory.js';
import { openStateFile, type OnStateTrouble } from '../runtime/state-file.js';
import { refuseNewerState, stateVersions } from '../runtime/state-versions.js';
import type { AlertingView } from '../status/view.js';
import { openDirectoryStore } from '../store/directory/directory-store.js';
import { createUnifiClient } from '../unifi/developer-api/client.js';
import { dryRun } from '../unifi/dry-run.js';
import { absentState, beginState } from './absent-state.js';
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
  /** Whom alerts reach; absent where nobody is told. */
  readonly alerting?: () => AlertingView | null;
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

/** Milliseconds that a start waits for UniFi's date. */
const firstAnswer = 3_000;

/** Puts the program together: the only place, besides tests, where adapters meet ports. @throws ConfigurationError */
export async function compose(options: ComposeOptions): Promise<Composition> {
  const { configuration, credentials, clock, log, observer } = options;
  const realClock = options.realClock ?? clock;
  const writable = options.access === 'control';
  requireCredentials(missingCredentials(configuration, credentials));
  const applies = writable && configuration.mode === 'Apply' && !options.dryRun;
  await refuseNewerState(configuration.stateDir);
  if (writable) {
    prepareDirectory(configuration.stateDir, 'stateDir');
    prepareDirectory(configuration.runtimeDir, 'runtimeDir');
    await shareWithGroup(configuration, log);
  }
  const paths = statePaths(configuration.stateDir);
  const troubles = createTroubles(clock);
  const onTrouble: OnStateTrouble = (path, problem) => {
    troubles.unwritable(relative(configuration.stateDir, path), problem);
  };
  const written = { writable, readOnly: !writable, onDiskWrite: observer.diskWrite, onTrouble };

  const client = createUnifiClient({
    url: configuration.unifi.url,
    token: credentials.UNIFI_API_TOKEN ?? '',
    ...(configuration.unifi.tlsFingerprint === null ? {} : { fingerprint: configuration.unifi.tlsFingerprint }),
    concurrency: configuration.unifi.concurrency,
    clock,
    log,
    observe: observer.http,
  });
  // Its date is needed before the first file is accepted; a controller that is down is not waited for.
  if (writable && !options.imagined) await Promise.race([client.getEmergency().catch(() => undefined), delay(clock, firstAnswer)]);
  const recorded = options.imagined ? clock : clockForRecords(clock, () => client.lastDate());
  const absent = absentState(configuration.stateDir);
  const { fresh } = absent;
  if (writable) beginState(configuration.stateDir);
  const { installation, lost: lostInstallation } = await openInstallation(paths.installation, written);
  const inventory = openStateFile<Inventory>({
    ...written,
    path: paths.inventory,
    version: stateVersions.inventory,
    what: 'what Sexton owns in UniFi',
    label: 'inventory',
    decode: decodeInventory,
  });
  const { ledger, lost: lostInventory } = await openLedger({ file: inventory, path: paths.inventory, writable, fresh });
  const expected = ledger.current().managedPolicies.length > 0;
  const { budget, lost: lostBudget } = await openBudget({ ...written, path: paths.budget, now: recorded.now(), expected });
  const { rules, lost: lostRules } = await openRuleMemory({ ...written, path: paths.rules, fresh, now: recorded.now() });
  const store = openDirectoryStore({
    directory: configuration.resources,
    stateDir: configuration.stateDir,
    runtimeDir: configuration.runtimeDir,
    site: configuration.site,
    clock: options.imagined ? realClock : recorded,
    log,
    onLost: (file, text) => {
      troubles.lost(file, text);
    },
    ...written,
  });
  const trail = writable
    ? await openTrail({ path: paths.audit, headPath: paths.auditHead, clock: recorded, realClock, keep: configuration.audit.keepDays * 86_400_000, expected: !fresh, onDiskWrite: observer.diskWrite })
    : null;
  const programmed = (): boolean => Object.keys(ledger.current().doorGroups).length > 0 || rules.doorIds().length > 0;
  const sources = await openSources({ configuration, credentials, clock: recorded, log, observer, store, programmed, waited: waitingBookings(trail?.trail.standing ?? new Map()), readOnly: !writable, onTrouble });
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
    audit:
      trail === null
        ? silentAudit
        : auditOn(trail.trail, { process: isoSeconds(realClock.now()).replace(/[^0-9TZ]/g, ''), revision: async () => (await readGitOpsState(configuration))?.revision?.commit ?? null }),
    troubles,
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
  const fenceProof = openFenceProof(paths.fence, { readOnly: !writable });
  const fenceVerified = async (): Promise<boolean> => {
    const { value, lost } = await fenceProof.read().catch((error: unknown) => ({ value: null, lost: errorMessage(error) }));
    if (lost !== null) troubles.lost('fence.json', lost);
    return value?.controller === controllerOf(configuration.unifi);
  };
  const engine = createEngine({
    deps,
    site: configuration.site,
    // A command that only looks tells what the controller would do.
    mode: applies || (!writable && configuration.mode === 'Apply') ? 'Apply' : 'DryRun',
    fence: configuration.fence,
    resync: configuration.unifi.resync,
    gitOps: () => readGitOpsState(configuration, { readOnly: !writable, onLost: (text) => { troubles.lost('gitops.json', text); } }),
    fenceVerified,
    publisher: options.publisher,
    alerting: options.alerting ?? (() => null),
    observer,
    clock,
    local,
    log,
  });
  const lost = [
    ['installation.json', lostInstallation ?? absent.installation],
    ['inventory.json', lostInventory],
    ['budget.json', lostBudget],
    ['rules.json', lostRules],
    ['bookings.json', sources.lost ?? (configuration.planningCenter !== null && programmed() ? absent.bookings : null)],
    ['accepted', absent.accepted],
    ['events.jsonl', absent.events],
    ...(trail?.lost ?? []).map((text) => ['audit.jsonl', text] as const),
  ] as const;
  for (const [file, text] of lost) if (text !== null) troubles.lost(file, text);
  return {
    deps,
    engine,
    sources,
    lost: lost.flatMap(([, text]) => text ?? []),
    async close() {
      sources.close();
      client.close();
      await store.close();
    },
  };
}

/** Where members of the acting group leave their orders. What cannot be shared is told, and keeps nothing from running. */
async function shareWithGroup({ stateDir, runtimeDir }: Configuration, log: Logger): Promise<void> {
  try {
    await shareDirectory({ path: statePaths(stateDir).approvals, mode: 0o2770, alone: 0o700, owner: await stat(stateDir) });
    await sharePoke(runtimePaths(runtimeDir).poke);
  } catch (error) {
    log.warn('approvals/ and poke cannot be given to the group', { group: actingGroup, code: errorCode(error) });
  }
}

/** @throws ConfigurationError that names all that is missing */
export function requireCredentials(missing: readonly CredentialName[]): void {
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
