import { describe, expect, it } from 'vitest';
import type { SpecOf } from '../../src/api/resource.js';
import { booking, calendarOf, doorGroup, eventOverride, heldOf, roomMapping, safeHours, windowsOf, type SiteDraft } from '../support/declarations.js';

type Spec = SpecOf<'EventOverride'>;
type Adjusted = NonNullable<Spec['doorGroups']>[number];

const evening = '2026-11-23T18:00-05:00/2026-11-23T20:00-05:00';
const open = '2026-11-23 18:00 to 2026-11-23 20:00';
const tall = [doorGroup('gym', { maxContinuous: '48h' }), doorGroup('lobby', { maxContinuous: '48h' })];
const always = safeHours({ default: '00:00-24:00' });

const adjust = (name: string, match: Spec['match'], entry: Partial<Adjusted>, more: Partial<Spec> = {}): ReturnType<typeof eventOverride> =>
  eventOverride(name, match, { action: 'Adjust', doorGroups: [{ name: 'gym', ...entry }], ...more });
const clock = (...texts: string[]): Pick<Adjusted, 'windows'> => ({
  windows: texts.map((text) => {
    const [from = '', to = ''] = text.split('-');
    return { open: from, close: to };
  }),
});
/** Windows of the gym for an event at these times, adjusted like this; every hour is safe. */
const adjusted = (at: string, entry: Partial<Adjusted>, more: SiteDraft = {}): string[] =>
  windowsOf(calendarOf({ doorGroups: tall, safeHours: always, bookings: [booking({ at })], eventOverrides: [adjust('eo', { eventId: '140' }, entry)], ...more }));

describe('matching', () => {
  const setup = booking({ at: evening, setup: '2026-11-23T14:00-05:00/2026-11-23T21:00-05:00' });
  it.each([
    ['its name, folded', { eventName: 'youth  GROUP' }, true],
    ['a part of its name', { eventNameContains: 'uth gr' }, true],
    ['its id', { eventId: '140' }, true],
    ['its id and date', { eventId: '140', date: '2026-11-23' }, true],
    ['its public start', { eventName: 'Youth Group', startsAt: '2026-11-23T23:00:00Z' }, true],
    ['its start with setup', { eventName: 'Youth Group', startsAt: '2026-11-23T14:00:00-05:00' }, true],
    ['a name is the whole name', { eventName: 'Youth' }, false],
    ['ids are whole', { eventId: '14' }, false],
    ['another date', { eventId: '140', date: '2026-11-24' }, false],
    ['a minute beside its start', { eventId: '140', startsAt: '2026-11-23T23:01:00Z' }, false],
    ['a right start of another event', { eventId: '141', startsAt: '2026-11-23T23:00:00Z' }, false],
  ])('%s', (_, match, matches) => {
    const found = calendarOf({ eventOverrides: [eventOverride('eo', match)], bookings: [setup] });
    expect(windowsOf(found)).toEqual(matches ? [] : [open]);
    expect(found.overrides).toEqual([{ name: 'eo', matched: matches ? 1 : 0, nextOccurrence: matches ? Date.parse('2026-11-23T19:00:00Z') : null, overridden: [] }]);
  });

  it('a date is the local one: 21:00 on Monday is Monday, though it is Tuesday in UTC', () => {
    const late = booking({ at: '2026-11-23T21:00-05:00/2026-11-23T22:00-05:00' });
    expect(windowsOf(calendarOf({ eventOverrides: [eventOverride('eo', { eventId: '140', date: '2026-11-23' })], bookings: [late] }))).toEqual([]);
    expect(windowsOf(calendarOf({ eventOverrides: [eventOverride('eo', { eventId: '140', date: '2026-11-24' })], bookings: [late] }))).toHaveLength(1);
  });

  it('status counts occurrences, each once, and names the next', () => {
    const bookings = [
      booking({ at: '2026-11-22T18:00-05:00/2026-11-22T20:00-05:00' }),
      booking({ at: evening }),
      booking({ at: evening, room: 'Attic' }),
      booking({ at: evening, instanceId: 'made anew' }),
      booking({ at: evening, eventId: '9' }),
      booking({ at: '2026-11-30T18:00-05:00/2026-11-30T20:00-05:00' }),
    ];
    const found = calendarOf({ eventOverrides: [eventOverride('eo', { eventName: 'Youth Group' })], bookings });
    expect(found.overrides).toEqual([{ name: 'eo', matched: 4, nextOccurrence: Date.parse('2026-11-23T23:00:00Z'), overridden: [] }]);
  });
});

