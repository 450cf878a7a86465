import { describe, expect, it } from 'vitest';
import { waitingOf, type Waiting } from '../../src/status/waiting.js';
import type { ResourceReading } from '../../src/store/resource-store.js';
import { booking, calendarOf, eventOverride, type SiteDraft } from '../support/declarations.js';

const late = booking({ at: '2026-11-23T21:00-05:00/2026-11-23T23:30-05:00' });
const now = Date.parse('2026-11-23T12:00:00Z');
const deny = eventOverride('no', { eventId: '140' }, { action: 'Deny' });

/** What a restart finds: nothing, or the status file of the SafeHours. */
function reading(stored: Partial<Waiting> | null): ResourceReading {
  const resources = stored === null ? [] : [{ kind: 'SafeHours', name: 'safe', status: stored }];
  return { resources, unreadable: [], absent: [], suspended: null } as unknown as ResourceReading;
}

const waiting = (site: SiteDraft, stored: Partial<Waiting> | null, previous: Waiting | null, at = now): Waiting => waitingOf(calendarOf(site), reading(stored), previous, at);

describe('events that wait for a person', () => {
  it('name the command that releases them', () => {
    expect(waiting({ bookings: [late] }, null, null).pending).toEqual([
      {
        eventId: '140', eventName: 'Youth Group', startsAt: '2026-11-24T02:00:00Z', rooms: ['Gym'], reason: 'OutsideSafeHours', since: '2026-11-23T12:00:00Z',
        windows: [{ doorGroup: 'gym', start: '2026-11-24T02:00:00Z', end: '2026-11-24T04:30:00Z' }],
        release: 'sexton approve 140@2026-11-24T02:00:00Z',
      },
    ]);
    const [denied] = waiting({ bookings: [late], eventOverrides: [deny] }, null, null).denied;
    expect([denied?.reason, denied?.release]).toEqual(['EventOverride/no', 'sexton restore 140@2026-11-24T02:00:00Z']);
  });

  it('are new once, whatever the order of bookings, and keep their moment through runs and restarts', () => {
    const bookings = [late, booking({ at: '2026-11-24T21:00-05:00/2026-11-24T23:30-05:00' })];
    const first = waiting({ bookings }, null, null);
    expect(first.fresh).toHaveLength(2);
    const second = waiting({ bookings: [...bookings].reverse() }, null, first, now + 60_000);
    expect([second.fresh, second.pending]).toEqual([[], first.pending]);
    const restarted = waiting({ bookings }, { pending: second.pending }, null, now + 120_000);
    expect([restarted.fresh, restarted.pending]).toEqual([[], first.pending]);
  });

  it('an occurrence that the calendar holds twice while making it anew waits once', () => {
    const { pending, fresh } = waiting({ bookings: [late, { ...booking({ at: '2026-11-23T21:00-05:00/2026-11-23T23:30-05:00', instanceId: 'anew' }), id: 'other' }] }, null, null);
    expect([pending.length, pending[0]?.windows.length, fresh.length]).toEqual([1, 1, 1]);
  });

  it('one that was approved and then grows waits anew', () => {
    const approve = eventOverride('ok', { eventId: '140', startsAt: '2026-11-24T02:00:00Z' }, { action: 'Approve', approvedWindows: [{ doorGroup: 'gym', start: '2026-11-24T02:00:00Z', end: '2026-11-24T04:30:00Z' }] });
    const asked = waiting({ bookings: [late] }, null, null);
    const approved = waiting({ bookings: [late], eventOverrides: [approve] }, { pending: asked.pending }, asked);
    const released = waiting({ bookings: [late], eventOverrides: [approve] }, { pending: [] }, approved);
    const grown = waiting({ bookings: [booking({ at: '2026-11-23T21:00-05:00/2026-11-24T00:30-05:00' })], eventOverrides: [approve] }, { pending: [] }, released, now + 60_000);
    expect(grown.fresh.map(({ reason, windows, since }) => [reason, windows[0]?.start, since])).toEqual([['Changed', '2026-11-24T04:30:00Z', '2026-11-23T12:01:00Z']]);
  });

  it('a pending one that is denied is no longer pending, and the other way round', () => {
    const asked = waiting({ bookings: [late] }, null, null);
    const denied = waiting({ bookings: [late], eventOverrides: [deny] }, null, asked, now + 60_000);
    expect([denied.pending.length, denied.denied.map(({ since }) => since)]).toEqual([0, ['2026-11-23T12:01:00Z']]);
    expect(waiting({ bookings: [late] }, null, denied, now + 120_000).fresh).toHaveLength(1);
  });
});
