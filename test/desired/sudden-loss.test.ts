import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { marksOf, referenceAt, suddenLoss, withReading, type Loss, type Reference } from '../../src/desired/calendar/sudden-loss.js';
import type { Booking, Interval } from '../../src/desired/model.js';
import { booking } from '../support/declarations.js';
import { runs } from '../support/property-runs.js';

const now = Date.parse('2026-11-21T13:00:00Z');
const hour = 3_600_000;
const range: Interval = { start: now - 32 * hour, end: now + 15 * 24 * hour };

/** `n` events, three hours apart, the first in three hours. */
function events(n: number, from = 0, approval: Booking['approval'] = 'Approved'): Booking[] {
  return Array.from({ length: n }, (_, index) => {
    const start = now + (from + index + 1) * 3 * hour;
    return booking({ eventId: `e${from + index}`, at: `${new Date(start).toISOString()}/${new Date(start + hour).toISOString()}`, approval });
  });
}

const referenceOf = (bookings: readonly Booking[], seenAt = now - 60_000): Reference => ({ seenAt, range, bookings: marksOf(bookings) });

interface Case {
  readonly before: readonly Booking[];
  readonly after: readonly Booking[];
  readonly effective?: readonly Booking[];
  readonly loss?: Loss | null;
  readonly complete?: boolean;
  readonly range?: Interval;
  readonly at?: number;
}

const judge = ({ before, after, loss = null, complete = true, effective = before, at = now, ...rest }: Case) =>
  suddenLoss({ reference: referenceOf(before), effective, reading: { items: after, range: rest.range ?? range, complete }, loss }, at);

describe('what vanishes suddenly', () => {
  const forty = events(40);
  it.each([
    ['everything', forty, [], 40],
    ['more than half', forty, forty.slice(21), 21],
    ['exactly half', forty, forty.slice(20), 0],
    ['more than half, but only four', events(6), events(2), 0],
    ['five of nine', events(9), events(4), 5],
    ['the only one', events(1), [], 1],
    ['all three', events(3), [], 3],
    ['two of three', events(3), events(1), 0],
    ['nothing', forty, forty, 0],
  ])('%s', (_, before, after, kept) => {
    const result = judge({ before, after });
    expect(result.kept).toHaveLength(kept);
    expect(result.items).toHaveLength(after.length + kept);
    expect(result.loss === null).toBe(kept === 0);
  });

  it('is believed after two further readings that agree', () => {
    const first = judge({ before: forty, after: [] });
    const second = judge({ before: forty, after: [], loss: first.loss });
    const third = judge({ before: forty, after: [], loss: second.loss });
    expect([first, second, third].map(({ kept }) => kept.length)).toEqual([40, 40, 0]);
    expect(third).toMatchObject({ believed: true, loss: null, items: [] });
  });

  it('is counted anew when a reading shows another loss, and not at all by a partial one', () => {
    const first = judge({ before: forty, after: forty.slice(30) });
    const other = judge({ before: forty, after: forty.slice(31), loss: first.loss });
    expect(other.loss?.readings).toBe(1);
    const partial = judge({ before: forty, after: [], loss: first.loss, complete: false });
    expect(partial.loss).toEqual(first.loss);
    expect(partial.items).toHaveLength(40);
    expect(judge({ before: forty, after: [], complete: false }).loss?.readings).toBe(0);
  });

  it('counts on while what vanished begins, one by one, and keeps what is under way', () => {
    const few = events(3);
    const first = judge({ before: few, after: [] });
    const later = now + 6.5 * hour;
    const second = judge({ before: few, after: [], loss: first.loss, at: later });
    expect(second.loss?.readings).toBe(2);
    expect(second.kept).toHaveLength(3);
    const underway = judge({ before: few.slice(0, 1), after: [], at: now + 3.5 * hour });
    expect(underway.kept).toHaveLength(1);
  });

  it('says nothing of cancellations, rejections, moves and new records of the same occurrence', () => {
    const rejected = forty.map((each) => ({ ...each, approval: 'Rejected' as const }));
    expect(judge({ before: forty, after: rejected }).loss).toBeNull();
    const others = forty.map((each) => ({ ...each, id: `other-${each.id}`, resourceId: '9', approval: 'Pending' as const }));
    expect(judge({ before: forty, after: others }).loss).toBeNull();
    const renewed = forty.map((each) => ({ ...each, id: `new-${each.id}` }));
    expect(judge({ before: forty, after: renewed }).loss).toBeNull();
    const moved = forty.map((each) => ({ ...each, start: each.start + hour }));
    expect(judge({ before: forty, after: moved }).items).toEqual(moved);
  });

  it('applies additions and rejections at once beside it', () => {
    const rejected = { ...forty[0]!, approval: 'Rejected' as const };
    const added = events(2, 100);
    const { items } = judge({ before: forty, after: [rejected, ...added] });
    expect(items.slice(0, 3)).toEqual([rejected, ...added]);
    expect(items).toHaveLength(3 + 39);
  });

  it('compares what both ranges cover', () => {
    const short = { start: range.start, end: now + 10 * hour };
    expect(judge({ before: forty, after: forty.slice(0, 3), range: short }).loss).toBeNull();
    expect(judge({ before: forty, after: [], range: short }).kept).toHaveLength(3);
  });

  it('does not revive what the doors had let go before', () => {
    const half = forty.slice(20);
    const result = judge({ before: forty, after: forty.slice(25), effective: half });
    expect(result.kept).toEqual(forty.slice(20, 25));
  });

  it('believes anything as long as there is nothing to compare with', () => {
    const result = suddenLoss({ reference: null, effective: forty, reading: { items: [], range, complete: true }, loss: null }, now);
    expect(result).toMatchObject({ items: [], loss: null });
  });
});

