import {
  seedChoice,
  seedFlag,
  seedList,
  seedNumber,
  seedPath,
  seedRecord,
  type SeedRecord,
  seedText,
  seedTextOr,
} from '../kit/seed-values.js';
import { SeedError } from '../kit/simulator.js';
import { ianaZone } from './time-zone.js';

const approvals = ['A', 'P', 'R'] as const;
export type ApprovalStatus = (typeof approvals)[number];

/** Attributes under the API's names, in addition to what the interfaces below spell out. */
type Attributes = SeedRecord;

interface SeedTime {
  readonly id: string;
  readonly starts_at: string;
  readonly ends_at: string;
  readonly attributes: Attributes;
}

interface SeedBooking {
  readonly id: string;
  readonly resourceId: string;
  readonly starts_at: string;
  readonly ends_at: string;
  readonly approval: ApprovalStatus;
  readonly attributes: Attributes;
}

export interface SeedInstance {
  readonly id: string;
  readonly starts_at: string;
  readonly ends_at: string;
  readonly published_starts_at: string;
  readonly published_ends_at: string;
  readonly kind: 'standard' | 'blockout';
  /** Undefined: derived from the times. Empty: the API shows none, as for events that came from Registrations. */
  readonly times: readonly SeedTime[] | undefined;
  readonly bookings: readonly SeedBooking[];
  readonly attributes: Attributes;
}

export interface SeedEvent {
  readonly id: string;
  readonly name: string;
  /** Undefined: worked out from the bookings. */
  readonly approval: ApprovalStatus | undefined;
  readonly instances: readonly SeedInstance[];
  readonly attributes: Attributes;
}

export interface SeedResource {
  readonly id: string;
  readonly name: string;
  readonly kind: 'Room' | 'Resource';
  readonly attributes: Attributes;
}

/** A checked seed. Instants are whole seconds of UTC. */
export interface PcoSeed {
  readonly organization: { readonly id: string; readonly name: string; readonly zone: string; readonly attributes: Attributes };
  readonly resources: readonly SeedResource[];
  readonly events: readonly SeedEvent[];
  /** `period` in seconds. */
  readonly rateLimit: { readonly limit: number; readonly period: number };
  readonly credentials: { readonly appId: string; readonly secret: string; readonly accessToken: string };
}

const topLevel = ['organization', 'resources', 'events', 'rate_limit', 'credentials', 'now'] as const;

function instant(value: unknown, path: string): string {
  const text = seedText(value, path);
  const milliseconds = /^\d{4}-\d{2}-\d{2}T.+(Z|[+-]\d{2}:?\d{2})$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(milliseconds)) throw new SeedError(`${path}: expected an instant such as 2026-11-21T23:00:00Z`);
  return new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

function instantOr(value: unknown, path: string, fallback: string): string {
  return value === undefined || value === null ? fallback : instant(value, path);
}

/** Fields that are no attributes of their own: nesting, links, and what is read into a place of its own. */
const structural = ['id', 'instances', 'bookings', 'event_times', 'resource_id', 'approval_status', 'kind'];

function attributes(record: SeedRecord, path: string): Attributes {
  return Object.fromEntries(
    Object.entries(record)
      .filter(([key]) => !structural.includes(key))
      .map(([key, value]) => [
        key,
        key.endsWith('_at') && typeof value === 'string' ? instant(value, seedPath(path, key)) : value,
      ]),
  );
}

/** The list under `key`, each item read with its path; the same id twice is an error. */
function readList<Item extends { readonly id: string }>(
  record: SeedRecord,
  path: string,
  key: string,
  read: (item: SeedRecord, path: string, index: number) => Item,
): readonly Item[] {
  const place = seedPath(path, key);
  const seen = new Set<string>();
  return seedList(record[key], place).map((item, index) => {
    const at = seedPath(place, index);
    const result = read(seedRecord(item, at), at, index);
    if (seen.has(result.id)) throw new SeedError(`${seedPath(at, 'id')}: ${result.id} stands twice`);
    seen.add(result.id);
    return result;
  });
}

function readInstance(record: SeedRecord, path: string, approval: ApprovalStatus): SeedInstance {
  const id = seedText(record['id'], `${path}.id`);
  const starts = instant(record['starts_at'], `${path}.starts_at`);
  const ends = instant(record['ends_at'], `${path}.ends_at`);
  const times = readList(record, path, 'event_times', (time, at, index) => ({
    id: seedTextOr(time['id'], `${at}.id`, `${id}${index + 1}`),
    starts_at: instant(time['starts_at'], `${at}.starts_at`),
    ends_at: instant(time['ends_at'], `${at}.ends_at`),
    attributes: attributes(time, at),
  }));
  seedFlag(record['all_day_event'], `${path}.all_day_event`, false);
  return {
    id,
    starts_at: starts,
    ends_at: ends,
    published_starts_at: instantOr(record['published_starts_at'], `${path}.published_starts_at`, starts),
    published_ends_at: instantOr(record['published_ends_at'], `${path}.published_ends_at`, ends),
    kind: seedChoice(record['kind'], `${path}.kind`, ['standard', 'blockout'], 'standard'),
    times: record['event_times'] === undefined ? undefined : times,
    bookings: readList(record, path, 'bookings', (booking, at) => ({
      id: seedText(booking['id'], `${at}.id`),
      resourceId: seedText(booking['resource_id'], `${at}.resource_id`),
      starts_at: instantOr(booking['starts_at'], `${at}.starts_at`, starts),
      ends_at: instantOr(booking['ends_at'], `${at}.ends_at`, ends),
      approval: seedChoice(booking['approval_status'], `${at}.approval_status`, approvals, approval),
      attributes: attributes(booking, at),
    })),
    attributes: attributes(record, path),
  };
}

