import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDays, parseDuration } from '../../src/runtime/duration.js';

describe('durations', () => {
  it.each([
    ['90s', 90_000],
    ['15m', 900_000],
    ['1h30m', 5_400_000],
    ['0m', 0],
    ['168h', 604_800_000],
  ])('%s', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['', 'h', '15', '15 m', '30m1h', '1.5h', '-5m', '1d', '15M', '1h30m ', 'PT1H'])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeNull();
  });

  it('what is formatted reads back', () => {
    fc.assert(fc.property(fc.nat(100_000_000), (seconds) => {
      expect(parseDuration(formatDuration(seconds * 1000))).toBe(seconds * 1000);
    }));
    expect(formatDuration(5_400_000)).toBe('1h30m');
    expect(formatDuration(0)).toBe('0s');
  });

  it('days', () => {
    expect(parseDays('14d')).toBe(14);
    for (const text of ['14', '14h', '1.5d', 'd', '']) expect(parseDays(text)).toBeNull();
  });
});
