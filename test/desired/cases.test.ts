import { describe, expect, it } from 'vitest';
import { joinBookings } from '../../src/sources/planning-center/bookings.js';
import { problemsOf, resourcesOf, withSpec } from '../api/read.js';
import { booking, calendarOf, doorGroup, eventOverride, heldOf, officeHours, roomMapping, safeHours, windowsOf, type SiteDraft } from '../support/declarations.js';
import { doorTimes } from '../support/hub.js';
import { wallClock } from '../support/wall-clock.js';

const newYork = 'America/New_York';
const gym = ['gym'] as const;
const always = safeHours({ default: '00:00-24:00' });
/** Winter times in New York. */
const at = (span: string): string => span.replace(/T\d\d:\d\d/g, (time) => `${time}-05:00`);
const ny = (now: string, site: SiteDraft): string[] => doorTimes({ ...site, zone: newYork, now: `${now}-05:00` });
const everyDay = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;

describe('case 1: a one-off event next Monday 18:00-20:00', () => {
  const site = { bookings: [booking({ at: at('2026-11-30T18:00/2026-11-30T20:00') })] };
  it.each(['2026-11-23T00:00', '2026-11-23T17:59', '2026-11-23T18:00', '2026-11-23T18:30', '2026-11-23T23:59'])('doors stay closed this Monday evening, seen from %s', (now) => {
    expect(ny(now, site)).toEqual([]);
  });
  it.each(['2026-11-24T00:00', '2026-11-27T12:00', '2026-11-30T00:00', '2026-11-30T18:30', '2026-11-30T23:59'])('and open next Monday, seen from %s', (now) => {
    expect(ny(now, site)).toEqual(['2026-11-30 18:00:00 to 20:01:00']);
  });
  it('and are shut again the Monday after', () => {
    expect(ny('2026-12-01T00:00', site)).toEqual([]);
  });
});

describe('case 2: weekly hours Monday 9-17 with a closure this Monday', () => {
  const site = { officeHours: [officeHours('hours', { weekly: [{ days: ['monday'], hours: ['09:00-17:00'], doorGroups: gym }], closures: [{ from: '2026-11-23', to: '2026-11-23', scope: 'OfficeHours' }] })] };
  it.each(['2026-11-22T12:00', '2026-11-23T00:05', '2026-11-23T08:05', '2026-11-23T09:00', '2026-11-23T16:05', '2026-11-23T23:59'])('closed all of this Monday, seen from %s', (now) => {
    expect(ny(now, site)).toEqual([]);
  });
  it.each(['2026-11-24T00:05', '2026-11-29T23:59', '2026-11-30T08:05'])('open next Monday, seen from %s', (now) => {
    expect(ny(now, site)).toEqual(['2026-11-30 09:00:00 to 17:01:00']);
  });
});

