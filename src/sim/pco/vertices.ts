import { edgeRecords, type PcoRecord, type VertexType } from './graph.js';

/** `now` in milliseconds. */
type Filter = (record: PcoRecord, now: number) => boolean;

interface EdgeRule {
  readonly type: VertexType;
  /** Undefined: the filters of the vertex itself. */
  readonly filters?: readonly string[];
}

/** What one kind of record can do, as its documentation lists it (version 2022-07-07). */
export interface Vertex {
  readonly path: string;
  /** To-one links that every answer carries, included or not. */
  readonly relationships: readonly string[];
  readonly include: readonly string[];
  readonly order: readonly string[];
  readonly where: readonly string[];
  readonly filters: Readonly<Record<string, Filter>>;
  /** Nested paths: `/events/{id}/resource_bookings`. */
  readonly edges: Readonly<Record<string, EdgeRule>>;
}

/** Whether "future" means not yet begun or not yet ended is undocumented; here it is not yet ended. */
const future: Filter = (record, now) => Date.parse(String(record.attributes['ends_at'])) > now;

const everything: Filter = () => true;

const statusNames = { approved: 'A', pending: 'P', rejected: 'R' } as const;
const statusFilters = [
  'approved',
  'pending',
  'rejected',
  'approved_pending',
  'approved_rejected',
  'pending_rejected',
  'approved_pending_rejected',
] as const;

/** approved, pending, rejected and their combinations, judged by the status that the given edge leads to. */
function approvalFilters(edge: string): Readonly<Record<string, Filter>> {
  return Object.fromEntries(
    statusFilters.map((name) => {
      const letters = Object.entries(statusNames).flatMap(([word, letter]) => (name.includes(word) ? [letter] : []));
      const filter: Filter = (record) =>
        letters.some((letter) => edgeRecords(record, edge)[0]?.attributes['approval_status'] === letter);
      return [name, filter];
    }),
  );
}

function ofResourceKind(kind: string): Filter {
  return (record) => edgeRecords(record, 'resource')[0]?.attributes['kind'] === kind;
}

function ofKind(kind: string): Filter {
  return (record) => record.attributes['kind'] === kind;
}

const stamped = ['created_at', 'ends_at', 'starts_at', 'updated_at'] as const;

export const vertices: Readonly<Record<VertexType, Vertex>> = {
  Event: {
    path: 'events',
    relationships: [],
    include: [],
    order: [],
    where: [
      'approval_status',
      'created_at',
      'featured',
      'name',
      'percent_approved',
      'percent_rejected',
      'updated_at',
      'visible_in_church_center',
    ],
    filters: {
      future: (record, now) => edgeRecords(record, 'event_instances').some((instance) => future(instance, now)),
    },
    edges: {
      event_instances: { type: 'EventInstance', filters: ['future'] },
      event_times: { type: 'EventTime' },
      event_resource_requests: { type: 'EventResourceRequest' },
      resource_bookings: { type: 'ResourceBooking' },
    },
  },
  EventInstance: {
    path: 'event_instances',
    relationships: ['event'],
    include: ['event', 'event_times', 'resource_bookings'],
    order: stamped,
    where: ['created_at', 'ends_at', 'kind', 'starts_at', 'updated_at'],
    filters: {
      all: everything,
      ...approvalFilters('event'),
      future,
      not_pending_event_requests: (record) =>
        edgeRecords(record, 'event')[0]?.attributes['approval_status'] !== 'P',
    },
    edges: {
      event: { type: 'Event' },
      event_times: { type: 'EventTime' },
      // Asking one instance for its approved bookings is not on offer: the filter is ignored.
      resource_bookings: { type: 'ResourceBooking', filters: ['future', 'resources', 'rooms'] },
    },
  },
  EventTime: {
    path: 'event_times',
    relationships: ['event'],
    include: ['event'],
    order: ['ends_at', 'starts_at'],
    where: ['ends_at', 'name', 'starts_at'],
    filters: {},
    edges: { event: { type: 'Event' } },
  },
  ResourceBooking: {
    path: 'resource_bookings',
    relationships: ['event', 'event_instance', 'resource'],
    include: ['event_instance', 'event_resource_request', 'resource'],
    order: stamped,
    where: stamped,
    filters: {
      future,
      ...approvalFilters('event_resource_request'),
      rooms: ofResourceKind('Room'),
      resources: ofResourceKind('Resource'),
    },
    edges: {
      event_instance: { type: 'EventInstance' },
      event_resource_request: { type: 'EventResourceRequest' },
      resource: { type: 'Resource' },
    },
  },
  EventResourceRequest: {
    path: 'event_resource_requests',
    relationships: ['event', 'resource'],
    include: ['event', 'resource'],
    order: [],
    where: ['approval_sent', 'approval_status', 'created_at', 'updated_at'],
    filters: {},
    edges: { event: { type: 'Event' }, resource: { type: 'Resource' } },
  },
  Resource: {
    path: 'resources',
    relationships: [],
    include: [],
    order: ['created_at', 'expires_at', 'name', 'updated_at'],
    where: ['created_at', 'expires_at', 'id', 'kind', 'name', 'path_name', 'serial_number', 'updated_at'],
    filters: { rooms: ofKind('Room'), resources: ofKind('Resource') },
    edges: {
      event_resource_requests: { type: 'EventResourceRequest' },
      resource_bookings: { type: 'ResourceBooking' },
    },
  },
};
