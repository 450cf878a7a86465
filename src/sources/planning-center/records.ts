import type { Booking } from '../../desired/model.js';
import type { ApiRecord } from './json-api.js';

export type Approval = Booking['approval'];

const approvals: Readonly<Record<string, Approval>> = { A: 'Approved', P: 'Pending', R: 'Rejected' };

/** `A`, `P` or `R` of an event or a request; null for anything else. */
export function approvalStatus(record: ApiRecord): Approval | null {
  const status = record.attributes['approval_status'];
  return typeof status === 'string' ? (approvals[status] ?? null) : null;
}

/** Everything that bookings point at. */
export interface Related {
  readonly instances: ReadonlyMap<string, ApiRecord>;
  readonly rooms: ReadonlyMap<string, ApiRecord>;
  /** By booking id. */
  readonly approvals: ReadonlyMap<string, Approval>;
}

export function relatedRecords(bookings: readonly ApiRecord[], included: readonly ApiRecord[]): Related {
  const requests = byId(included, 'EventResourceRequest');
  return {
    instances: byId(included, 'EventInstance'),
    rooms: byId(included, 'Resource'),
    approvals: new Map(
      bookings.flatMap((booking) => {
        const approval = approvalOf(booking, requests);
        return approval === null ? [] : [[booking.id, approval] as const];
      }),
    ),
  };
}

export function byId(records: readonly ApiRecord[], type: string): ReadonlyMap<string, ApiRecord> {
  return new Map(records.filter((record) => record.type === type).map((record) => [record.id, record]));
}

/** A booking has no status of its own; its request has. Linked by id, or else the only answer for its event and room. */
function approvalOf(booking: ApiRecord, requests: ReadonlyMap<string, ApiRecord>): Approval | null {
  const linked = booking.relations['event_resource_request'];
  if (linked !== undefined) {
    const request = requests.get(linked);
    return request === undefined ? null : approvalStatus(request);
  }
  const { event, resource } = booking.relations;
  if (event === undefined || resource === undefined) return null;
  const answers = [...requests.values()]
    .filter(({ relations }) => relations['event'] === event && relations['resource'] === resource)
    .map(approvalStatus);
  const [first] = answers;
  return first !== undefined && answers.every((answer) => answer === first) ? first : null;
}

/** What bookings point at and nobody has told us yet. Resources that are no rooms need nothing more. */
interface Missing {
  readonly instances: readonly string[];
  readonly rooms: readonly string[];
  readonly approvals: boolean;
}

export function missingRecords(bookings: readonly ApiRecord[], related: Related): Missing {
  const candidates = bookings.filter((booking) => {
    const room = related.rooms.get(booking.relations['resource'] ?? '');
    return room === undefined || room.attributes['kind'] === 'Room';
  });
  const absent = (relation: string, known: ReadonlyMap<string, ApiRecord>): string[] => {
    const wanted = candidates.flatMap(({ relations }) => relations[relation] ?? []);
    return [...new Set(wanted)].filter((id) => !known.has(id));
  };
  return {
    instances: absent('event_instance', related.instances),
    rooms: absent('resource', related.rooms),
    approvals: candidates.some(({ id }) => !related.approvals.has(id)),
  };
}
