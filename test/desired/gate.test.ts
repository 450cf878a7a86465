import { describe, expect, it } from 'vitest';
import type { SpecOf } from '../../src/api/resource.js';
import type { Calendar } from '../../src/desired/calendar/calendar.js';
import { booking, calendarOf, doorGroup, eventOverride, heldOf, roomMapping, safeHours, windowsOf, type SiteDraft } from '../support/declarations.js';

/** Local times of New York in winter: `2026-11-23T18:00/2026-11-23T20:00`. */
const at = (span: string): string => span.replace(/T\d\d:\d\d/g, (time) => `${time}-05:00`);
const on = (span: string, event = 'Youth Group'): ReturnType<typeof booking> => booking({ at: at(span), event });
const judged = (found: Calendar): readonly [string[], string[]] => [windowsOf(found), heldOf(found)];
const gate = (spec: Parameters<typeof safeHours>[0] | null, span: string, more: SiteDraft = {}): readonly [string[], string[]] =>
  judged(calendarOf({ safeHours: spec === null ? null : safeHours(spec), bookings: [on(span)], ...more }));

const tall = [doorGroup('gym', { maxContinuous: '48h' })];

describe('safe hours', () => {
  it.each([
    ['05:00 to 23:00 itself is inside the default', null, '2026-11-23T05:00/2026-11-23T23:00', ['2026-11-23 05:00 to 2026-11-23 23:00'], []],
    ['a minute before 05:00', null, '2026-11-23T04:59/2026-11-23T06:00', [], ['2026-11-23 04:59 to 2026-11-23 06:00, OutsideSafeHours']],
    ['a minute after 23:00', null, '2026-11-23T21:00/2026-11-23T23:01', [], ['2026-11-23 21:00 to 2026-11-23 23:01, OutsideSafeHours']],
    ['Friday 20:00 to Saturday 08:00, though both its ends are safe', null, '2026-11-27T20:00/2026-11-28T08:00', [], ['2026-11-27 20:00 to 2026-11-28 08:00, OutsideSafeHours']],
    ['a day of its own is wider', { days: { friday: '05:00-23:30' } }, '2026-11-27T21:00/2026-11-27T23:15', ['2026-11-27 21:00 to 2026-11-27 23:15'], []],
    ['the day of another date is not', { days: { thursday: '05:00-23:30' } }, '2026-11-27T21:00/2026-11-27T23:15', [], ['2026-11-27 21:00 to 2026-11-27 23:15, OutsideSafeHours']],
    ['a day of its own is narrower', { days: { friday: '08:00-17:00' } }, '2026-11-27T16:00/2026-11-27T18:00', [], ['2026-11-27 16:00 to 2026-11-27 18:00, OutsideSafeHours']],
    ['a range over midnight reaches into the next day', { default: '18:00-02:00' }, '2026-11-23T23:00/2026-11-24T02:00', ['2026-11-23 23:00 to 2026-11-24 02:00'], []],
    ['and no further', { default: '18:00-02:00' }, '2026-11-23T23:00/2026-11-24T02:01', [], ['2026-11-23 23:00 to 2026-11-24 02:01, OutsideSafeHours']],
    ['early on its second day alone', { default: '18:00-02:00' }, '2026-11-24T00:30/2026-11-24T01:30', ['2026-11-24 00:30 to 2026-11-24 01:30'], []],
    ['a night belongs to the day on which it began', { default: '09:00-17:00', days: { monday: '18:00-02:00' } }, '2026-11-24T00:30/2026-11-24T01:30', ['2026-11-24 00:30 to 2026-11-24 01:30'], []],
    ['days that touch at midnight', { default: '00:00-24:00' }, '2026-11-27T20:00/2026-11-28T08:00', ['2026-11-27 20:00 to 2026-11-28 08:00'], []],
    ['one day that does not touch breaks them', { default: '00:00-24:00', days: { saturday: '06:00-24:00' } }, '2026-11-27T20:00/2026-11-28T08:00', [], ['2026-11-27 20:00 to 2026-11-28 08:00, OutsideSafeHours']],
    ['Clamp keeps the part inside', { outside: 'Clamp' }, '2026-11-23T21:00/2026-11-23T23:30', ['2026-11-23 21:00 to 2026-11-23 23:00'], []],
    ['Clamp keeps every part inside', { outside: 'Clamp' }, '2026-11-27T20:00/2026-11-28T08:00', ['2026-11-27 20:00 to 2026-11-27 23:00', '2026-11-28 05:00 to 2026-11-28 08:00'], []],
    ['Clamp with nothing inside opens nothing and asks nobody', { outside: 'Clamp' }, '2026-11-23T23:30/2026-11-24T00:30', [], []],
  ] as const)('%s', (_, spec, span, open, held) => {
    expect(gate(spec, span, { doorGroups: tall })).toEqual([open, held]);
  });

  it('judge the window after lead and lag', () => {
    expect(gate(null, '2026-11-23T21:00/2026-11-23T22:50', { doorGroups: [doorGroup('gym', { lag: '15m' })] })).toEqual([[], ['2026-11-23 21:00 to 2026-11-23 23:05, OutsideSafeHours']]);
    expect(gate(null, '2026-11-23T05:10/2026-11-23T08:00', { doorGroups: [doorGroup('gym', { lead: '15m' })] })).toEqual([[], ['2026-11-23 04:55 to 2026-11-23 08:00, OutsideSafeHours']]);
  });

  it('judge each event by itself, before windows merge', () => {
    const night = calendarOf({ bookings: [on('2026-11-23T20:00/2026-11-23T22:30'), booking({ at: at('2026-11-23T22:00/2026-11-23T23:30'), eventId: '9' })] });
    expect(judged(night)).toEqual([['2026-11-23 20:00 to 2026-11-23 22:30'], ['2026-11-23 22:00 to 2026-11-23 23:30, OutsideSafeHours']]);
  });

  it('hold one door group while another opens, and say so of the booking', () => {
    const found = calendarOf({
      doorGroups: [doorGroup('gym', { lag: '2h' }), doorGroup('lobby')],
      roomMappings: [roomMapping('rooms', { rooms: [{ name: 'Gym', doorGroups: ['gym', 'lobby'] }] })],
      bookings: [on('2026-11-23T20:00/2026-11-23T22:00')],
    });
    expect([windowsOf(found), windowsOf(found, 'lobby')]).toEqual([[], ['2026-11-23 20:00 to 2026-11-23 22:00']]);
    expect(found.bookings.map(({ state, reason }) => [state, reason])).toEqual([['Held', 'outside SafeHours: waits for approval']]);
    expect(found.pending).toEqual([
      {
        eventId: '140',
        eventName: 'Youth Group',
        startsAt: Date.parse('2026-11-24T01:00:00Z'),
        rooms: ['Gym'],
        windows: [{ doorGroup: 'gym', start: Date.parse('2026-11-24T01:00:00Z'), end: Date.parse('2026-11-24T05:00:00Z') }],
        reason: 'OutsideSafeHours',
      },
    ]);
  });

  it('an all-day booking, midnight to midnight, meets the gate like any other', () => {
    expect(gate(null, '2026-11-23T00:00/2026-11-24T00:00')).toEqual([[], ['2026-11-23 00:00 to 2026-11-24 00:00, OutsideSafeHours']]);
    expect(gate({ default: '00:00-24:00' }, '2026-11-23T00:00/2026-11-24T00:00')).toEqual([[], ['2026-11-23 00:00 to 2026-11-24 00:00, MaxContinuous']]);
    expect(gate({ default: '00:00-24:00' }, '2026-11-23T00:00/2026-11-24T00:00', { doorGroups: tall })).toEqual([['2026-11-23 00:00 to 2026-11-24 00:00'], []]);
    expect(gate({ outside: 'Clamp' }, '2026-11-23T00:00/2026-11-24T00:00', { doorGroups: tall })).toEqual([['2026-11-23 05:00 to 2026-11-23 23:00'], []]);
  });

  it('an occurrence that is over waits for nobody', () => {
    const found = calendarOf({ now: '2026-11-24T08:00:00-05:00', bookings: [on('2026-11-23T21:00/2026-11-23T23:30')] });
    expect([heldOf(found).length, found.pending]).toEqual([1, []]);
  });

  it.each([
    ['spring, over the missing hour', '2026-03-08T01:30:00-05:00/2026-03-08T03:30:00-04:00', '01:30-03:30', ['2026-03-08 01:30 to 2026-03-08 03:30']],
    ['spring, safe only after the gap', '2026-03-08T01:59:00-05:00/2026-03-08T03:30:00-04:00', '02:30-05:00', []],
    ['spring, from where the gap ends', '2026-03-08T03:00:00-04:00/2026-03-08T03:30:00-04:00', '02:30-05:00', ['2026-03-08 03:00 to 2026-03-08 03:30']],
    ['autumn, through both repeated hours', '2026-11-01T01:15:00-04:00/2026-11-01T01:30:00-05:00', '01:15-01:30', ['2026-11-01 01:15 to 2026-11-01 01:30']],
    ['autumn, a minute past the last 01:30', '2026-11-01T01:15:00-04:00/2026-11-01T01:31:00-05:00', '01:15-01:30', []],
  ])('on nights when clocks change: %s', (_, span, range, open) => {
    const found = calendarOf({ now: span.split('/')[0]!, safeHours: safeHours({ default: range }), bookings: [booking({ at: span })] });
    expect(windowsOf(found)).toEqual(open);
    expect(heldOf(found).length).toBe(1 - open.length);
  });
});

