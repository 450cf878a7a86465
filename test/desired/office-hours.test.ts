import { describe, expect, it } from 'vitest';
import type { SpecOf } from '../../src/api/resource.js';
import type { Calendar } from '../../src/desired/calendar/calendar.js';
import { booking, calendarOf, doorGroup, eventOverride, heldOf, officeHours, windowsOf } from '../support/declarations.js';

type Spec = SpecOf<'OfficeHours'>;
const gym = ['gym'] as const;
const event = booking({ at: '2026-11-23T18:00-05:00/2026-11-23T20:00-05:00' });
const weekly = [{ days: ['monday'], hours: ['09:00-12:00', '13:00-17:00'], doorGroups: gym }] as const;
const opening = { from: '2026-11-23T14:00', to: '2026-11-23T15:00', doorGroups: gym };
/** Closures beside weekly hours on Monday, an event on Monday evening, and what else is given. */
const closed = (closure: Omit<Spec['closures'][number], 'scope'>, scope: 'OfficeHours' | 'Everything', more: Partial<Spec> = {}): Calendar =>
  calendarOf({ officeHours: [officeHours('hours', { weekly, ...more }), officeHours('closed', { closures: [{ ...closure, scope }] })], bookings: [event] });
/** Today's windows as `09:00-12:00`. */
const monday = (found: Calendar): string[] => windowsOf(found).filter((text) => text.startsWith('2026-11-23')).map((text) => text.replace(/2026-11-23 /g, '').replace(' to ', '-'));

describe('closures', () => {
  it.each([
    ['a date closes the whole date', { from: '2026-11-23', to: '2026-11-23' }, ['18:00-20:00'], []],
    ['a date range includes its to', { from: '2026-11-20', to: '2026-11-23' }, ['18:00-20:00'], []],
    ['a date range before', { from: '2026-11-20', to: '2026-11-22' }, ['09:00-12:00', '13:00-17:00', '18:00-20:00'], ['09:00-12:00', '13:00-17:00', '18:00-20:00']],
    ['a date-time range excludes its to', { from: '2026-11-23T11:00', to: '2026-11-23T13:00' }, ['09:00-11:00', '13:00-17:00', '18:00-20:00'], ['09:00-11:00', '13:00-17:00', '18:00-20:00']],
    ['inside one window it leaves both its ends', { from: '2026-11-23T10:00', to: '2026-11-23T10:30' }, ['09:00-10:00', '10:30-12:00', '13:00-17:00', '18:00-20:00'], ['09:00-10:00', '10:30-12:00', '13:00-17:00', '18:00-20:00']],
    ['over a part of the event', { from: '2026-11-23T16:00', to: '2026-11-23T19:00' }, ['09:00-12:00', '13:00-16:00', '18:00-20:00'], ['09:00-12:00', '13:00-16:00', '19:00-20:00']],
    ['until 24:00', { from: '2026-11-23T16:00', to: '2026-11-23T24:00' }, ['09:00-12:00', '13:00-16:00', '18:00-20:00'], ['09:00-12:00', '13:00-16:00']],
    ['only other doors', { from: '2026-11-23', to: '2026-11-23', doorGroups: ['lobby'] }, ['09:00-12:00', '13:00-17:00', '18:00-20:00'], ['09:00-12:00', '13:00-17:00', '18:00-20:00']],
    ['these doors among others', { from: '2026-11-23', to: '2026-11-23', doorGroups: ['lobby', 'gym'] }, ['18:00-20:00'], []],
  ])('%s', (_, closure, officeOnly, everything) => {
    expect(monday(closed(closure, 'OfficeHours'))).toEqual(officeOnly);
    expect(monday(closed(closure, 'Everything'))).toEqual(everything);
  });

  it('of scope OfficeHours leave openings and events alone, of scope Everything neither', () => {
    const day = { from: '2026-11-23', to: '2026-11-23' };
    expect(monday(closed(day, 'OfficeHours', { openings: [opening] }))).toEqual(['14:00-15:00', '18:00-20:00']);
    expect(monday(closed(day, 'Everything', { openings: [opening] }))).toEqual([]);
  });

  it('of one OfficeHours close the hours of all', () => {
    expect(monday(closed({ from: '2026-11-23T08:00', to: '2026-11-23T18:00' }, 'OfficeHours'))).toEqual(['18:00-20:00']);
  });

  it('of scope Everything close approved windows and adjusted ones, and what is closed asks nobody', () => {
    const late = booking({ at: '2026-11-23T21:00-05:00/2026-11-23T23:30-05:00' });
    const closure = officeHours('closed', { closures: [{ from: '2026-11-23T22:00', to: '2026-11-23T24:00', scope: 'Everything' }] });
    const approve = eventOverride('ok', { eventId: '140', startsAt: '2026-11-24T02:00:00Z' }, {
      action: 'Approve',
      approvedWindows: [{ doorGroup: 'gym', start: '2026-11-24T02:00:00Z', end: '2026-11-24T04:30:00Z' }],
    });
    expect(monday(calendarOf({ officeHours: [closure], eventOverrides: [approve], bookings: [late] }))).toEqual(['21:00-22:00']);
    const held = calendarOf({ officeHours: [closure], bookings: [late] });
    expect([windowsOf(held), heldOf(held)]).toEqual([[], ['2026-11-23 21:00 to 2026-11-23 22:00, OutsideSafeHours']]);
    const whole = calendarOf({ officeHours: [officeHours('closed', { closures: [{ from: '2026-11-23', to: '2026-11-23', scope: 'Everything' }] })], bookings: [late] });
    expect([heldOf(whole), whole.pending, whole.bookings[0]?.state]).toEqual([[], [], 'Suppressed']);
  });

  it('cut a night that began the day before', () => {
    const nights = officeHours('nights', { weekly: [{ days: ['sunday'], hours: ['22:00-07:00'], doorGroups: gym }], closures: [{ from: '2026-11-23', to: '2026-11-23', scope: 'OfficeHours' }] });
    expect(windowsOf(calendarOf({ officeHours: [nights] }))[0]).toBe('2026-11-22 22:00 to 2026-11-23 00:00');
  });

  it.each([
    ['in autumn from the first 01:30 to the last 01:45', { from: '2026-11-01T01:30', to: '2026-11-01T01:45' }, ['2026-11-01T04:00:00Z/2026-11-01T05:30:00Z', '2026-11-01T06:45:00Z/2026-11-02T05:00:00Z']],
    ['in spring what the gap swallows closes nothing', { from: '2026-03-08T02:10', to: '2026-03-08T02:50' }, ['2026-03-08T05:00:00Z/2026-03-09T04:00:00Z']],
    ['in spring into the gap closes up to it', { from: '2026-03-08T01:30', to: '2026-03-08T02:30' }, ['2026-03-08T05:00:00Z/2026-03-08T06:30:00Z', '2026-03-08T07:00:00Z/2026-03-09T04:00:00Z']],
  ])('%s', (_, closure, windows) => {
    const site = officeHours('always', { weekly: [{ days: ['sunday'], hours: ['00:00-24:00'], doorGroups: gym }], closures: [{ ...closure, scope: 'Everything' }] });
    const found = calendarOf({ now: `${closure.from.slice(0, 10)}T12:00:00Z`, days: 1, officeHours: [site] });
    expect(found.groups[0]?.windows.map(({ start, end }) => [start, end].map((each) => new Date(each).toISOString().replace('.000Z', 'Z')).join('/'))).toEqual(windows);
  });
});