function readEvent(record: SeedRecord, path: string): SeedEvent {
  const stated = seedChoice(record['approval_status'], `${path}.approval_status`, approvals, 'A');
  return {
    id: seedText(record['id'], `${path}.id`),
    name: seedText(record['name'], `${path}.name`),
    approval: record['approval_status'] === undefined ? undefined : stated,
    instances: readList(record, path, 'instances', (instance, at) => readInstance(instance, at, stated)),
    attributes: attributes(record, path),
  };
}

function readResource(record: SeedRecord, path: string): SeedResource {
  return {
    id: seedText(record['id'], `${path}.id`),
    name: seedText(record['name'], `${path}.name`),
    kind: seedChoice(record['kind'], `${path}.kind`, ['Room', 'Resource'], 'Room'),
    attributes: attributes(record, path),
  };
}

function readOrganization(value: unknown, before: PcoSeed['organization']): PcoSeed['organization'] {
  const record = seedRecord(value, 'organization');
  const zone = seedTextOr(record['time_zone'], 'organization.time_zone', before.zone);
  if (ianaZone(zone) === undefined) {
    throw new SeedError('organization.time_zone: expected an IANA zone or the name that Rails gives it');
  }
  return {
    id: seedTextOr(record['id'], 'organization.id', before.id),
    name: seedTextOr(record['name'], 'organization.name', before.name),
    zone,
    attributes: { ...before.attributes, ...attributes(record, 'organization') },
  };
}

function readRateLimit(value: unknown, before: PcoSeed['rateLimit']): PcoSeed['rateLimit'] {
  const record = seedRecord(value, 'rate_limit', ['limit', 'period']);
  const limit = seedNumber(record['limit'], 'rate_limit.limit', before.limit);
  const period = seedNumber(record['period'], 'rate_limit.period', before.period);
  if (limit < 1 || period <= 0) throw new SeedError('rate_limit: limit and period must be above zero');
  return { limit, period };
}

function readCredentials(value: unknown, before: PcoSeed['credentials']): PcoSeed['credentials'] {
  const record = seedRecord(value, 'credentials', ['app_id', 'secret', 'access_token']);
  return {
    appId: seedTextOr(record['app_id'], 'credentials.app_id', before.appId),
    secret: seedTextOr(record['secret'], 'credentials.secret', before.secret),
    accessToken: seedTextOr(record['access_token'], 'credentials.access_token', before.accessToken),
  };
}

function byId<Item extends { readonly id: string }>(before: readonly Item[], added: readonly Item[]): readonly Item[] {
  return [...new Map([...before, ...added].map((item) => [item.id, item])).values()];
}

function requireUnique(what: string, items: readonly { readonly id: string }[]): void {
  const seen = new Set<string>();
  for (const { id } of items) {
    if (seen.has(id)) throw new SeedError(`events: the ${what} ${id} stands in two places`);
    seen.add(id);
  }
}

export const emptySeed: PcoSeed = {
  organization: { id: '1', name: 'Simulated Church', zone: 'America/New_York', attributes: {} },
  resources: [],
  events: [],
  rateLimit: { limit: 100, period: 20 },
  credentials: { appId: 'sim-app-id', secret: 'sim-secret', accessToken: 'sim-access-token' },
};

/**
 * Lays a seed over what is there: events and resources are replaced whole by id, what the seed is silent about stays.
 * @throws SeedError naming the path.
 */
export function mergeSeed(before: PcoSeed, input: unknown): PcoSeed {
  const record = seedRecord(input, '', topLevel);
  const events = byId(before.events, readList(record, '', 'events', readEvent));
  const instances = events.flatMap((event) => event.instances);
  requireUnique('instance', instances);
  requireUnique('booking', instances.flatMap((instance) => instance.bookings));
  return {
    organization: readOrganization(record['organization'], before.organization),
    resources: byId(before.resources, readList(record, '', 'resources', readResource)),
    events,
    rateLimit: readRateLimit(record['rate_limit'], before.rateLimit),
    credentials: readCredentials(record['credentials'], before.credentials),
  };
}

function dumpInstance(instance: SeedInstance): SeedRecord {
  return {
    id: instance.id,
    ...instance.attributes,
    kind: instance.kind,
    ...(instance.times && {
      event_times: instance.times.map((time) => ({ id: time.id, ...time.attributes })),
    }),
    bookings: instance.bookings.map((booking) => ({
      id: booking.id,
      resource_id: booking.resourceId,
      ...booking.attributes,
      approval_status: booking.approval,
    })),
  };
}

/** The state in the shape of a seed: loading it gives the same world again. */
export function dumpSeed(seed: PcoSeed): Record<string, unknown> {
  return {
    organization: {
      ...seed.organization.attributes,
      id: seed.organization.id,
      name: seed.organization.name,
      time_zone: seed.organization.zone,
    },
    resources: seed.resources.map((each) => ({ id: each.id, ...each.attributes, kind: each.kind })),
    events: seed.events.map((event) => ({
      id: event.id,
      ...event.attributes,
      ...(event.approval && { approval_status: event.approval }),
      instances: event.instances.map(dumpInstance),
    })),
    rate_limit: seed.rateLimit,
    credentials: {
      app_id: seed.credentials.appId,
      secret: seed.credentials.secret,
      access_token: seed.credentials.accessToken,
    },
  };
}
