import { stat } from 'node:fs/promises';
import type { ControllerObserver } from '../controller/observer.js';
import type { Booking, Member } from '../desired/model.js';
import type { Clock } from '../runtime/clock.js';
import type { CivicrmConfiguration, Configuration, PlanningCenterConfiguration } from '../runtime/config.js';
import type { Credentials } from '../runtime/credentials.js';
import { createHttpClient } from '../runtime/http-client.js';
import type { HttpClient } from '../runtime/http.js';
import type { Logger } from '../runtime/log.js';
import { statePaths } from '../runtime/paths.js';
import type { OnStateTrouble } from '../runtime/state-file.js';
import { createCivicrmReader } from '../sources/civicrm/reader.js';
import { readWindow } from '../sources/planning-center/read-window.js';
import { createPlanningCenterReader } from '../sources/planning-center/reader.js';
import { createPolledSource } from '../sources/polled-source.js';
import { revisionOf } from '../sources/revision.js';
import type { Source } from '../sources/source.js';
import { steadyBookings, type SteadyBookings } from '../sources/steady-bookings.js';
import type { ResourceStore } from '../store/resource-store.js';

export interface Sources {
  readonly bookings: Source<Booking> | null;
  /** Which bookings no run has judged yet, and which wait; null without a calendar. */
  readonly newBookings: SteadyBookings['openings'] | null;
  readonly members: Source<Member> | null;
  readonly contacts: ((ids: readonly number[]) => Promise<readonly Member[]>) | null;
  /** When the bookings on disk were read, in real time; null when there are none. */
  readonly keptAt: number | null;
  readonly lost: string | null;
  close(): void;
}

interface SourceOptions {
  readonly configuration: Configuration;
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly log: Logger;
  readonly observer: ControllerObserver;
  readonly store: ResourceStore;
  /** True: an earlier process has opened doors. */
  readonly programmed: () => boolean;
  /** Ids of bookings that waited for a person, as far as the audit trail knows. */
  readonly waited: ReadonlySet<string>;
  readonly readOnly: boolean;
  readonly onTrouble: OnStateTrouble;
}

/** The calendar and the membership database, as far as the configuration has them. */
export async function openSources(options: SourceOptions): Promise<Sources> {
  const { configuration } = options;
  const calendar = configuration.planningCenter === null ? null : await openCalendar(configuration.planningCenter, options);
  const people = configuration.civicrm === null ? null : openMembers(configuration.civicrm, options);
  return {
    bookings: calendar?.source ?? null,
    newBookings: calendar?.newBookings ?? null,
    members: people?.source ?? null,
    contacts: people?.contacts ?? null,
    keptAt: calendar?.keptAt ?? null,
    lost: calendar?.lost ?? null,
    close() {
      calendar?.http.close();
      people?.http.close();
    },
  };
}

async function openCalendar(settings: PlanningCenterConfiguration, options: SourceOptions): Promise<{
  readonly source: Source<Booking>;
  readonly newBookings: SteadyBookings['openings'];
  readonly http: HttpClient;
  readonly keptAt: number | null;
  readonly lost: string | null;
}> {
  const { clock, log, credentials, configuration, observer, store } = options;
  const secrets = [credentials.PCO_SECRET, credentials.PCO_ACCESS_TOKEN].flatMap((secret) => secret ?? []);
  const http = openHttp(settings, secrets, options);
  const auth =
    settings.auth === 'OAuth'
      ? { kind: 'OAuth' as const, accessToken: credentials.PCO_ACCESS_TOKEN ?? '' }
      : { kind: 'PersonalAccessToken' as const, appId: credentials.PCO_APP_ID ?? '', secret: credentials.PCO_SECRET ?? '' };
  const steady = steadyBookings({
    path: statePaths(configuration.stateDir).bookings,
    readOnly: options.readOnly,
    onDiskWrite: observer.diskWrite,
    onTrouble: options.onTrouble,
    programmed: options.programmed,
    waited: options.waited,
    rangeOf: (readAt) => readWindow(readAt, configuration.timeZone, settings.lookaheadDays),
    log,
  });
  const { snapshot, lost } = await steady.load();
  const keptAt = snapshot === null ? null : Math.min(snapshot.readAt, await writtenAt(statePaths(configuration.stateDir).bookings));
  let fallback = false;
  const read = createPlanningCenterReader({
    http,
    auth,
    lookaheadDays: settings.lookaheadDays,
    timeZone: configuration.timeZone,
    clock,
    withUnbooked: () => fallback,
  });
  const source = createPolledSource<Booking>({
    name: 'planningCenter',
    pollInterval: settings.pollInterval,
    clock,
    log,
    read: async () => {
      // Events without bookings cost a query of their own: asked only when a mapping uses their location.
      const { resources } = await store.list();
      fallback = resources.some(({ accepted }) => accepted?.kind === 'RoomMapping' && accepted.spec.locationFallback);
      return read();
    },
    revisionOf,
    settle: (reading) => steady.settle(reading),
    ...(snapshot === null ? {} : { initial: snapshot }),
  });
  return { source, newBookings: steady.openings, http, keptAt, lost };
}

/** Under `--now` bookings are read at an imagined instant; that of the file is real. */
async function writtenAt(path: string): Promise<number> {
  return stat(path).then(({ mtimeMs }) => mtimeMs, () => Infinity);
}

function openMembers(settings: CivicrmConfiguration, options: SourceOptions): {
  readonly source: Source<Member>;
  readonly http: HttpClient;
  readonly contacts: (ids: readonly number[]) => Promise<readonly Member[]>;
} {
  const { clock, log, credentials, store } = options;
  const secrets = [credentials.CIVICRM_API_KEY, credentials.CIVICRM_SITE_KEY].flatMap((secret) => secret ?? []);
  const http = openHttp(settings, secrets, options);
  let withEmail = false;
  const reader = createCivicrmReader({
    http,
    apiPath: settings.apiPath,
    cardField: settings.cardField,
    withEmail: () => withEmail,
    auth: {
      kind: settings.auth,
      apiKey: credentials.CIVICRM_API_KEY ?? '',
      ...(credentials.CIVICRM_SITE_KEY === undefined ? {} : { siteKey: credentials.CIVICRM_SITE_KEY }),
    },
  });
  const source = createPolledSource<Member>({
    name: 'civicrm',
    pollInterval: settings.pollInterval,
    clock,
    log,
    read: async () => {
      // Addresses of members are asked for only while they are to be written.
      const { resources } = await store.list();
      withEmail = resources.some(({ accepted }) => accepted?.kind === 'TierMapping' && accepted.spec.syncEmail);
      return reader.read();
    },
    revisionOf,
  });
  return { source, http, contacts: (ids) => reader.readContacts(ids) };
}

function openHttp(
  settings: { readonly url: string; readonly caFile: string | null },
  secrets: readonly string[],
  { clock, log, observer }: SourceOptions,
): HttpClient {
  return createHttpClient({
    baseUrl: settings.url,
    ...(settings.caFile === null ? {} : { tls: { caFile: settings.caFile } }),
    clock,
    log,
    observe: observer.http,
    secrets,
  });
}
