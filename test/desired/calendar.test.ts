import { describe, expect, it } from 'vitest';
import type { SpecOf } from '../../src/api/resource.js';
import { booking, calendarOf, doorGroup, officeHours, roomMapping, windowsOf } from '../support/declarations.js';

const evening = '2026-11-23T18:00-05:00/2026-11-23T20:00-05:00';
const open = '2026-11-23 18:00 to 2026-11-23 20:00';
const gym = ['gym'] as const;

describe('which bookings count', () => {
  it.each([
    ['approved', booking({ at: evening }), [open], 'Open'],
    ['pending', booking({ at: evening, approval: 'Pending' }), [], 'NotApproved'],
    ['rejected', booking({ at: evening, approval: 'Rejected' }), [], 'NotApproved'],
    ['a blockout', booking({ at: evening, blockout: true }), [], 'Excluded'],
    ['a room nobody maps', booking({ at: evening, room: 'Attic' }), [], 'Unmapped'],
    ['an event without bookings, no locationFallback', booking({ at: evening, room: 'Gym', resourceId: null, location: 'Gym' }), [], 'Unmapped'],
  ] as const)('%s', (_, given, windows, state) => {
    const found = calendarOf({ bookings: [given] });
    expect(windowsOf(found)).toEqual(windows);
    expect(found.bookings.map((each) => each.state)).toEqual([state]);
  });

  it('the gym opens for its public times, with the event as the cause', () => {
    const found = calendarOf({ bookings: [booking({ at: evening })] });
    expect(found.groups[0]?.windows[0]?.causes).toEqual([
      { kind: 'event', ref: 'event/140@2026-11-23T23:00:00Z', text: 'Youth Group (Gym)' },
    ]);
  });

  it('with locationFallback the location is the room', () => {
    const mapping = roomMapping('rooms', { locationFallback: true, rooms: [{ name: 'Gym', doorGroups: gym }] });
    const found = calendarOf({ roomMappings: [mapping], bookings: [booking({ at: evening, resourceId: null, room: ' gym ', location: ' gym ' })] });
    expect(windowsOf(found)).toEqual([open]);
  });
});

describe('rooms', () => {
  type Room = SpecOf<'RoomMapping'>['rooms'][number];
  const mapped = (room: Omit<Room, 'doorGroups'>, given: { room?: string; resourceId?: string }): string[] =>
    windowsOf(calendarOf({ roomMappings: [roomMapping('rooms', { rooms: [{ ...room, doorGroups: gym }] })], bookings: [booking({ at: evening, ...given })] }));

  it.each([
    ['the same name', { name: 'Main Gym' }, { room: 'Main Gym' }, true],
    ['case and spaces', { name: 'Main Gym' }, { room: '  main   GYM ' }, true],
    ['a non-breaking space', { name: 'Main Gym' }, { room: 'Main\u00a0Gym' }, true],
    ['composed and decomposed letters', { name: 'Caf\u00e9' }, { room: 'Cafe\u0301' }, true],
    ['a name is the whole name', { name: 'Gym' }, { room: 'Main Gym' }, false],
    ['contains', { nameContains: 'classroom' }, { room: 'East CLASSROOM 3' }, true],
    ['contains, other room', { nameContains: 'classroom' }, { room: 'East Hall' }, false],
    ['renamed room by its resource id', { resourceId: '463975' }, { room: 'The Room Formerly Known As Gym', resourceId: '463975' }, true],
    ['resource ids are compared whole', { resourceId: '463975' }, { resourceId: '4639751' }, false],
    ['a resource id is not a name', { resourceId: '463975' }, { room: '463975', resourceId: '1' }, false],
  ])('%s', (_, room, given, opens) => {
    expect(mapped(room, given)).toEqual(opens ? [open] : []);
  });

  it('an unmapped room is listed, once, and a mapped one counted', () => {
    const found = calendarOf({
      bookings: [booking({ at: evening, room: 'Attic' }), booking({ at: evening, room: 'Attic', eventId: '9' }), booking({ at: evening })],
    });
    expect(found.mappings).toEqual([{ name: 'rooms', seen: 3, mapped: 1, excluded: 0, unmapped: 2, unmappedRooms: ['Attic'] }]);
  });
});