describe('an Adjust', () => {
  it.each([
    ['one window', evening, clock('18:40-19:20'), ['2026-11-23 18:40 to 2026-11-23 19:20']],
    ['two windows', evening, clock('18:40-19:20', '20:15-20:45'), ['2026-11-23 18:40 to 2026-11-23 19:20']],
    ['two windows of which the second starts with the end', evening, clock('18:40-19:20', '20:00-20:45'), ['2026-11-23 18:40 to 2026-11-23 19:20', '2026-11-23 20:00 to 2026-11-23 20:45']],
    ['three windows in any order, touching ones united', evening, clock('19:00-19:30', '12:00-13:00', '18:30-19:00'), ['2026-11-23 12:00 to 2026-11-23 13:00', '2026-11-23 18:30 to 2026-11-23 19:30']],
    ['across midnight', '2026-11-23T21:00-05:00/2026-11-24T01:00-05:00', clock('22:00-01:00'), ['2026-11-23 22:00 to 2026-11-24 01:00']],
    ['until 24:00', evening, clock('19:00-24:00'), ['2026-11-23 19:00 to 2026-11-24 00:00']],
    ['none at all: suppressed', evening, { windows: [] }, []],
    ['23 h 59 min long: only the day of its start', '2026-11-23T10:00-05:00/2026-11-24T09:59-05:00', clock('08:00-09:00'), ['2026-11-23 08:00 to 2026-11-23 09:00']],
    ['24 h long: each of its days', '2026-11-23T10:00-05:00/2026-11-24T10:00-05:00', clock('08:00-09:00'), ['2026-11-23 08:00 to 2026-11-23 09:00', '2026-11-24 08:00 to 2026-11-24 09:00']],
    ['three days, two windows a day', '2026-11-23T10:00-05:00/2026-11-25T12:00-05:00', clock('09:00-10:00', '11:00-12:00'),
      ['23', '24', '25'].flatMap((day) => [`2026-11-${day} 09:00 to 2026-11-${day} 10:00`, `2026-11-${day} 11:00 to 2026-11-${day} 12:00`])],
    ['the last day\'s window starts after the end', '2026-11-23T10:00-05:00/2026-11-24T20:00-05:00', clock('21:00-22:00'), ['2026-11-23 21:00 to 2026-11-23 22:00']],
    ['an end at midnight touches no further day', '2026-11-23T00:00-05:00/2026-11-25T00:00-05:00', clock('09:00-10:00'), ['2026-11-23 09:00 to 2026-11-23 10:00', '2026-11-24 09:00 to 2026-11-24 10:00']],
    ['nights of a long event', '2026-11-23T10:00-05:00/2026-11-24T23:00-05:00', clock('22:00-01:00'), ['2026-11-23 22:00 to 2026-11-24 01:00', '2026-11-24 22:00 to 2026-11-25 01:00']],
    ['a longer lead', evening, { lead: '45m' }, ['2026-11-23 17:15 to 2026-11-23 20:00']],
    ['a lag', evening, { lag: '10m' }, ['2026-11-23 18:00 to 2026-11-23 20:10']],
    ['nothing given: the defaults', evening, {}, [open]],
  ])('%s', (_, at, entry, windows) => {
    expect(adjusted(at, entry)).toEqual(windows);
  });

  it('a window that starts within the lag is kept, one that starts after it is dropped', () => {
    const lagging = [doorGroup('gym', { lag: '15m' })];
    expect(adjusted(evening, clock('20:15-20:45'), { doorGroups: lagging })).toEqual(['2026-11-23 20:15 to 2026-11-23 20:45']);
    expect(adjusted(evening, clock('20:16-20:45'), { doorGroups: lagging })).toEqual([]);
  });

  it('lead and lag of 0m are 0, whatever room, mapping and group say', () => {
    const more = { doorGroups: [doorGroup('gym', { lead: '15m', lag: '15m' })], roomMappings: [roomMapping('rooms', { lead: '20m', rooms: [{ name: 'Gym', doorGroups: ['gym'], lag: '30m' }] })] };
    expect(adjusted(evening, { lead: '0m', lag: '0m' }, more)).toEqual([open]);
    expect(adjusted(evening, { lead: '0m' }, more)).toEqual(['2026-11-23 18:00 to 2026-11-23 20:30']);
    expect(adjusted(evening, { lag: '0m' }, more)).toEqual(['2026-11-23 17:40 to 2026-11-23 20:00']);
  });

  it('doors that it does not name keep the defaults', () => {
    const found = calendarOf({
      doorGroups: [doorGroup('gym'), doorGroup('lobby')],
      roomMappings: [roomMapping('rooms', { rooms: [{ name: 'Gym', doorGroups: ['gym', 'lobby'] }] })],
      eventOverrides: [adjust('eo', { eventId: '140' }, { windows: [] })],
      bookings: [booking({ at: evening })],
    });
    expect([windowsOf(found), windowsOf(found, 'lobby'), found.bookings[0]?.state]).toEqual([[], [open], 'Open']);
  });

  it('a suppressed booking says by what', () => {
    const found = calendarOf({ eventOverrides: [adjust('quiet', { eventId: '140' }, { windows: [] })], bookings: [booking({ at: evening })] });
    expect(found.bookings.map(({ state, reason }) => [state, reason])).toEqual([['Suppressed', 'EventOverride/quiet leaves its doors shut']]);
  });

  it('names itself and the event as the causes', () => {
    const found = calendarOf({ eventOverrides: [adjust('eo', { eventId: '140' }, clock('18:40-19:20'))], bookings: [booking({ at: evening })] });
    expect(found.groups[0]?.windows[0]?.causes.map(({ kind, ref }) => [kind, ref])).toEqual([['event', 'event/140@2026-11-23T23:00:00Z'], ['override', 'EventOverride/eo']]);
  });

  it('on the night when clocks skip, windows begin where the gap ends', () => {
    const night = '2026-03-08T00:30:00-05:00/2026-03-08T05:00:00-04:00';
    const found = (text: string): string[] => adjusted(night, clock(text), { now: '2026-03-07T12:00:00-05:00' });
    expect(found('02:30-03:30')).toEqual(['2026-03-08 03:00 to 2026-03-08 03:30']);
    expect(found('02:10-02:50')).toEqual([]);
  });
});

