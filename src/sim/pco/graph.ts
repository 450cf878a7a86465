import type { ApprovalStatus, PcoSeed, SeedEvent, SeedInstance, SeedResource } from './seed.js';

export type VertexType =
  | 'Event'
  | 'EventInstance'
  | 'EventTime'
  | 'ResourceBooking'
  | 'EventResourceRequest'
  | 'Resource';

type Attributes = Readonly<Record<string, unknown>>;

type Edge =
  | { readonly many: true; readonly records: readonly PcoRecord[] }
  | { readonly many: false; readonly record: PcoRecord };

export interface PcoRecord {
  readonly type: VertexType;
  readonly id: string;
  readonly attributes: Attributes;
  /** Attributes that the API shows only to a request whose `fields[Type]` names them. */
  readonly fieldsOnly: Attributes;
  readonly edges: ReadonlyMap<string, Edge>;
}

/** Every record of one state of the world, by type and in the seed's order. */
export type Graph = Readonly<Record<VertexType, readonly PcoRecord[]>>;

interface Stamps {
  readonly created_at: string;
  readonly updated_at: string;
}

class Node implements PcoRecord {
  readonly edges = new Map<string, Edge>();
  readonly #lists = new Map<string, Node[]>();

  constructor(
    readonly type: VertexType,
    readonly id: string,
    readonly attributes: Attributes,
    readonly fieldsOnly: Attributes = {},
  ) {}

  pointAt(name: string, record: Node): void {
    this.edges.set(name, { many: false, record });
  }

  /** An edge to many, even when nothing is ever added to it. */
  list(name: string): Node[] {
    const known = this.#lists.get(name);
    if (known) return known;
    const records: Node[] = [];
    this.#lists.set(name, records);
    this.edges.set(name, { many: true, records });
    return records;
  }
}

/** What lies at the other end of an edge, to one or to many; empty when there is no such edge. */
export function edgeRecords(record: PcoRecord, name: string): readonly PcoRecord[] {
  const edge = record.edges.get(name);
  if (edge === undefined) return [];
  return edge.many ? edge.records : [edge.record];
}

const percent = (part: number, whole: number): number => (whole === 0 ? 0 : Math.round((part / whole) * 100));

/**
 * An event's own status is one value for the whole series, worked out from its rooms. A seed that states it wins,
 * because a really approved event can still hold a pending room.
 */
function eventApproval(event: SeedEvent, statuses: readonly ApprovalStatus[]): ApprovalStatus {
  if (event.approval !== undefined) return event.approval;
  if (statuses.includes('P')) return 'P';
  return statuses.includes('R') ? 'R' : 'A';
}

function eventNode(event: SeedEvent, stamps: Stamps): Node {
  const statuses = event.instances.flatMap((instance) => instance.bookings.map((booking) => booking.approval));
  const node = new Node('Event', event.id, {
    description: null,
    featured: false,
    image_url: null,
    registration_url: null,
    summary: null,
    visible_in_church_center: true,
    ...stamps,
    ...event.attributes,
    approval_status: eventApproval(event, statuses),
    percent_approved: percent(statuses.filter((each) => each === 'A').length, statuses.length),
    percent_rejected: percent(statuses.filter((each) => each === 'R').length, statuses.length),
  });
  for (const name of ['event_instances', 'event_times', 'resource_bookings', 'event_resource_requests']) node.list(name);
  return node;
}

function instanceNode(event: SeedEvent, instance: SeedInstance, stamps: Stamps): Node {
  const { description = null, image_url: imageUrl = null, ...attributes } = instance.attributes;
  return new Node(
    'EventInstance',
    instance.id,
    {
      all_day_event: false,
      church_center_url: null,
      compact_recurrence_description: null,
      location: null,
      name: event.name,
      recurrence: null,
      recurrence_description: null,
      ...stamps,
      ...attributes,
      published_starts_at: instance.published_starts_at,
      published_ends_at: instance.published_ends_at,
    },
    { description, image_url: imageUrl, kind: instance.kind },
  );
}

