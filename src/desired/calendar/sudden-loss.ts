import type { Booking, Instant, Interval } from '../model.js';

/** As much of a booking as it takes to find it again, also after the calendar made its occurrence anew. */
export interface BookingMark extends Interval {
  readonly id: string;
  readonly eventId: string;
  readonly startsAt: Instant;
  readonly room: string;
}

/** What one complete reading held of bookings that may open a door. */
export interface Reference {
  /** When a complete reading last held exactly these. */
  readonly seenAt: Instant;
  /** What it read. */
  readonly range: Interval;
  readonly bookings: readonly BookingMark[];
}

export interface Loss {
  readonly since: Instant;
  /** Complete readings in a row that showed exactly this loss; 0: only partial ones did. */
  readonly readings: number;
  /** Ids of the reference's bookings that are gone, sorted. */
  readonly vanished: readonly string[];
  /** Of how many. */
  readonly of: number;
}

interface LossInputs {
  /** Null: there never was a complete reading. */
  readonly reference: Reference | null;
  /** What the doors have gone by until now. */
  readonly effective: readonly Booking[];
  readonly reading: { readonly items: readonly Booking[]; readonly range: Interval; readonly complete: boolean };
  /** As the reading before left it. */
  readonly loss: Loss | null;
}

interface Steadied {
  /** What the doors go by: the reading, and what is kept. */
  readonly items: readonly Booking[];
  readonly kept: readonly Booking[];
  /** Null: nothing is lost, or the loss is believed. */
  readonly loss: Loss | null;
  /** Enough readings agreed: what was kept is gone. */
  readonly believed: boolean;
}

const day = 86_400_000;
const hour = 3_600_000;
const fewestVanished = 5;
/** The one that showed the loss, and two further ones. */
const readingsToBelieve = 3;

/**
 * A reading that lacks most of what was still to come is not believed at once: what vanished stays until two further
 * complete readings agree. Everything the reading does say applies. Nothing is kept that the doors had let go before.
 */
export function suddenLoss({ reference, effective, reading, loss }: LossInputs, now: Instant): Steadied {
  const believe = { items: reading.items, kept: [], loss: null, believed: false };
  if (reference === null) return believe;
  const gone = goneFrom(reading.items);
  const coming = stillComing(reference, reading.range, now);
  const vanished = coming.filter(gone);
  const agrees = loss !== null && isSameLoss(loss, vanished, coming);
  const most = vanished.length >= fewestVanished && vanished.length * 2 > coming.length;
  // A loss that is being counted stays one while what vanished begins, one by one.
  if (vanished.length === 0 || !(most || agrees || vanished.length === coming.length)) return believe;

  const ids = vanished.map(({ id }) => id).sort();
  const readings = reading.complete ? (agrees ? loss.readings : 0) + 1 : 0;
  if (readings >= readingsToBelieve) return { ...believe, believed: true };
  // A partial reading proves nothing: it neither counts nor begins the count anew.
  const next = reading.complete || loss === null ? { since: loss?.since ?? now, readings, vanished: ids, of: coming.length } : loss;
  const kept = effective.filter((booking) => overlaps(booking, reading.range) && gone(markOf(booking)));
  return { items: [...reading.items, ...kept], kept, loss: next, believed: false };
}

/** Complete readings that still have to agree. */
export function readingsMissing({ readings }: Loss): number {
  return readingsToBelieve - readings;
}

/** What is no longer ahead has left both sides of the comparison. */
function isSameLoss({ vanished: before }: Loss, vanished: readonly BookingMark[], coming: readonly BookingMark[]): boolean {
  const ahead = new Set(coming.map(({ id }) => id));
  const now = new Set(vanished.map(({ id }) => id));
  const earlier = before.filter((id) => ahead.has(id));
  return earlier.length === now.size && earlier.every((id) => now.has(id));
}

/** Ahead in both ranges; when nothing is, what is still under way. */
function stillComing({ bookings, range }: Reference, other: Interval, now: Instant): readonly BookingMark[] {
  const shared = bookings.filter((mark) => overlaps(mark, range) && overlaps(mark, other));
  const ahead = shared.filter(({ start }) => start > now);
  return ahead.length > 0 ? ahead : shared.filter(({ end }) => end > now);
}

/**
 * What a reading says nothing of. A booking that is listed is not gone, whatever its approval; nor is one of an
 * occurrence that is listed with no approved booking left: that was called off.
 */
function goneFrom(items: readonly Booking[]): (mark: BookingMark) => boolean {
  const ids = new Set(items.map(({ id }) => id));
  const marks = items.map(markOf);
  const places = new Set(marks.map(placeKey));
  const approved = new Set(items.filter(({ approval }) => approval === 'Approved').map((booking) => occurrenceKey(markOf(booking))));
  const calledOff = new Set(marks.map(occurrenceKey).filter((key) => !approved.has(key)));
  return (mark) => !ids.has(mark.id) && !places.has(placeKey(mark)) && !calledOff.has(occurrenceKey(mark));
}

function occurrenceKey({ eventId, startsAt }: BookingMark): string {
  return `${eventId}@${startsAt}`;
}

function placeKey(mark: BookingMark): string {
  return `${occurrenceKey(mark)} ${mark.room}`;
}

function overlaps(item: Interval, range: Interval): boolean {
  return item.start < range.end && item.end > range.start;
}

function markOf({ id, event, resourceId, room, start, end }: Booking): BookingMark {
  return { id, eventId: event.id, startsAt: event.startsAt, room: resourceId ?? room, start, end };
}

export function mayOpen({ approval, event }: Booking): boolean {
  return approval === 'Approved' && !event.blockout;
}

/** Marks of what may open a door, in the order of their ids. */
export function marksOf(bookings: readonly Booking[]): BookingMark[] {
  return bookings.filter(mayOpen).map(markOf).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Occurrence and room: the same for a booking that was made anew. */
export function placeOf(booking: Booking): string {
  return placeKey(markOf(booking));
}

/** The largest complete reading of the last 24 h or, when there is none, the last one however old. */
export function referenceAt(references: readonly Reference[], now: Instant): Reference | null {
  const recent = references.filter(({ seenAt }) => seenAt > now - day);
  const largest = recent.reduce<Reference | null>((best, each) => (best === null || each.bookings.length > best.bookings.length ? each : best), null);
  return largest ?? references.at(-1) ?? null;
}

/**
 * The references after a complete reading that is believed: only those that may still be the largest of a day, an hour
 * apart at least, the newest last.
 */
export function withReading(references: readonly Reference[], reading: Reference): Reference[] {
  const last = references.at(-1);
  if (last !== undefined && sameMarks(last.bookings, reading.bookings)) return [...references.slice(0, -1), reading];
  const kept: Reference[] = [];
  for (const each of references) {
    const mayBeLargest = each.seenAt > reading.seenAt - day && each.bookings.length > reading.bookings.length;
    const previous = kept.at(-1);
    if (mayBeLargest && (previous === undefined || each.seenAt - previous.seenAt >= hour)) kept.push(each);
  }
  return [...kept, reading];
}

export function sameMarks(a: readonly BookingMark[], b: readonly BookingMark[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
