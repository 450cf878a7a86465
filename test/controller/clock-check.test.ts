import { describe, expect, it } from 'vitest';
import { clockCheck } from '../../src/controller/clock-check.js';
import { fakeClock } from '../support/fake-clock.js';

const now = Date.parse('2026-11-21T12:00:00Z');

interface Given {
  readonly newest?: number;
  readonly synchronised?: boolean | null;
  /** Seconds that UniFi's clock is ahead; null: no `Date`. */
  readonly unifiAhead?: number | null;
  /** Seconds since that answer. */
  readonly answeredAgo?: number;
}

async function verdict({ newest = 0, synchronised = null, unifiAhead = 0, answeredAgo = 0 }: Given): Promise<string | null> {
  const clock = fakeClock(now - answeredAgo * 1_000);
  const answer = unifiAhead === null ? null : { date: clock.now() + unifiAhead * 1_000, at: clock.monotonic() };
  await clock.advance(answeredAgo * 1_000);
  return clockCheck({ clock, newestKnown: () => newest, synchronised: () => synchronised })(answer);
}

describe('whether this clock may write', () => {
  it.each<[string, Given, RegExp | null]>([
    ['right, by UniFi\'s Date', {}, null],
    ['two minutes behind UniFi', { unifiAhead: 120 }, null],
    ['more than two minutes behind UniFi', { unifiAhead: 121 }, /behind UniFi/],
    ['more than two minutes ahead of UniFi', { unifiAhead: -121 }, /ahead of UniFi/],
    ['a day ahead at boot', { unifiAhead: -86_400 }, /1440 min ahead/],
    ['an answer grows old without any skew', { answeredAgo: 3_600 }, null],
    ['no Date, and the system cannot say: skipped', { unifiAhead: null }, null],
    ['the system says that it is not synchronised, whatever UniFi says', { synchronised: false }, /not synchronised/],
    ['the system says that it is synchronised, and UniFi does not agree', { synchronised: true, unifiAhead: 600 }, /behind UniFi/],
    ['an hour behind the newest instant in the state directory', { newest: now + 3_600_000 }, /state directory/],
    ['behind the state directory, without a Date', { newest: now + 3_600_000, unifiAhead: null }, /state directory/],
    ['after the newest instant in the state directory', { newest: now - 1 }, null],
  ])('%s', async (_, given, wanted) => {
    const found = await verdict(given);
    if (wanted === null) expect(found).toBeNull();
    else expect(found).toMatch(wanted);
  });

  it('a wall clock that somebody moves between the answer and the write is seen', async () => {
    const clock = fakeClock(now);
    const check = clockCheck({ clock, newestKnown: () => 0, synchronised: () => null });
    const answer = { date: clock.now(), at: clock.monotonic() };
    await clock.advance(30_000);
    expect(check(answer)).toBeNull();
    clock.set(now + 600_000);
    expect(check(answer)).toMatch(/ahead of UniFi/);
  });
});