/** Rows of one instance: the public time, with setup before it and teardown after it where there are any. */
function timeNodes(instance: SeedInstance): readonly Node[] {
  if (instance.times !== undefined) {
    return instance.times.map(
      ({ id, attributes }) =>
        new Node('EventTime', id, {
          name: null,
          visible_on_kiosks: true,
          visible_on_widget_and_ical: true,
          ...attributes,
        }),
    );
  }
  const row = (suffix: string, name: string | null, starts: string, ends: string): Node =>
    new Node('EventTime', `${instance.id}${suffix}`, {
      name,
      starts_at: starts,
      ends_at: ends,
      visible_on_kiosks: name === null,
      visible_on_widget_and_ical: name === null,
    });
  const { starts_at, published_starts_at, published_ends_at, ends_at } = instance;
  return [
    ...(starts_at < published_starts_at ? [row('1', 'Setup', starts_at, published_starts_at)] : []),
    row('2', null, published_starts_at, published_ends_at),
    ...(published_ends_at < ends_at ? [row('3', 'Teardown', published_ends_at, ends_at)] : []),
  ];
}

/**
 * The request that a booking hangs on. Requests belong to the event, not to an instance, so bookings of one event that
 * agree in resource and status share one.
 */
function requestNode(event: Node, resource: Node, bookingId: string, status: ApprovalStatus, stamps: Stamps): Node {
  const requests = event.list('event_resource_requests');
  const shared = requests.find(
    (each) => each.attributes['approval_status'] === status && edgeRecords(each, 'resource')[0] === resource,
  );
  if (shared) return shared;
  const request = new Node('EventResourceRequest', bookingId, {
    approval_sent: true,
    approval_status: status,
    notes: null,
    quantity: 1,
    visible_on_kiosks: false,
    ...stamps,
  });
  request.pointAt('event', event);
  request.pointAt('resource', resource);
  requests.push(request);
  resource.list('event_resource_requests').push(request);
  return request;
}

/**
 * Resolves the seed's nesting into records that point at each other.
 * @param stampsOf what an event with all it holds, or a resource, gets where its seed does not say.
 */
export function buildGraph(seed: PcoSeed, stampsOf: (item: SeedEvent | SeedResource) => Stamps): Graph {
  const graph: Record<VertexType, Node[]> = {
    Event: [],
    EventInstance: [],
    EventTime: [],
    ResourceBooking: [],
    EventResourceRequest: [],
    Resource: [],
  };
  const resources = new Map<string, Node>();
  const addResource = (id: string, attributes: Attributes): Node => {
    const defaults = { description: null, expires_at: null, path_name: null, quantity: 1 };
    const node = new Node('Resource', id, { ...defaults, ...attributes });
    node.list('resource_bookings');
    node.list('event_resource_requests');
    resources.set(id, node);
    graph.Resource.push(node);
    return node;
  };
  for (const resource of seed.resources) {
    addResource(resource.id, { ...stampsOf(resource), ...resource.attributes, kind: resource.kind });
  }

  const addInstance = (event: Node, seedEvent: SeedEvent, seedInstance: SeedInstance, stamps: Stamps): void => {
    const instance = instanceNode(seedEvent, seedInstance, stamps);
    instance.pointAt('event', event);
    for (const time of timeNodes(seedInstance)) {
      time.pointAt('event', event);
      for (const list of [instance.list('event_times'), event.list('event_times'), graph.EventTime]) list.push(time);
    }
    instance.list('event_times');
    instance.list('resource_bookings');
    for (const { id, resourceId, approval, starts_at, ends_at, attributes } of seedInstance.bookings) {
      // The API never shows a booking without its resource, even when the seed left it out.
      const resource =
        resources.get(resourceId) ?? addResource(resourceId, { ...stamps, name: `Resource ${resourceId}`, kind: 'Room' });
      const booking = new Node('ResourceBooking', id, { quantity: 1, ...stamps, ...attributes, starts_at, ends_at });
      booking.pointAt('event', event);
      booking.pointAt('event_instance', instance);
      booking.pointAt('resource', resource);
      booking.pointAt('event_resource_request', requestNode(event, resource, id, approval, stamps));
      for (const owner of [instance, event, resource]) owner.list('resource_bookings').push(booking);
      graph.ResourceBooking.push(booking);
    }
    event.list('event_instances').push(instance);
    graph.EventInstance.push(instance);
  };

  for (const seedEvent of seed.events) {
    const stamps = stampsOf(seedEvent);
    const event = eventNode(seedEvent, stamps);
    graph.Event.push(event);
    for (const instance of seedEvent.instances) addInstance(event, seedEvent, instance, stamps);
    graph.EventResourceRequest.push(...event.list('event_resource_requests'));
  }
  return graph;
}
