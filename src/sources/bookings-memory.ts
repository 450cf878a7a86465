import { marksOf, type BookingMark, type Loss, type Reference } from '../desired/calendar/sudden-loss.js';
import type { Booking, Instant, Interval } from '../desired/model.js';

/** What outlives the process: the bookings that doors go by, and what is known of how they came about. */
export interface BookingsMemory {
  readonly items: readonly Booking[];
  /** When a complete reading first held these; later ones confirmed them, but a confirmation is not worth a write. */
  readonly readAt: Instant;
  /** What that reading covered. */
  readonly range: Interval;
  /** False: nothing but one reading says so. */
  readonly settled: boolean;
  /** Complete readings to compare with, the last one that was believed at the end. */
  readonly references: readonly Reference[];
  readonly loss: (Loss & { readonly kept: number }) | null;
  /** Ids of bookings that came after the first reading, on dates covered before, and that no run has judged yet. */
  readonly unjudged: readonly string[];
  /** Ids of bookings whose doors wait for a person. */
  readonly waiting: readonly string[];
}

/** Null when the shape is wrong. Version 1 knew the bookings alone. */
export function decodeMemory(value: Readonly<Record<string, unknown>>, version: number, rangeOf: (readAt: Instant) => Interval): BookingsMemory | null {
  const readAt = version === 1 ? Date.parse(String(value['readAt'])) : value['readAt'];
  const items = listOf(value['items'], isBooking);
  if (typeof readAt !== 'number' || Number.isNaN(readAt) || items === null) return null;
  if (version === 1) {
    const range = rangeOf(readAt);
    const reference = { seenAt: readAt, range, bookings: marksOf(items) };
    return { items, readAt, range, settled: true, references: [reference], loss: null, unjudged: [], waiting: [] };
  }
  const { range, settled, loss } = value;
  const references = listOf(value['references'], isReference);
  const unjudged = listOf(value['unjudged'], isText);
  const waiting = listOf(value['waiting'], isText);
  if (!isInterval(range) || typeof settled !== 'boolean' || !(loss === null || isLoss(loss))) return null;
  if (references === null || unjudged === null || waiting === null) return null;
  return { items, readAt, range, settled, references, loss, unjudged, waiting };
}

function listOf<Item>(value: unknown, is: (item: unknown) => item is Item): readonly Item[] | null {
  return Array.isArray(value) && value.every(is) ? value : null;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isInterval(value: unknown): value is Interval {
  const { start, end } = fieldsOf(value);
  return typeof start === 'number' && typeof end === 'number';
}

function isMark(value: unknown): value is BookingMark {
  const { id, eventId, startsAt, room } = fieldsOf(value);
  return isInterval(value) && [id, eventId, room].every(isText) && typeof startsAt === 'number';
}

function isReference(value: unknown): value is Reference {
  const { seenAt, range, bookings } = fieldsOf(value);
  return typeof seenAt === 'number' && isInterval(range) && listOf(bookings, isMark) !== null;
}

function isLoss(value: unknown): value is Loss & { readonly kept: number } {
  const { since, readings, of, kept, vanished } = fieldsOf(value);
  return [since, readings, of, kept].every((each) => typeof each === 'number') && listOf(vanished, isText) !== null;
}

function isBooking(value: unknown): value is Booking {
  const { id, event, room, approval } = fieldsOf(value);
  const times = fieldsOf(event);
  const numbers = ['startsAt', 'endsAt', 'publishedStartsAt', 'publishedEndsAt'].map((name) => times[name]);
  const texts = [id, room, approval, times['id'], times['instanceId'], times['name']];
  return isInterval(value) && numbers.every((number) => typeof number === 'number') && texts.every(isText);
}
