import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeIntervals, within, without } from '../../src/desired/intervals.js';
import { mergeWindows, type Window } from '../../src/desired/windows.js';
import { runs } from '../support/property-runs.js';

const causes = fc.uniqueArray(
  fc.constantFrom('a', 'b', 'c').map((ref) => ({ kind: 'event' as const, ref: `event/${ref}`, text: ref })),
  { minLength: 1, selector: ({ ref }) => ref },
);
const windows: fc.Arbitrary<Window[]> = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: -2, max: 10 }), causes).map(([start, length, each]) => ({ start, end: start + length, causes: each })),
  { maxLength: 10 },
);

describe('merging windows', () => {
  it('is idempotent and does not depend on their order', () => {
    fc.assert(
      fc.property(windows, fc.array(fc.nat()), (given, keys) => {
        const merged = mergeWindows(given);
        expect(mergeWindows(merged)).toEqual(merged);
        const shuffled = given.map((window, index) => ({ window, key: keys[index] ?? index })).sort((a, b) => a.key - b.key);
        expect(mergeWindows(shuffled.map(({ window }) => window))).toEqual(merged);
      }),
      runs(300),
    );
  });

  it('covers exactly what they cover, sorted, neither overlapping nor touching, with every cause at its place', () => {
    fc.assert(
      fc.property(windows, (given) => {
        const merged = mergeWindows(given);
        merged.forEach((window, index) => {
          expect(index === 0 || merged[index - 1]!.end < window.start).toBe(true);
        });
        for (let instant = -2; instant < 60; instant += 1) {
          const at = (each: Window): boolean => each.start <= instant && instant < each.end;
          const there = given.filter(at);
          const found = merged.find(at);
          expect(found !== undefined).toBe(there.length > 0);
          const refs = new Set(found?.causes.map(({ ref }) => ref));
          for (const { ref } of there.flatMap((each) => each.causes)) expect(refs.has(ref)).toBe(true);
        }
        // No cause comes from nowhere, and none is named twice.
        for (const window of merged) {
          const inside = given.filter(({ start, end }) => start < end && window.start <= start && end <= window.end);
          expect(window.causes.map(({ ref }) => ref).sort()).toEqual([...new Set(inside.flatMap((each) => each.causes.map(({ ref }) => ref)))].sort());
        }
        expect(mergeIntervals(given)).toEqual(merged.map(({ start, end }) => ({ start, end })));
      }),
      runs(300),
    );
  });

  it('what lies in others and what lies in none of them are the whole, and nothing twice', () => {
    const spans = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: -2, max: 10 })).map(([start, length]) => ({ start, end: start + length })), { maxLength: 6 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 20 }), spans, (start, length, others) => {
        const whole = { start, end: start + length };
        const [inside, outside] = [within(whole, others), without(whole, others)];
        expect(mergeIntervals([...inside, ...outside])).toEqual([whole]);
        for (let instant = start; instant < whole.end; instant += 1) {
          const at = (each: { start: number; end: number }): boolean => each.start <= instant && instant < each.end;
          expect([inside.some(at), outside.some(at)]).toEqual([others.some(at), !others.some(at)]);
        }
      }),
      runs(300),
    );
  });
});