describe('preApproved', () => {
  const names = { preApproved: ['sunday   SERVICE'] };
  const late = '2026-11-23T21:00/2026-11-23T23:30';

  it.each([
    ['its name', 'Sunday Service', true],
    ['its name is the whole name', 'Sunday Service Rehearsal', false],
  ])('passes SafeHours: %s', (_, event, opens) => {
    const found = calendarOf({ safeHours: safeHours(names), bookings: [on(late, event)] });
    expect([windowsOf(found).length, heldOf(found).length]).toEqual(opens ? [1, 0] : [0, 1]);
  });

  it('passes whole where others are clamped', () => {
    const found = calendarOf({ safeHours: safeHours({ ...names, outside: 'Clamp' }), bookings: [on(late, 'Sunday Service')] });
    expect(windowsOf(found)).toEqual(['2026-11-23 21:00 to 2026-11-23 23:30']);
  });

  it('does not pass maxContinuous', () => {
    const found = calendarOf({ doorGroups: [doorGroup('gym', { maxContinuous: '2h' })], safeHours: safeHours(names), bookings: [on(late, 'Sunday Service')] });
    expect(judged(found)).toEqual([[], ['2026-11-23 21:00 to 2026-11-23 23:30, MaxContinuous']]);
  });
});

describe('maxContinuous', () => {
  const four = [doorGroup('gym', { maxContinuous: '4h', lead: '15m' })];

  it('one exactly as long opens, a minute more waits', () => {
    expect(gate(null, '2026-11-23T10:15/2026-11-23T14:00', { doorGroups: four })).toEqual([['2026-11-23 10:00 to 2026-11-23 14:00'], []]);
    expect(gate(null, '2026-11-23T10:15/2026-11-23T14:01', { doorGroups: four })).toEqual([[], ['2026-11-23 10:00 to 2026-11-23 14:01, MaxContinuous']]);
  });

  it('is judged per event, before merging', () => {
    const found = calendarOf({ doorGroups: four, bookings: [on('2026-11-23T10:00/2026-11-23T13:00'), booking({ at: at('2026-11-23T13:00/2026-11-23T16:00'), eventId: '9' })] });
    expect(judged(found)).toEqual([['2026-11-23 09:45 to 2026-11-23 16:00'], []]);
  });

  it('judges the event, not what Clamp leaves of it: narrower safe hours release nothing', () => {
    expect(gate({ outside: 'Clamp' }, '2026-11-27T20:00/2026-11-28T08:00', { doorGroups: four })).toEqual([
      [],
      ['2026-11-27 19:45 to 2026-11-27 23:00, MaxContinuous', '2026-11-28 05:00 to 2026-11-28 08:00, MaxContinuous'],
    ]);
    const two = { doorGroups: [doorGroup('gym', { maxContinuous: '2h' })] };
    for (const range of ['05:00-24:00', '05:00-23:00', '05:00-22:00']) expect(gate({ default: range, outside: 'Clamp' }, '2026-11-23T21:00/2026-11-23T23:01', two)[0]).toEqual([]);
  });
});