describe('case 3: midnights', () => {
  it('a window until 24:00 leaves no stub on the next day', () => {
    const site = { safeHours: always, bookings: [booking({ at: at('2026-11-24T18:00/2026-11-25T00:00') })] };
    for (const now of ['2026-11-23T12:00', '2026-11-24T23:59']) expect(ny(now, site)).toEqual(['2026-11-24 18:00:00 to 2026-11-25 00:00:00']);
    expect(ny('2026-11-25T00:00', site)).toEqual([]);
  });

  it('one across midnight is open through it, and the rest of it on the day after', () => {
    const site = { safeHours: always, bookings: [booking({ at: at('2026-11-24T22:00/2026-11-25T02:00') })] };
    for (const now of ['2026-11-23T12:00', '2026-11-24T23:59']) expect(ny(now, site)).toEqual(['2026-11-24 22:00:00 to 2026-11-25 02:01:00']);
    for (const now of ['2026-11-25T00:00', '2026-11-25T01:00']) expect(ny(now, site)).toEqual(['2026-11-25 00:00:00 to 02:01:00']);
  });

  it('one that crosses only by its lag', () => {
    const site = { doorGroups: [doorGroup('gym', { lag: '30m' })], safeHours: always, bookings: [booking({ at: at('2026-11-24T20:00/2026-11-24T23:45') })] };
    for (const now of ['2026-11-24T23:44', '2026-11-24T23:59']) expect(ny(now, site)).toEqual(['2026-11-24 20:00:00 to 2026-11-25 00:16:00']);
    for (const now of ['2026-11-25T00:00', '2026-11-25T00:10']) expect(ny(now, site)).toEqual(['2026-11-25 00:00:00 to 00:16:00']);
  });

  it('two windows of consecutive weeks that touch at midnight: each on its own date only', () => {
    const bookings = [booking({ at: at('2026-11-29T20:00/2026-11-30T00:00') }), booking({ at: at('2026-11-23T00:00/2026-11-23T02:00'), eventId: '9' })];
    const site = { safeHours: always, bookings };
    expect(ny('2026-11-23T01:00', site)).toEqual(['2026-11-23 00:00:00 to 02:01:00', '2026-11-29 20:00:00 to 2026-11-30 00:00:00']);
    const apart = [booking({ at: at('2026-11-29T20:00/2026-11-30T00:00') }), booking({ at: at('2026-11-30T00:00/2026-11-30T02:00'), eventId: '9' })];
    expect(ny('2026-11-23T01:00', { safeHours: always, bookings: apart })).toEqual(['2026-11-29 20:00:00 to 2026-11-30 00:00:00']);
    expect(ny('2026-11-24T01:00', { safeHours: always, bookings: apart })).toEqual(['2026-11-29 20:00:00 to 2026-11-30 02:01:00']);
  });

  it('touching hours 00:00-24:00 on all days: always open, no minute missing', () => {
    const site = { officeHours: [officeHours('always', { weekly: [{ days: everyDay, hours: ['00:00-24:00'], doorGroups: gym }] })] };
    for (const now of ['2026-11-23T00:00', '2026-11-25T23:59']) {
      const from = now.slice(0, 10);
      const to = new Date(Date.parse(from) + 7 * 86_400_000).toISOString().slice(0, 10);
      expect(ny(now, site)).toEqual([`${from} 00:00:00 to ${to} 00:00:00`]);
    }
  });
});