describe('openings', () => {
  const opened = (...openings: Spec['openings']): string[] => windowsOf(calendarOf({ officeHours: [officeHours('quick', { openings })] }));

  it.each([
    ['from and to', { from: '2026-11-23T18:00', to: '2026-11-23T20:00' }, ['2026-11-23 18:00 to 2026-11-23 20:00']],
    ['across midnight', { from: '2026-11-23T22:00', to: '2026-11-24T01:00' }, ['2026-11-23 22:00 to 2026-11-24 01:00']],
    ['until 24:00', { from: '2026-11-23T22:00', to: '2026-11-23T24:00' }, ['2026-11-23 22:00 to 2026-11-24 00:00']],
    ['dates without times: day and night', { from: '2026-11-24', to: '2026-11-25' }, ['2026-11-24 00:00 to 2026-11-26 00:00']],
    ['a date with hours', { date: '2026-11-24', hours: ['10:00-12:00', '13:00-14:00'] }, ['2026-11-24 10:00 to 2026-11-24 12:00', '2026-11-24 13:00 to 2026-11-24 14:00']],
    ['a date with hours over midnight', { date: '2026-11-24', hours: ['22:00-01:00'] }, ['2026-11-24 22:00 to 2026-11-25 01:00']],
    ['longer than the program', { from: '2026-11-20T12:00', to: '2026-12-20T12:00' }, ['2026-11-20 12:00 to 2026-12-20 12:00']],
  ])('%s', (_, span, windows) => {
    expect(opened({ ...span, doorGroups: gym })).toEqual(windows);
  });

  it('are not gated, and say why', () => {
    const found = calendarOf({ doorGroups: [doorGroup('gym', { maxContinuous: '1h' })], officeHours: [officeHours('quick', { openings: [{ from: '2026-11-23T02:00', to: '2026-11-23T23:30', doorGroups: gym, reason: 'Delivery' }] })] });
    expect(windowsOf(found)).toEqual(['2026-11-23 02:00 to 2026-11-23 23:30']);
    expect(found.groups[0]?.windows[0]?.causes).toEqual([{ kind: 'opening', ref: 'OfficeHours/quick', text: 'Delivery' }]);
  });

  it('one that is over changes nothing any more', () => {
    expect(opened({ from: '2026-11-20T18:00', to: '2026-11-20T20:00', doorGroups: gym })).toEqual(['2026-11-20 18:00 to 2026-11-20 20:00']);
  });

  it('unite with hours and events, each keeping its cause', () => {
    const found = calendarOf({ officeHours: [officeHours('hours', { weekly, openings: [{ from: '2026-11-23T17:00', to: '2026-11-23T18:00', doorGroups: gym }] })], bookings: [event] });
    expect(monday(found)).toEqual(['09:00-12:00', '13:00-20:00']);
    expect(found.groups[0]?.windows[1]?.causes.map(({ kind }) => kind)).toEqual(['event', 'hours', 'opening']);
  });
});

describe('a suspended OfficeHours', () => {
  it('adds neither hours nor openings, and its closures of both scopes still count', () => {
    const suspended = (closures: Spec['closures']): Calendar =>
      calendarOf({ officeHours: [officeHours('off', { suspend: true, weekly, openings: [opening], closures }), officeHours('on', { weekly })], bookings: [event] });
    expect(monday(suspended([]))).toEqual(['09:00-12:00', '13:00-17:00', '18:00-20:00']);
    expect(monday(suspended([{ from: '2026-11-23', to: '2026-11-23', scope: 'OfficeHours' }]))).toEqual(['18:00-20:00']);
    expect(monday(suspended([{ from: '2026-11-23', to: '2026-11-23', scope: 'Everything' }]))).toEqual([]);
    expect(monday(calendarOf({ officeHours: [officeHours('off', { suspend: true, weekly, openings: [opening] })] }))).toEqual([]);
  });
});