describe('the reading to compare with', () => {
  const sizes = (references: readonly Reference[]): number[] => references.map(({ bookings }) => bookings.length);

  it('is the largest of a day', () => {
    let references: Reference[] = [];
    for (const [hours, size] of [[0, 40], [2, 30], [4, 35], [6, 20]] as const) {
      references = withReading(references, referenceOf(events(size), now + hours * hour));
    }
    expect(sizes(references)).toEqual([40, 35, 20]);
    expect(referenceAt(references, now + 7 * hour)?.bookings).toHaveLength(40);
    expect(referenceAt(references, now + 25 * hour)?.bookings).toHaveLength(35);
    expect(referenceAt(references, now + 29 * hour)?.bookings).toHaveLength(20);
  });

  it('is the last one however old', () => {
    expect(referenceAt([referenceOf(events(3), now - 1000 * hour)], now)?.bookings).toHaveLength(3);
    expect(referenceAt([], now)).toBeNull();
  });

  it('is confirmed, not repeated, by an equal reading, and stays small while a calendar shrinks all day', () => {
    let references: Reference[] = [];
    for (let minute = 0; minute < 300; minute += 1) references = withReading(references, referenceOf(events(310 - minute), now + minute * 60_000));
    expect(references.length).toBeLessThan(8);
    expect(sizes(references)[0]).toBe(310);
    const again = withReading(references, referenceOf(events(11), now + 601 * 60_000));
    expect(again).toHaveLength(references.length);
    expect(again.at(-1)?.seenAt).toBe(now + 601 * 60_000);
  });
});

describe('laws of the guard', () => {
  const approvals = fc.constantFrom('Approved' as const, 'Approved' as const, 'Approved' as const, 'Pending' as const, 'Rejected' as const);
  const calendars = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), approvals), { maxLength: 40 }).map((drafts) => {
    const unique = new Map(drafts);
    return [...unique].flatMap(([index, approval]) => events(1, index - 3, approval));
  });
  const polls = fc.array(fc.tuple(calendars, fc.boolean()), { minLength: 1, maxLength: 8 });

  it('opens nothing that neither the doors nor the reading held', () => {
    fc.assert(
      fc.property(calendars, polls, (start, readings) => {
        let effective: readonly Booking[] = start;
        let loss: Loss | null = null;
        for (const [items, complete] of readings) {
          const before = new Set([...effective, ...items]);
          const result = suddenLoss({ reference: referenceOf(start), effective, reading: { items, range, complete }, loss }, now);
          expect(result.items.every((each) => before.has(each))).toBe(true);
          expect(items.every((each) => result.items.includes(each))).toBe(true);
          ({ items: effective, loss } = result);
        }
      }),
      runs(500),
    );
  });

  it('ends with the latest reading, whatever came before, once three in a row say the same', () => {
    fc.assert(
      fc.property(calendars, polls, calendars, (start, readings, last) => {
        let effective: readonly Booking[] = start;
        let loss: Loss | null = null;
        for (const [items, complete] of [...readings, ...[1, 2, 3].map(() => [last, true] as const)]) {
          ({ items: effective, loss } = suddenLoss({ reference: referenceOf(start), effective, reading: { items, range, complete }, loss }, now));
        }
        expect(effective).toEqual(last);
      }),
      runs(500),
    );
  });
});