describe('case 4: clock changes', () => {
  const hours = (day: (typeof everyDay)[number], ...texts: string[]): SiteDraft => ({ officeHours: [officeHours('night', { weekly: [{ days: [day], hours: texts, doorGroups: gym }] })] });
  /** Seen from two days before, the evening before and the very minute after the change. */
  const seen = (zone: string, date: string, site: SiteDraft, change: string): readonly string[] => {
    const midnight = wallClock(zone).startOf(date);
    const views = [midnight - 2 * 86_400_000, midnight - 3_600_000, midnight, Date.parse(change)].map((now) => doorTimes({ ...site, zone, now: new Date(now).toISOString() }));
    expect(new Set(views.map((view) => JSON.stringify(view))).size).toBe(1);
    return views[0]!;
  };

  it.each([
    ['New York', newYork, '2026-03-08', '2026-03-08T07:00:00Z', '01:30-03:30', ['2026-03-08 01:30:00 to 03:31:00']],
    ['New York, the missing hour', newYork, '2026-03-08', '2026-03-08T07:00:00Z', '02:30-03:30', ['2026-03-08 03:00:00 to 03:31:00']],
    ['Berlin', 'Europe/Berlin', '2026-03-29', '2026-03-29T01:00:00Z', '01:30-03:30', ['2026-03-29 01:30:00 to 03:31:00']],
    ['Berlin, the missing hour', 'Europe/Berlin', '2026-03-29', '2026-03-29T01:00:00Z', '02:30-03:30', ['2026-03-29 03:00:00 to 03:31:00']],
    ['Sydney', 'Australia/Sydney', '2026-10-04', '2026-10-03T16:00:00Z', '01:30-03:30', ['2026-10-04 01:30:00 to 03:31:00']],
    ['Sydney, the missing hour', 'Australia/Sydney', '2026-10-04', '2026-10-03T16:00:00Z', '02:30-03:30', ['2026-10-04 03:00:00 to 03:31:00']],
    ['Lord Howe', 'Australia/Lord_Howe', '2026-10-04', '2026-10-03T15:30:00Z', '01:30-03:30', ['2026-10-04 01:30:00 to 03:31:00']],
    ['Lord Howe, the missing half hour', 'Australia/Lord_Howe', '2026-10-04', '2026-10-03T15:30:00Z', '02:15-03:30', ['2026-10-04 02:30:00 to 03:31:00']],
  ])('spring forward in %s', (_, zone, date, change, text, times) => {
    expect(seen(zone, date, hours('sunday', text), change)).toEqual(times);
  });

  // Declared from the first to the last; of the repeated minutes only those are held that both hours want.
  it.each([
    ['New York', newYork, '2026-11-01', '2026-11-01T06:00:00Z', '01:30-03:30', ['2026-11-01 01:30:00 to 01:00:00', '2026-11-01 01:30:00 to 03:31:00']],
    ['Berlin', 'Europe/Berlin', '2026-10-25', '2026-10-25T01:00:00Z', '02:30-03:30', ['2026-10-25 02:30:00 to 02:00:00', '2026-10-25 02:30:00 to 03:31:00']],
    ['Sydney', 'Australia/Sydney', '2026-04-05', '2026-04-04T16:00:00Z', '01:30-03:30', ['2026-04-05 01:30:00 to 03:31:00']],
    ['Lord Howe', 'Australia/Lord_Howe', '2026-04-05', '2026-04-04T15:00:00Z', '01:45-02:30', ['2026-04-05 01:45:00 to 01:30:00', '2026-04-05 01:45:00 to 02:31:00']],
  ])('fall back in %s: hours around the repeated ones', (_, zone, date, change, text, times) => {
    expect(seen(zone, date, hours('sunday', text), change)).toEqual(times);
  });

  it.each([
    ['New York', newYork, '2026-11-01', '2026-11-01T01:30:00-05:00/2026-11-01T02:30:00-05:00', '2026-11-01T06:00:00Z', ['2026-11-01 02:00:00 to 02:31:00']],
    ['Berlin', 'Europe/Berlin', '2026-10-25', '2026-10-25T02:30:00+01:00/2026-10-25T03:30:00+01:00', '2026-10-25T01:00:00Z', ['2026-10-25 03:00:00 to 03:31:00']],
    ['Sydney', 'Australia/Sydney', '2026-04-05', '2026-04-05T02:30:00+10:00/2026-04-05T03:30:00+10:00', '2026-04-04T16:00:00Z', ['2026-04-05 03:00:00 to 03:31:00']],
    ['Lord Howe', 'Australia/Lord_Howe', '2026-04-05', '2026-04-05T01:45:00+10:30/2026-04-05T02:30:00+10:30', '2026-04-04T15:00:00Z', ['2026-04-05 02:00:00 to 02:31:00']],
  ])('fall back in %s: an event that starts in the second of the repeated hours opens after both, never in the first', (_, zone, date, span, change, times) => {
    expect(seen(zone, date, { safeHours: always, bookings: [booking({ at: span })] }, change)).toEqual(times);
  });

  it.each([
    ['New York', newYork, '2026-11-01', '2026-11-01T00:30:00-04:00/2026-11-01T01:30:00-04:00', ['2026-11-01 00:30:00 to 01:00:00']],
    ['Berlin', 'Europe/Berlin', '2026-10-25', '2026-10-25T01:30:00+02:00/2026-10-25T02:30:00+02:00', ['2026-10-25 01:30:00 to 02:00:00']],
    ['Sydney', 'Australia/Sydney', '2026-04-05', '2026-04-05T01:30:00+11:00/2026-04-05T02:30:00+11:00', ['2026-04-05 01:30:00 to 02:00:00']],
    ['Lord Howe', 'Australia/Lord_Howe', '2026-04-05', '2026-04-05T01:00:00+11:00/2026-04-05T01:45:00+11:00', ['2026-04-05 01:00:00 to 01:30:00']],
  ])('fall back in %s: an event that ends in the first of them closes before both', (_, zone, date, span, times) => {
    const now = new Date(wallClock(zone).startOf(date)).toISOString();
    expect(doorTimes({ safeHours: always, bookings: [booking({ at: span })], zone, now })).toEqual(times);
  });
});

