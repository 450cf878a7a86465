/** The nouns that sources deliver and the planes compute with. Instants are milliseconds since the epoch. */
export type Instant = number;

/** Half-open: [start, end). */
export interface Interval {
  readonly start: Instant;
  readonly end: Instant;
}

export interface BookedEvent {
  /** The series: stable while instances are re-created. */
  readonly id: string;
  readonly instanceId: string;
  readonly name: string;
  /** With setup and teardown. */
  readonly startsAt: Instant;
  readonly endsAt: Instant;
  /** The public times; the event's own where the calendar gives none. */
  readonly publishedStartsAt: Instant;
  readonly publishedEndsAt: Instant;
  readonly location: string | null;
  readonly allDay: boolean;
  readonly blockout: boolean;
}

/** One room for one occurrence of an event. */
export interface Booking {
  readonly id: string;
  readonly event: BookedEvent;
  /** Null for an event that booked no room (it matters to `locationFallback` only). */
  readonly resourceId: string | null;
  readonly room: string;
  readonly start: Instant;
  readonly end: Instant;
  readonly approval: 'Approved' | 'Pending' | 'Rejected';
}

export interface Membership {
  readonly id: number;
  /** The membership type's machine name, never its label. */
  readonly type: string;
  /** The status's machine name: New, Current, Grace, Expired, Pending, Cancelled, Deceased. */
  readonly status: string;
  readonly override: boolean;
  readonly overrideEndDate: string | null;
  readonly startDate: string | null;
  /** `YYYY-MM-DD`, the last day included; null is open-ended. */
  readonly endDate: string | null;
  /** A field that came with a value which says nothing: nobody knows whether it is current. */
  readonly unreadable?: string;
}

/** A contact with something in the card field, whatever it is. Never written to disk. */
export interface Member {
  readonly contact: number;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string | null;
  readonly deceased: boolean;
  readonly deleted: boolean;
  /** As the database gave it; judged in desired/members. */
  readonly card: unknown;
  readonly memberships: readonly Membership[];
}