describe('lead and lag', () => {
  const at = (group: object, mapping: object, room: object): string[] =>
    windowsOf(
      calendarOf({
        doorGroups: [doorGroup('gym', group)],
        roomMappings: [roomMapping('rooms', { ...mapping, rooms: [{ name: 'Gym', doorGroups: gym, ...room }] })],
        bookings: [booking({ at: evening })],
      }),
    );

  it.each([
    ['the door group\'s own', { lead: '15m', lag: '20m' }, {}, {}, '17:45', '20:20'],
    ['the mapping beats the group', { lead: '15m', lag: '20m' }, { lead: '30m', lag: '5m' }, {}, '17:30', '20:05'],
    ['the room beats both', { lead: '15m', lag: '20m' }, { lead: '30m', lag: '5m' }, { lead: '1h', lag: '10m' }, '17:00', '20:10'],
    ['0m of a mapping means 0', { lead: '15m', lag: '20m' }, { lead: '0m', lag: '0m' }, {}, '18:00', '20:00'],
    ['0m of a room means 0', { lead: '15m', lag: '20m' }, { lead: '30m', lag: '30m' }, { lead: '0m', lag: '0s' }, '18:00', '20:00'],
    ['lead and lag are looked up apart', { lead: '15m', lag: '20m' }, { lag: '5m' }, { lead: '1h' }, '17:00', '20:05'],
  ])('%s', (_, group, mapping, room, from, to) => {
    expect(at(group, mapping, room)).toEqual([`2026-11-23 ${from} to 2026-11-23 ${to}`]);
  });

  it('each mapping\'s lead governs its own rooms only, and the windows are united', () => {
    const found = calendarOf({
      doorGroups: [doorGroup('gym'), doorGroup('lobby')],
      roomMappings: [
        roomMapping('a', { lead: '30m', rooms: [{ name: 'Gym', doorGroups: ['gym'] }] }),
        roomMapping('b', { lag: '45m', rooms: [{ name: 'Gym', doorGroups: ['gym', 'lobby'] }] }),
      ],
      bookings: [booking({ at: evening })],
    });
    expect(windowsOf(found)).toEqual(['2026-11-23 17:30 to 2026-11-23 20:45']);
    expect(windowsOf(found, 'lobby')).toEqual(['2026-11-23 18:00 to 2026-11-23 20:45']);
  });
});

describe('timesFrom', () => {
  const given = booking({
    at: evening,
    setup: '2026-11-23T14:00-05:00/2026-11-23T21:00-05:00',
    booked: '2026-11-23T15:30-05:00/2026-11-23T20:30-05:00',
  });
  it.each([
    ['Published', '2026-11-23 17:45 to 2026-11-23 20:00'],
    ['Event', '2026-11-23 13:45 to 2026-11-23 21:00'],
    ['Booking', '2026-11-23 15:15 to 2026-11-23 20:30'],
  ] as const)('%s', (timesFrom, window) => {
    const mapping = roomMapping('rooms', { timesFrom, lead: '15m', rooms: [{ name: 'Gym', doorGroups: gym }] });
    expect(windowsOf(calendarOf({ roomMappings: [mapping], bookings: [given] }))).toEqual([window]);
  });
});

describe('exclusions', () => {
  const both = ['gym', 'lobby'] as const;
  const groups = [doorGroup('gym'), doorGroup('lobby')];
  const excluding = (...exclude: SpecOf<'RoomMapping'>['exclude']): ReturnType<typeof roomMapping> =>
    roomMapping('rooms', { rooms: [{ nameContains: 'gym', doorGroups: both }], exclude });

  it.each([
    ['by part of the event\'s name, these doors only', { eventNameContains: 'worship  SERVICE', doorGroups: ['gym'] }, 'Sunday Worship Service', 'Gym', [], [open]],
    ['by part of the event\'s name, all doors', { eventNameContains: 'worship' }, 'Sunday Worship Service', 'Gym', [], []],
    ['by the event\'s whole name', { eventName: 'worship service' }, 'Worship Service', 'Gym', [], []],
    ['a whole name is not a part', { eventName: 'worship' }, 'Worship Service', 'Gym', [open], [open]],
    ['another event', { eventNameContains: 'worship' }, 'Youth Group', 'Gym', [open], [open]],
    ['by part of the room: that booking entirely', { roomContains: '1520 hainesport' }, 'Youth Group', 'Gym, 1520 Hainesport Rd', [], []],
  ] as const)('%s', (_, exclude, event, room, inGym, inLobby) => {
    const found = calendarOf({ doorGroups: groups, roomMappings: [excluding(exclude)], bookings: [booking({ at: evening, event, room })] });
    expect(windowsOf(found)).toEqual(inGym);
    expect(windowsOf(found, 'lobby')).toEqual(inLobby);
  });

  it('govern only what the same mapping maps', () => {
    const found = calendarOf({
      doorGroups: groups,
      roomMappings: [excluding({ eventNameContains: 'youth' }), roomMapping('other', { rooms: [{ name: 'Gym', doorGroups: ['lobby'] }] })],
      bookings: [booking({ at: evening })],
    });
    expect(windowsOf(found)).toEqual([]);
    expect(windowsOf(found, 'lobby')).toEqual([open]);
  });
});