describe('case 5: days on end', () => {
  const camp = [doorGroup('gym', { maxContinuous: '16h' })];

  it('an event that started 30 h ago and runs on: open, once it is approved', () => {
    const bookings = [booking({ at: at('2026-11-22T06:00/2026-11-24T18:00') })];
    const approve = eventOverride('ok', { eventId: '140', startsAt: '2026-11-22T11:00:00Z' }, { action: 'Approve', approvedWindows: [{ doorGroup: 'gym', start: '2026-11-22T11:00:00Z', end: '2026-11-24T23:00:00Z' }] });
    expect(ny('2026-11-23T12:00', { bookings })).toEqual([]);
    expect(ny('2026-11-23T12:00', { bookings, eventOverrides: [approve] })).toEqual(['2026-11-23 00:00:00 to 2026-11-24 18:01:00']);
    expect(ny('2026-11-23T12:00', { bookings, safeHours: always, doorGroups: [doorGroup('gym', { maxContinuous: '72h' })] })).toEqual(['2026-11-23 00:00:00 to 2026-11-24 18:01:00']);
  });

  it('a camp of 8½ days: held by the gate, and once approved open from its first minute', () => {
    const bookings = [booking({ at: at('2026-11-24T12:00/2026-12-03T00:00'), event: 'Winter camp' })];
    const held = calendarOf({ doorGroups: camp, bookings });
    expect([windowsOf(held), heldOf(held)]).toEqual([[], ['2026-11-24 12:00 to 2026-12-03 00:00, OutsideSafeHours']]);
    const preApproved = calendarOf({ doorGroups: camp, bookings, safeHours: safeHours({ preApproved: ['winter camp'] }) });
    expect(heldOf(preApproved)).toEqual(['2026-11-24 12:00 to 2026-12-03 00:00, MaxContinuous']);

    const [pending] = held.pending;
    const approvedWindows = pending!.windows.map(({ doorGroup: name, start, end }) => ({ doorGroup: name, start: new Date(start).toISOString(), end: new Date(end).toISOString() }));
    const approve = eventOverride('ok', { eventId: pending!.eventId, startsAt: new Date(pending!.startsAt).toISOString() }, { action: 'Approve', approvedWindows });
    const site = { doorGroups: camp, bookings, eventOverrides: [approve] };
    expect(ny('2026-11-23T12:00', site)).toEqual(['2026-11-24 12:00:00 to 2026-11-30 00:00:00']);
    expect(ny('2026-11-24T12:00', site)).toEqual(['2026-11-24 12:00:00 to 2026-12-01 00:00:00']);
    expect(ny('2026-11-30T12:00', site)).toEqual(['2026-11-30 00:00:00 to 2026-12-03 00:00:00']);
    expect(ny('2026-12-03T00:00', site)).toEqual([]);
  });

  it('Friday 20:00 to Saturday 08:00 with safe hours 05:00-23:00: held, although both its ends are safe', () => {
    const found = calendarOf({ bookings: [booking({ at: at('2026-11-27T20:00/2026-11-28T08:00') })] });
    expect([windowsOf(found), heldOf(found)]).toEqual([[], ['2026-11-27 20:00 to 2026-11-28 08:00, OutsideSafeHours']]);
  });

  it('with an override: its windows on each of its days', () => {
    const adjust = eventOverride('eo', { eventName: 'Winter camp' }, { action: 'Adjust', doorGroups: [{ name: 'gym', windows: [{ open: '08:00', close: '09:00' }, { open: '21:00', close: '22:00' }] }] });
    const site = { bookings: [booking({ at: at('2026-11-24T12:00/2026-11-26T20:30'), event: 'Winter camp' })], eventOverrides: [adjust] };
    expect(ny('2026-11-24T00:00', site)).toEqual([
      // The day counts whole: also what lies before the event on its first day.
      '2026-11-24 08:00:00 to 09:01:00', '2026-11-24 21:00:00 to 22:01:00', '2026-11-25 08:00:00 to 09:01:00', '2026-11-25 21:00:00 to 22:01:00', '2026-11-26 08:00:00 to 09:01:00',
    ]);
  });
});