describe('an Adjust reaches', () => {
  const given = booking({ at: evening, setup: '2026-11-23T14:00-05:00/2026-11-23T21:00-05:00', booked: '2026-11-23T15:30-05:00/2026-11-23T20:30-05:00' });
  const mapping = (more: Partial<SpecOf<'RoomMapping'>>): ReturnType<typeof roomMapping> => roomMapping('rooms', { rooms: [{ name: 'Gym', doorGroups: ['gym'] }], ...more });
  const lead = { lead: '5m' };

  it.each([
    ['a door that its mapping opens from setup on', [mapping({ timesFrom: 'Event' })], '2026-11-23 13:55 to 2026-11-23 21:00'],
    ['a door that its mapping opens for the booking', [mapping({ timesFrom: 'Booking' })], '2026-11-23 15:25 to 2026-11-23 20:30'],
    ['a door that the mapping excludes for this event, with its times', [mapping({ timesFrom: 'Event', exclude: [{ eventName: 'Youth Group' }] })], '2026-11-23 13:55 to 2026-11-23 21:00'],
    ['a door that no mapping names: the public times', [roomMapping('rooms', { timesFrom: 'Event', rooms: [{ name: 'Gym', doorGroups: ['lobby'] }] })], '2026-11-23 17:55 to 2026-11-23 20:00'],
    ['a door of a room that nobody maps: the public times', [mapping({ timesFrom: 'Event', rooms: [] })], '2026-11-23 17:55 to 2026-11-23 20:00'],
    ['a door without any mapping', [], '2026-11-23 17:55 to 2026-11-23 20:00'],
    ['a door of a suspended mapping', [mapping({ timesFrom: 'Event', suspend: true })], '2026-11-23 13:55 to 2026-11-23 21:00'],
  ])('%s', (_, roomMappings, window) => {
    const found = calendarOf({ doorGroups: [doorGroup('gym', { lag: '0m' }), doorGroup('lobby')], roomMappings, eventOverrides: [adjust('eo', { eventId: '140' }, lead)], bookings: [given] });
    expect(windowsOf(found)).toEqual([window]);
  });

  it('its days by the times of the mapping that names the door', () => {
    const long = booking({ at: evening, setup: '2026-11-22T14:00-05:00/2026-11-24T12:00-05:00' });
    const found = (timesFrom: 'Event' | 'Published'): string[] =>
      windowsOf(calendarOf({ roomMappings: [mapping({ timesFrom })], eventOverrides: [adjust('eo', { eventId: '140' }, clock('19:00-19:30'))], bookings: [long] }));
    expect(found('Published')).toEqual(['2026-11-23 19:00 to 2026-11-23 19:30']);
    expect(found('Event')).toEqual(['2026-11-22 19:00 to 2026-11-22 19:30', '2026-11-23 19:00 to 2026-11-23 19:30']);
  });

  it('a door of one room by that room\'s times alone, whatever other rooms the event booked, in any order', () => {
    const rooms = [given, booking({ at: evening, setup: '2026-11-23T14:00-05:00/2026-11-23T21:00-05:00', room: 'Attic' }), booking({ at: evening, setup: '2026-11-23T14:00-05:00/2026-11-23T21:00-05:00', room: 'Yard' })];
    for (const bookings of [rooms, [...rooms].reverse()]) {
      const found = calendarOf({ roomMappings: [mapping({ timesFrom: 'Booking' })], eventOverrides: [adjust('eo', { eventId: '140' }, {})], bookings });
      expect(windowsOf(found)).toEqual(['2026-11-23 15:30 to 2026-11-23 20:30']);
    }
  });

  it('an unmapped door once for the event, not once a room', () => {
    const rooms = ['Attic', 'Yard'].map((room) => booking({ at: evening, room }));
    const found = calendarOf({ doorGroups: [doorGroup('gym', { maxContinuous: '1h' })], eventOverrides: [adjust('eo', { eventId: '140' }, {})], bookings: rooms });
    expect(heldOf(found)).toEqual(['2026-11-23 18:00 to 2026-11-23 20:00, MaxContinuous']);
  });

  it.each([
    ['a room that is not approved yet', booking({ at: evening, approval: 'Pending' }), {}],
    ['a room that was refused', booking({ at: evening, approval: 'Rejected' }), {}],
    ['a room that is excluded entirely', booking({ at: evening, room: 'Gym, 1520 Hainesport Rd' }), { rooms: [{ nameContains: 'gym', doorGroups: ['gym'] }], exclude: [{ roomContains: '1520 Hainesport' }] }],
  ])('no door of %s, though another room of the event is approved', (_, gone, more) => {
    const found = calendarOf({ roomMappings: [mapping(more)], eventOverrides: [adjust('eo', { eventId: '140' }, clock('18:40-19:20'))], bookings: [gone, booking({ at: evening, room: 'Attic' })] });
    expect(windowsOf(found)).toEqual([]);
  });

  it('no booking on another campus, though another mapping takes all of them', () => {
    const campus = mapping({ onlyLocationContains: 'Mount Laurel' });
    const office = roomMapping('office', { rooms: [{ name: 'Office', doorGroups: ['lobby'] }] });
    const found = calendarOf({ roomMappings: [campus, office], eventOverrides: [adjust('eo', { eventNameContains: 'youth' }, {})], bookings: [booking({ at: evening, location: 'Hainesport' })] });
    expect([windowsOf(found), found.bookings[0]?.state]).toEqual([[], 'Excluded']);
  });

  it('no door group that does not exist', () => {
    const entry = { action: 'Adjust' as const, doorGroups: [{ name: 'attic', ...clock('18:00-19:00') }] };
    expect(windowsOf(calendarOf({ eventOverrides: [eventOverride('eo', { eventId: '140' }, entry)], bookings: [booking({ at: evening })] }))).toEqual([open]);
  });
});