describe('onlyLocationContains', () => {
  it.each([
    ['the campus', 'Mount Laurel campus', true],
    ['other case and spaces', 'MOUNT   laurel', true],
    ['another campus', 'Hainesport', false],
    ['no location at all', null, false],
  ] as const)('%s', (_, location, opens) => {
    const mapping = roomMapping('rooms', { onlyLocationContains: 'Mount Laurel', rooms: [{ name: 'Gym', doorGroups: gym }] });
    expect(windowsOf(calendarOf({ roomMappings: [mapping], bookings: [booking({ at: evening, location })] }))).toEqual(opens ? [open] : []);
  });
});

describe('several mappings', () => {
  const everywhere = roomMapping('everywhere', { rooms: [{ name: 'Gym', doorGroups: ['gym'] }] });
  const office = roomMapping('office', { rooms: [{ name: 'Office', doorGroups: ['lobby'] }] });
  const found = (mappings: readonly ReturnType<typeof roomMapping>[], ...rooms: string[]): ReturnType<typeof calendarOf> =>
    calendarOf({ doorGroups: [doorGroup('gym'), doorGroup('lobby')], roomMappings: mappings, bookings: rooms.map((room) => booking({ at: evening, room, location: 'Hainesport' })) });

  it('a room that one of them names is unmapped for none', () => {
    expect(found([everywhere, office], 'Gym', 'Office', 'Attic').mappings).toEqual([
      { name: 'everywhere', seen: 3, mapped: 1, excluded: 0, unmapped: 1, unmappedRooms: ['Attic'] },
      { name: 'office', seen: 3, mapped: 1, excluded: 0, unmapped: 1, unmappedRooms: ['Attic'] },
    ]);
  });

  it('an excluded room stays excluded beside a mapping that says nothing of it', () => {
    const offSite = roomMapping('off-site', { rooms: [{ nameContains: 'gym', doorGroups: ['gym'] }], exclude: [{ roomContains: '1520 Hainesport' }] });
    expect(found([offSite, office], 'Gym, 1520 Hainesport Rd').bookings[0]?.state).toBe('Excluded');
    const campus = roomMapping('campus', { onlyLocationContains: 'Mount Laurel', rooms: [{ name: 'Gym', doorGroups: ['gym'] }] });
    expect(found([campus, office], 'Gym').bookings[0]?.state).toBe('Excluded');
    expect(found([campus, office], 'Attic').bookings[0]?.state).toBe('Unmapped');
    expect(found([campus], 'Attic').bookings[0]?.state).toBe('Excluded');
    expect(windowsOf(found([campus, everywhere], 'Gym'))).toEqual([open]);
  });
});

describe('standing hours', () => {
  const weekly = (hours: readonly string[], days: SpecOf<'OfficeHours'>['weekly'][number]['days'] = ['monday']): ReturnType<typeof officeHours> =>
    officeHours('weekdays', { weekly: [{ days, hours, doorGroups: gym }] });

  it('open every week as far as the calendar looks, with their cause', () => {
    const found = calendarOf({ officeHours: [weekly(['09:00-12:00'])], days: 14 });
    expect(windowsOf(found)).toEqual([
      '2026-11-23 09:00 to 2026-11-23 12:00',
      '2026-11-30 09:00 to 2026-11-30 12:00',
      '2026-12-07 09:00 to 2026-12-07 12:00',
    ]);
    expect(found.groups[0]?.windows[0]?.causes).toEqual([{ kind: 'hours', ref: 'OfficeHours/weekdays', text: 'monday 09:00-12:00' }]);
  });

  it('a night that began yesterday is still open', () => {
    expect(windowsOf(calendarOf({ officeHours: [weekly(['22:00-07:00'], ['sunday'])] }))[0]).toBe('2026-11-22 22:00 to 2026-11-23 07:00');
  });

  it('are not gated: neither safe hours nor maxContinuous hold what a person wrote', () => {
    const found = calendarOf({ doorGroups: [doorGroup('gym', { maxContinuous: '1h' })], officeHours: [weekly(['00:00-24:00'])] });
    expect(windowsOf(found)[0]).toBe('2026-11-23 00:00 to 2026-11-24 00:00');
  });

  it('several OfficeHours are united', () => {
    const found = calendarOf({ officeHours: [weekly(['09:00-12:00']), officeHours('more', { weekly: [{ days: ['monday'], hours: ['11:00-14:00'], doorGroups: gym }] })] });
    expect(windowsOf(found)[0]).toBe('2026-11-23 09:00 to 2026-11-23 14:00');
    expect(found.groups[0]?.windows[0]?.causes.map(({ ref }) => ref)).toEqual(['OfficeHours/more', 'OfficeHours/weekdays']);
  });
});