describe('case 6: odd overrides', () => {
  it('22:00-01:00 closes the next day', () => {
    const adjust = eventOverride('eo', { eventId: '140' }, { action: 'Adjust', doorGroups: [{ name: 'gym', windows: [{ open: '22:00', close: '01:00' }] }] });
    expect(ny('2026-11-23T12:00', { safeHours: always, eventOverrides: [adjust], bookings: [booking({ at: at('2026-11-23T20:00/2026-11-24T00:30') })] })).toEqual(['2026-11-23 22:00:00 to 2026-11-24 01:01:00']);
  });

  it('"25:99" is refused at admission, and the rest of its file goes on', () => {
    const override = (open: string): string => withSpec('EventOverride', `match: { eventId: "140" }\naction: Adjust\ndoorGroups: [{ name: gym, windows: [{ open: "${open}", close: "19:00" }] }]`);
    expect(problemsOf(override('25:99'))).toEqual([expect.stringMatching(/^f\.yaml:7:47 spec\.doorGroups\[0\]\.windows\[0\]\.open: "25:99"/)]);
    const hours = withSpec('OfficeHours', 'weekly: [{ days: [monday], hours: ["09:00-12:00"], doorGroups: [gym] }]').replace('name: it', 'name: hours');
    expect(problemsOf(`${override('25:99')}---\n${hours}`)).toHaveLength(1);
    expect(resourcesOf(`${override('18:40')}---\n${hours}`).map(({ kind }) => kind)).toEqual(['EventOverride', 'OfficeHours']);
  });

  it('a missing end time makes that event incomplete, and no other', () => {
    const record = (type: string, id: string, attributes: Record<string, unknown>, relations: Record<string, string> = {}): Parameters<typeof joinBookings>[0][number] => ({ type, id, attributes, relations });
    const times = { starts_at: '2026-11-23T23:00:00Z', ends_at: '2026-11-24T01:00:00Z' };
    const instance = (id: string, ends: string | null): ReturnType<typeof record> => record('EventInstance', id, { name: `Event ${id}`, ...times, ends_at: ends }, { event: id });
    const requests = ['1', '2'].map((id) => record('ResourceBooking', id, times, { event: id, event_instance: id, resource: 'gym' }));
    const { bookings, incompleteEvents } = joinBookings(requests, {
      instances: new Map([['1', instance('1', null)], ['2', instance('2', times.ends_at)]]),
      rooms: new Map([['gym', record('Resource', 'gym', { kind: 'Room', name: 'Gym' })]]),
      approvals: new Map([['1', 'Approved'], ['2', 'Approved']]),
    });
    expect([[...incompleteEvents], bookings.map(({ event }) => event.id)]).toEqual([['1'], ['2']]);
    expect(windowsOf(calendarOf({ bookings }))).toEqual(['2026-11-23 18:00 to 2026-11-23 20:00']);
  });

  it('lead 0 means 0 everywhere', () => {
    const site = {
      doorGroups: [doorGroup('gym', { lead: '1h', lag: '1h' })],
      roomMappings: [roomMapping('rooms', { lead: '45m', lag: '45m', rooms: [{ name: 'Gym', doorGroups: gym, lead: '30m', lag: '30m' }] })],
      eventOverrides: [eventOverride('eo', { eventId: '140' }, { action: 'Adjust', doorGroups: [{ name: 'gym', lead: '0m', lag: '0s' }] })],
      bookings: [booking({ at: at('2026-11-23T18:00/2026-11-23T20:00') })],
    };
    expect(ny('2026-11-23T12:00', site)).toEqual(['2026-11-23 18:00:00 to 20:01:00']);
  });

  it('an event without length opens for its lead and lag, and not at all without them', () => {
    const bookings = [booking({ at: at('2026-11-23T18:00/2026-11-23T18:00') })];
    expect(ny('2026-11-23T12:00', { bookings })).toEqual([]);
    expect(ny('2026-11-23T12:00', { bookings, doorGroups: [doorGroup('gym', { lead: '10m', lag: '5m' })] })).toEqual(['2026-11-23 17:50:00 to 18:06:00']);
  });
});