describe('the more specific Adjust wins a door group', () => {
  const ladder: readonly (readonly [string, Spec['match']])[] = [
    ['a part of its name', { eventNameContains: 'youth' }],
    ['its name', { eventName: 'Youth Group' }],
    ['its id', { eventId: '140' }],
    ['a part of its name on a date', { eventNameContains: 'youth', date: '2026-11-23' }],
    ['its name on a date', { eventName: 'Youth Group', date: '2026-11-23' }],
    ['its id on a date', { eventId: '140', date: '2026-11-23' }],
    ['a part of its name at an instant', { eventNameContains: 'youth', startsAt: '2026-11-23T23:00:00Z' }],
    ['its name at an instant', { eventName: 'Youth Group', startsAt: '2026-11-23T23:00:00Z' }],
    ['its id at an instant', { eventId: '140', startsAt: '2026-11-23T23:00:00Z' }],
  ];
  const pairs = ladder.flatMap(([low, weak], index) => ladder.slice(index + 1).map(([high, strong]) => [high, low, strong, weak] as const));

  it.each(pairs)('%s beats %s, also against a higher priority', (_, __, strong, weak) => {
    const [winner, loser] = [adjust('z-strong', strong, clock('18:10-18:20')), adjust('a-weak', weak, clock('19:10-19:20'), { priority: 1000 })];
    for (const eventOverrides of [[winner, loser], [loser, winner]]) {
      const found = calendarOf({ eventOverrides, bookings: [booking({ at: evening })] });
      expect(windowsOf(found)).toEqual(['2026-11-23 18:10 to 2026-11-23 18:20']);
      expect(found.overrides.find(({ name }) => name === 'a-weak')?.overridden).toEqual([{ doorGroup: 'gym', by: 'z-strong' }]);
      expect(found.overrides.find(({ name }) => name === 'z-strong')?.overridden).toEqual([]);
    }
  });

  it('then priority, then the name', () => {
    const first = adjust('a', { eventId: '140' }, clock('18:10-18:20'));
    const second = adjust('b', { eventId: '140' }, clock('19:10-19:20'));
    const third = adjust('c', { eventId: '140' }, clock('19:30-19:40'), { priority: 1 });
    const run = (...eventOverrides: (typeof first)[]): string[] => windowsOf(calendarOf({ eventOverrides, bookings: [booking({ at: evening })] }));
    expect(run(second, first)).toEqual(['2026-11-23 18:10 to 2026-11-23 18:20']);
    expect(run(second, first, third)).toEqual(['2026-11-23 19:30 to 2026-11-23 19:40']);
    expect(run(adjust('0', { eventId: '140' }, clock('19:50-19:55'), { priority: -1 }), first)).toEqual(['2026-11-23 18:10 to 2026-11-23 18:20']);
  });

  it('each door group has its own contest', () => {
    const wide = eventOverride('wide', { eventName: 'Youth Group' }, { action: 'Adjust', doorGroups: [{ name: 'gym', ...clock('19:10-19:20') }, { name: 'lobby', ...clock('19:10-19:20') }] });
    const found = calendarOf({ doorGroups: tall, eventOverrides: [wide, adjust('narrow', { eventId: '140' }, clock('18:10-18:20'))], bookings: [booking({ at: evening })] });
    expect([windowsOf(found), windowsOf(found, 'lobby')]).toEqual([['2026-11-23 18:10 to 2026-11-23 18:20'], ['2026-11-23 19:10 to 2026-11-23 19:20']]);
    expect(found.overrides[0]?.overridden).toEqual([{ doorGroup: 'gym', by: 'narrow' }]);
  });

  it('a suspended winner keeps the doors it names closed, and reports what it beats', () => {
    const eventOverrides = [adjust('once', { eventId: '140', date: '2026-11-23' }, clock('18:10-18:20'), { suspend: true }), adjust('series', { eventId: '140' }, clock('19:10-19:20'))];
    const found = calendarOf({ eventOverrides, bookings: [booking({ at: evening })] });
    expect([windowsOf(found), found.bookings[0]?.state]).toEqual([[], 'Suppressed']);
    expect(found.overrides[1]?.overridden).toEqual([{ doorGroup: 'gym', by: 'once' }]);
  });
});

