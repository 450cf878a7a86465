import fc from 'fast-check';
import type { Interval } from '../../src/desired/model.js';

/** Zones that between them show every kind of clock change. */
export const zones = [
  'America/New_York',
  'Europe/Berlin',
  'Australia/Sydney',
  'Australia/Lord_Howe',
  'America/Havana',
  'Asia/Beirut',
  'Pacific/Kiritimati',
  'Pacific/Chatham',
  'Asia/Kathmandu',
  'America/St_Johns',
  'America/Santiago',
  'UTC',
] as const;

const second = 1_000;

/** Instants near the clock changes of these zones, and far from them. */
export const todays = fc.oneof(
  fc.constantFrom(
    '2026-03-05', '2026-03-08', '2026-03-24', '2026-03-28', '2026-03-29', '2026-04-01', '2026-04-04', '2026-04-05', '2026-09-02', '2026-09-24',
    '2026-09-26', '2026-09-30', '2026-10-03', '2026-10-04', '2026-10-20', '2026-10-24', '2026-10-25', '2026-10-28', '2026-10-31', '2026-11-01',
  ),
  fc.integer({ min: 0, max: 1_500 }).map((n) => new Date(Date.UTC(2025, 0, 1 + n)).toISOString().slice(0, 10)),
);

/** Windows around a day, in seconds or whole minutes, minutes to days long; some touch. */
export function windowsAround(start: number): fc.Arbitrary<Interval[]> {
  const length = fc.oneof(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 1, max: 10 }).map((n) => n * 900), fc.integer({ min: 1, max: 200_000 }));
  const from = fc.oneof(fc.integer({ min: -200_000, max: 900_000 }), fc.integer({ min: -200, max: 1_000 }).map((n) => n * 900));
  return fc
    .array(fc.tuple(from, length, fc.boolean()), { maxLength: 12 })
    .map((drafts) => {
      const windows: Interval[] = [];
      for (const [offset, seconds, touching] of drafts) {
        const last = windows.at(-1);
        const begin = touching && last !== undefined ? last.end : start + offset * second;
        windows.push({ start: begin, end: begin + seconds * second });
      }
      return windows;
    });
}