describe('case 7: approvals', () => {
  const approve = eventOverride('ok', { eventId: '77', startsAt: '2026-11-24T03:00:00Z' }, { action: 'Approve', approvedWindows: [{ doorGroup: 'gym', start: '2026-11-24T03:00:00Z', end: '2026-11-24T12:00:00Z' }] });
  const overnight = (span: string, instanceId?: string): ReturnType<typeof booking> => booking({ at: at(span), event: 'Overnight', eventId: '77', ...(instanceId === undefined ? {} : { instanceId }) });

  it('an override that opens outside safe hours is held', () => {
    const adjust = eventOverride('eo', { eventId: '140' }, { action: 'Adjust', doorGroups: [{ name: 'gym', windows: [{ open: '18:00', close: '23:30' }, { open: '17:00', close: '17:30' }] }] });
    const found = calendarOf({ eventOverrides: [adjust], bookings: [booking({ at: at('2026-11-23T18:00/2026-11-23T20:00') })] });
    expect([windowsOf(found), heldOf(found)]).toEqual([['2026-11-23 17:00 to 2026-11-23 17:30'], ['2026-11-23 18:00 to 2026-11-23 23:30, OutsideSafeHours']]);
  });

  it('"Overnight" approved once does not open next month\'s', () => {
    const found = calendarOf({ eventOverrides: [approve], bookings: [overnight('2026-11-23T22:00/2026-11-24T07:00'), overnight('2026-12-21T22:00/2026-12-22T07:00')] });
    expect([windowsOf(found), heldOf(found)]).toEqual([['2026-11-23 22:00 to 2026-11-24 07:00'], ['2026-12-21 22:00 to 2026-12-22 07:00, OutsideSafeHours']]);
  });

  it('an approved event that grows by an hour is asked again for that hour', () => {
    const found = calendarOf({ eventOverrides: [approve], bookings: [overnight('2026-11-23T22:00/2026-11-24T08:00')] });
    expect([windowsOf(found), heldOf(found)]).toEqual([['2026-11-23 22:00 to 2026-11-24 07:00'], ['2026-11-24 07:00 to 2026-11-24 08:00, Changed']]);
  });

  it('a deny stays denied when the calendar makes the instance anew', () => {
    const deny = eventOverride('no', { eventId: '77', startsAt: '2026-11-24T03:00:00Z' }, { action: 'Deny' });
    for (const instanceId of ['one', 'another']) {
      const found = calendarOf({ eventOverrides: [deny, approve], bookings: [overnight('2026-11-23T22:00/2026-11-24T07:00', instanceId)] });
      expect([windowsOf(found), found.denied.length, found.bookings[0]?.state]).toEqual([[], 1, 'Denied']);
    }
  });
});

describe('case 9: setup four hours before the public start', () => {
  const given = booking({ at: at('2026-11-23T18:00/2026-11-23T20:00'), setup: at('2026-11-23T14:00/2026-11-23T22:00'), booked: at('2026-11-23T16:00/2026-11-23T21:00') });
  it.each([
    ['Published', '2026-11-23 17:45:00 to 20:01:00'],
    ['Event', '2026-11-23 13:45:00 to 22:01:00'],
    ['Booking', '2026-11-23 15:45:00 to 21:01:00'],
  ] as const)('%s', (timesFrom, times) => {
    const mapping = roomMapping('rooms', { timesFrom, lead: '15m', rooms: [{ name: 'Gym', doorGroups: gym }] });
    expect(ny('2026-11-23T12:00', { roomMappings: [mapping], bookings: [given] })).toEqual([times]);
  });
});

describe('case 10: rooms', () => {
  const evening = at('2026-11-23T18:00/2026-11-23T20:00');
  const mapping = roomMapping('rooms', { rooms: [{ name: 'Main Gym', doorGroups: gym }, { resourceId: '463975', doorGroups: gym }] });
  it.each([
    ['other case and spaces', { room: ' MAIN   gym ' }, true],
    ['renamed, mapped by resource id', { room: 'Sports Hall', resourceId: '463975' }, true],
    ['nobody maps it', { room: 'Attic' }, false],
  ])('%s', (_, given, opens) => {
    const found = calendarOf({ roomMappings: [mapping], bookings: [booking({ at: evening, ...given })] });
    expect(windowsOf(found)).toHaveLength(opens ? 1 : 0);
    expect(found.mappings[0]?.unmappedRooms).toEqual(opens ? [] : [given.room]);
  });
});