describe('Deny and Cancel', () => {
  const pinned = { eventId: '140', startsAt: '2026-11-23T23:00:00Z' };

  it('a Deny lists what it keeps shut, whoever denies least specifically', () => {
    const found = calendarOf({ eventOverrides: [eventOverride('no', { eventNameContains: 'youth' }, { action: 'Deny' })], bookings: [booking({ at: evening }), booking({ at: evening, room: 'Attic' })] });
    expect(windowsOf(found)).toEqual([]);
    expect(found.pending).toEqual([]);
    expect(found.denied).toEqual([
      {
        eventId: '140', eventName: 'Youth Group', startsAt: Date.parse('2026-11-23T23:00:00Z'), rooms: ['Attic', 'Gym'], reason: 'EventOverride/no',
        windows: [{ doorGroup: 'gym', start: Date.parse('2026-11-23T23:00:00Z'), end: Date.parse('2026-11-24T01:00:00Z') }],
      },
    ]);
    expect(found.bookings.map(({ state }) => state)).toEqual(['Denied', 'Denied']);
  });

  it('a denied event that had nothing to open is listed while it lasts', () => {
    const site = { eventOverrides: [eventOverride('no', pinned, { action: 'Deny' })], bookings: [booking({ at: evening, room: 'Attic' })] };
    expect(calendarOf(site).denied.map(({ windows }) => windows)).toEqual([[]]);
    expect(calendarOf({ ...site, now: '2026-11-23T20:00:00-05:00' }).denied).toEqual([]);
  });

  it('a cancelled event is neither pending nor denied', () => {
    const late = booking({ at: '2026-11-23T18:00-05:00/2026-11-24T02:00-05:00' });
    const found = calendarOf({ eventOverrides: [eventOverride('off', { eventNameContains: 'youth' }), eventOverride('no', pinned, { action: 'Deny' })], bookings: [late] });
    expect([windowsOf(found), heldOf(found), found.pending, found.denied]).toEqual([[], [], [], []]);
    expect(found.bookings.map(({ state, reason }) => [state, reason])).toEqual([['Cancelled', 'EventOverride/off cancels it']]);
  });

  it('one occurrence cancelled or denied leaves the others open', () => {
    for (const action of ['Cancel', 'Deny'] as const) {
      const found = calendarOf({ eventOverrides: [eventOverride('eo', pinned, { action })], bookings: [booking({ at: evening }), booking({ at: '2026-11-30T18:00-05:00/2026-11-30T20:00-05:00' })] });
      expect(windowsOf(found)).toEqual(['2026-11-30 18:00 to 2026-11-30 20:00']);
    }
  });
});