describe('a pinned Approve', () => {
  const starts = '2026-11-24T02:00:00Z';
  const approve = (windows: readonly (readonly [string, string])[], more: Partial<SpecOf<'EventOverride'>> = {}, group = 'gym'): ReturnType<typeof eventOverride> =>
    eventOverride('ok', { eventId: '140', startsAt: starts }, {
      action: 'Approve',
      approvedWindows: windows.map(([start, end]) => ({ doorGroup: group, start: `2026-11-${start}-05:00`, end: `2026-11-${end}-05:00` })),
      ...more,
    });
  const asked = approve([['23T21:00', '23T23:30']]);
  const late = '2026-11-23T21:00/2026-11-23T23:30';

  it('releases what a person saw, and says who', () => {
    const found = calendarOf({ eventOverrides: [asked], bookings: [on(late)] });
    expect(judged(found)).toEqual([['2026-11-23 21:00 to 2026-11-23 23:30'], []]);
    expect(found.groups[0]?.windows[0]?.causes.map(({ ref, text }) => [ref, text])).toEqual([
      ['event/140@2026-11-24T02:00:00Z', 'Youth Group (Gym)'],
      ['EventOverride/ok', 'approved'],
    ]);
    expect([found.pending, found.bookings[0]?.state]).toEqual([[], 'Open']);
  });

  it('passes maxContinuous too', () => {
    expect(gate(null, late, { doorGroups: [doorGroup('gym', { maxContinuous: '1h' })], eventOverrides: [asked] })).toEqual([['2026-11-23 21:00 to 2026-11-23 23:30'], []]);
  });

  it.each([
    ['an hour later', '2026-11-23T21:00/2026-11-24T00:30', {}, ['2026-11-23 21:00 to 2026-11-23 23:30'], ['2026-11-23 23:30 to 2026-11-24 00:30, Changed']],
    ['by a longer lead', late, { lead: '30m' }, ['2026-11-23 21:00 to 2026-11-23 23:30'], ['2026-11-23 20:30 to 2026-11-23 21:00, Changed']],
    ['at both ends', late, { lead: '30m', lag: '15m' }, ['2026-11-23 21:00 to 2026-11-23 23:30'], ['2026-11-23 20:30 to 2026-11-23 21:00, Changed', '2026-11-23 23:30 to 2026-11-23 23:45, Changed']],
  ])('what grows is asked again for what it grew by: %s', (_, span, unlock, open, held) => {
    const found = calendarOf({ doorGroups: [doorGroup('gym', unlock)], eventOverrides: [asked], bookings: [on(span)] });
    expect(judged(found)).toEqual([open, held]);
    expect(found.pending.map(({ reason, windows }) => [reason, windows.length])).toEqual([['Changed', held.length]]);
  });

  it('what shrinks needs nobody, and what comes inside safe hours neither', () => {
    expect(gate(null, '2026-11-23T21:00/2026-11-23T23:15', { eventOverrides: [asked] })).toEqual([['2026-11-23 21:00 to 2026-11-23 23:15'], []]);
    const early = approve([['23T21:00', '23T21:30']]);
    expect(gate(null, '2026-11-23T21:00/2026-11-23T22:45', { eventOverrides: [early] })).toEqual([['2026-11-23 21:00 to 2026-11-23 22:45'], []]);
  });

  it('windows that touch release what runs through both', () => {
    expect(gate(null, late, { eventOverrides: [approve([['23T22:00', '23T23:30'], ['23T21:00', '23T22:00']])] })).toEqual([['2026-11-23 21:00 to 2026-11-23 23:30'], []]);
  });

  it('two of them are united', () => {
    const [one, two] = [approve([['23T21:00', '23T22:00']]), approve([['23T22:00', '23T23:30']])];
    expect(gate(null, late, { eventOverrides: [one, { ...two, name: 'more' }] })).toEqual([['2026-11-23 21:00 to 2026-11-23 23:30'], []]);
  });

  it.each([
    ['the wrong door group', approve([['23T21:00', '23T23:30']], {}, 'lobby')],
    ['no windows', approve([])],
    ['suspended', approve([['23T21:00', '23T23:30']], { suspend: true })],
  ])('releases nothing: %s', (_, override) => {
    expect(gate(null, late, { eventOverrides: [override] })).toEqual([[], ['2026-11-23 21:00 to 2026-11-23 23:30, OutsideSafeHours']]);
  });

  it('never opens more than the event has', () => {
    expect(gate(null, '2026-11-23T21:00/2026-11-23T23:10', { eventOverrides: [approve([['23T12:00', '24T12:00']])] })).toEqual([['2026-11-23 21:00 to 2026-11-23 23:10'], []]);
  });

  it('adds to what Clamp opens, and takes nothing away', () => {
    const half = approve([['23T22:30', '23T23:15']]);
    expect(gate({ outside: 'Clamp' }, late, { eventOverrides: [half] })).toEqual([['2026-11-23 21:00 to 2026-11-23 23:15'], []]);
    expect(gate({ outside: 'Clamp' }, late, { doorGroups: [doorGroup('gym', { maxContinuous: '1h' })], eventOverrides: [half] })).toEqual([
      ['2026-11-23 22:30 to 2026-11-23 23:15'],
      ['2026-11-23 21:00 to 2026-11-23 22:30, Changed'],
    ]);
  });

  it('stays with its occurrence when the calendar makes it anew', () => {
    expect(judged(calendarOf({ eventOverrides: [asked], bookings: [booking({ at: at(late), instanceId: 'anew' })] }))).toEqual([['2026-11-23 21:00 to 2026-11-23 23:30'], []]);
  });
});
