import { describe, expect, it } from 'vitest';
import { booking, calendarOf, doorGroup, eventOverride, officeHours, roomMapping, safeHours, type SiteDraft } from '../support/declarations.js';

const evening = '2026-11-23T18:00-05:00/2026-11-23T20:00-05:00';
const both = roomMapping('rooms', { rooms: [{ name: 'Gym', doorGroups: ['gym', 'lobby'] }] });
const groups = [doorGroup('gym'), doorGroup('lobby')];

function shutOf(site: SiteDraft): readonly string[] {
  const [found] = calendarOf({ doorGroups: groups, roomMappings: [both], bookings: [booking({ at: evening })], ...site }).bookings;
  return found?.shut.map(({ doorGroup: name, reason }) => `${name}: ${reason}`) ?? [];
}

describe('doors that a booking leaves shut, and why', () => {
  it.each<readonly [string, SiteDraft, readonly string[]]>([
    ['none where all open', {}, []],
    ['denied', { eventOverrides: [eventOverride('no', { eventId: '140' }, { action: 'Deny' })] }, ['gym: EventOverride/no denies it', 'lobby: EventOverride/no denies it']],
    [
      'excluded from one of them',
      { roomMappings: [roomMapping('rooms', { rooms: [{ name: 'Gym', doorGroups: ['gym', 'lobby'] }], exclude: [{ eventName: 'Youth Group', doorGroups: ['gym'] }] })] },
      ['gym: event name matches "Youth Group" (exclude of RoomMapping/rooms)'],
    ],
    [
      'suppressed at one of them',
      { eventOverrides: [eventOverride('quiet', { eventId: '140' }, { action: 'Adjust', doorGroups: [{ name: 'gym', windows: [] }] })] },
      ['gym: EventOverride/quiet leaves it shut'],
    ],
    [
      'closed at one of them',
      { officeHours: [officeHours('away', { closures: [{ from: '2026-11-23', to: '2026-11-23', scope: 'Everything', doorGroups: ['lobby'] }] })] },
      ['lobby: a closure of scope Everything, or SafeHours with outside: Clamp, leaves nothing of its window'],
    ],
    ['none while a window waits', { safeHours: safeHours({ default: '05:00-12:00' }) }, []],
    ['not approved', { bookings: [booking({ at: evening, approval: 'Pending' })] }, ['gym: the booking is pending in the calendar', 'lobby: the booking is pending in the calendar']],
    ['none of a room that nobody maps', { bookings: [booking({ at: evening, room: 'Attic' })] }, []],
  ])('%s', (_, site, shut) => {
    expect(shutOf(site)).toEqual(shut);
  });
});
