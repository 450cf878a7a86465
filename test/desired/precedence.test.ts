import { describe, expect, it } from 'vitest';
import type { BookingState } from '../../src/desired/calendar/occurrence.js';
import { booking, calendarOf, doorGroup, eventOverride, heldOf, officeHours, roomMapping, safeHours, windowsOf, type SiteDraft } from '../support/declarations.js';

/**
 * Every rule of the precedence on one Monday evening: an event in the gym, 20:00 to 22:00. Each pair and each triple of
 * rules is compared with the table read a second time, on half hours; the pairs that people ask about stand below in words.
 */
const pinned = { eventId: '140', startsAt: '2026-11-24T01:00:00Z' };
const week = { weekly: [{ days: ['monday'], hours: ['21:00-23:00'], doorGroups: ['gym'] }] } as const;
const closed = { from: '2026-11-23T20:30', to: '2026-11-23T21:30' };
const adjusted = { action: 'Adjust', doorGroups: [{ name: 'gym', windows: [{ open: '21:00', close: '23:00' }] }] } as const;
const approved = { action: 'Approve', approvedWindows: [{ doorGroup: 'gym', start: '2026-11-24T01:00:00Z', end: '2026-11-24T03:00:00Z' }] } as const;

const rules = [
  'NotApproved', 'Cancel', 'suspended Cancel', 'Adjust', 'suspended Adjust', 'suppressing Adjust', 'exclude', 'suspended mapping', 'Deny', 'suspended Deny', 'gate', 'Clamp', 'maxContinuous',
  'preApproved', 'Approve', 'suspended Approve', 'hours', 'opening', 'suspended hours', 'closed hours', 'closed Everything', 'suspended closure',
] as const;
type Rule = (typeof rules)[number];

function siteWith(...given: readonly Rule[]): SiteDraft {
  const has = (rule: Rule): boolean => given.includes(rule);
  const when = <T>(rule: Rule, ...values: T[]): T[] => (has(rule) ? values : []);
  return {
    doorGroups: [doorGroup('gym', { maxContinuous: has('maxContinuous') ? '1h' : '16h' })],
    roomMappings: [roomMapping('rooms', { suspend: has('suspended mapping'), rooms: [{ name: 'Gym', doorGroups: ['gym'] }], exclude: when('exclude', { eventName: 'Youth Group' }) })],
    eventOverrides: [
      ...when('Cancel', eventOverride('cancel', { eventName: 'Youth Group' })),
      ...when('suspended Cancel', eventOverride('cancel-off', { eventName: 'Youth Group' }, { suspend: true })),
      ...when('Deny', eventOverride('deny', { eventNameContains: 'youth' }, { action: 'Deny' })),
      ...when('suspended Deny', eventOverride('deny-off', { eventNameContains: 'youth' }, { action: 'Deny', suspend: true })),
      ...when('Adjust', eventOverride('adjust', { eventId: '140' }, adjusted)),
      ...when('suspended Adjust', eventOverride('adjust-off', { eventName: 'Youth Group' }, { ...adjusted, suspend: true })),
      ...when('suppressing Adjust', eventOverride('quiet', pinned, { action: 'Adjust', doorGroups: [{ name: 'gym', windows: [] }] })),
      ...when('Approve', eventOverride('approve', pinned, approved)),
      ...when('suspended Approve', eventOverride('approve-off', pinned, { ...approved, suspend: true })),
    ],
    officeHours: [
      ...when('hours', officeHours('hours', week)),
      ...when('opening', officeHours('opening', { openings: [{ from: '2026-11-23T21:30', to: '2026-11-23T22:30', doorGroups: ['gym'] }] })),
      ...when('suspended hours', officeHours('hours-off', { ...week, suspend: true, openings: [{ date: '2026-11-23', hours: ['19:00-20:00'], doorGroups: ['gym'] }] })),
      ...when('closed hours', officeHours('closed', { closures: [{ ...closed, scope: 'OfficeHours' }] })),
      ...when('closed Everything', officeHours('all-closed', { closures: [{ ...closed, scope: 'Everything' }] })),
      ...when('suspended closure', officeHours('closed-off', { suspend: true, closures: [{ ...closed, scope: 'Everything' }] })),
    ],
    safeHours: safeHours({ default: has('gate') ? '05:00-21:30' : '05:00-23:00', preApproved: when('preApproved', 'Youth Group'), outside: has('Clamp') ? 'Clamp' : 'Hold' }),
    bookings: [booking({ at: '2026-11-23T20:00-05:00/2026-11-23T22:00-05:00', approval: has('NotApproved') ? 'Pending' : 'Approved' })],
    days: 1,
  };
}

/** What the table says, on half hours: `[20, 20.5]` is 20:00 to 21:00. */
interface Expected {
  readonly open: readonly number[];
  readonly held: readonly number[];
  readonly state: BookingState;
}

const halves = (from: number, to: number): number[] => Array.from({ length: (to - from) * 2 }, (_, index) => from + index / 2);

function tableSays(given: readonly Rule[]): Expected {
  const has = (...any: readonly Rule[]): boolean => any.some((rule) => given.includes(rule));
  const hours = [
    ...(has('hours') ? halves(21, 23).filter((half) => !(has('closed hours') && half >= 20.5 && half < 21.5)) : []),
    ...(has('opening') ? halves(21.5, 22.5) : []),
  ];
  const event = eventSays(has);
  const shut = (half: number): boolean => has('closed Everything', 'suspended closure') && half >= 20.5 && half < 21.5;
  const open = [...new Set([...event.open, ...hours])].filter((half) => !shut(half)).sort((a, b) => a - b);
  const held = event.held.filter((half) => !shut(half));
  const left = event.open.filter((half) => !shut(half));
  const state = event.state ?? (held.length > 0 ? 'Held' : left.length > 0 ? 'Open' : 'Suppressed');
  return { open, held, state };
}

function eventSays(has: (...any: readonly Rule[]) => boolean): { open: number[]; held: number[]; state: BookingState | null } {
  const nothing = (state: BookingState): { open: number[]; held: number[]; state: BookingState } => ({ open: [], held: [], state });
  if (has('NotApproved')) return nothing('NotApproved');
  if (has('Cancel', 'suspended Cancel')) return nothing('Cancelled');
  if (has('Deny', 'suspended Deny')) return nothing('Denied');
  if (has('suppressing Adjust')) return nothing('Suppressed');
  if (!has('Adjust') && has('suspended Adjust')) return nothing('Suppressed');
  if (!has('Adjust') && has('exclude', 'suspended mapping')) return nothing('Excluded');
  const window = has('Adjust') ? halves(21, 23) : halves(20, 22);
  const safe = window.filter((half) => !has('gate') || has('preApproved') || half < 21.5);
  const inside = safe.length === window.length;
  const released = has('Approve') ? window.filter((half) => half < 22) : [];
  const long = window.length > 2 && has('maxContinuous');
  if (inside && !long) return { open: window, held: [], state: null };
  const asks = inside || has('Clamp') ? (long ? safe : []) : window;
  const opens = !inside && has('Clamp') && !long ? safe : [];
  return { open: [...new Set([...released, ...opens])], held: asks.filter((half) => !released.includes(half)), state: null };
}

const clock = (half: number): string => `${String(Math.floor(half)).padStart(2, '0')}:${half % 1 === 0 ? '00' : '30'}`;
function spans(parts: readonly number[]): string[] {
  const sorted = [...parts].sort((a, b) => a - b);
  return sorted.flatMap((half) => {
    if (sorted.includes(half - 0.5)) return [];
    let end = half;
    while (sorted.includes(end)) end += 0.5;
    return [`${clock(half)}-${clock(end)}`];
  });
}
const today = (texts: readonly string[]): string[] =>
  texts.filter((text) => text.startsWith('2026-11-23')).map((text) => text.replace(/2026-11-23 /g, '').replace(' to ', '-').replace(/,.*/, ''));

function found(...given: readonly Rule[]): { open: string[]; held: string[]; state: BookingState | undefined } {
  const site = calendarOf(siteWith(...given));
  return { open: today(windowsOf(site)), held: today(heldOf(site)), state: site.bookings[0]?.state };
}

const expected = (...given: readonly Rule[]): ReturnType<typeof found> => {
  const { open, held, state } = tableSays(given);
  return { open: spans(open), held: spans(held), state };
};

describe('the precedence, rule by rule', () => {
  it.each(rules)('%s alone, and before every other', (first) => {
    expect([first, found(first)]).toEqual([first, expected(first)]);
    for (const second of rules) expect([first, second, found(first, second)]).toEqual([first, second, expected(first, second)]);
  });

  it('every three of them', () => {
    for (const [a, first] of rules.entries()) {
      for (const [b, second] of rules.slice(a + 1).entries()) {
        for (const third of rules.slice(a + b + 2)) {
          expect([first, second, third, found(first, second, third)]).toEqual([first, second, third, expected(first, second, third)]);
        }
      }
    }
  });
});

describe('in words', () => {
  it.each([
    ['nothing but the event', [], ['20:00-22:00'], 'Open'],
    ['Cancel beats Approve', ['Cancel', 'Approve'], [], 'Cancelled'],
    ['Cancel beats preApproved', ['Cancel', 'preApproved'], [], 'Cancelled'],
    ['Cancel beats Adjust', ['Cancel', 'Adjust'], [], 'Cancelled'],
    ['Cancel beats Deny: it is not even denied', ['Cancel', 'Deny'], [], 'Cancelled'],
    ['Cancel leaves standing hours alone', ['Cancel', 'hours'], ['21:00-23:00'], 'Cancelled'],
    ['Deny beats a more specific Approve', ['Deny', 'Approve', 'gate'], [], 'Denied'],
    ['Deny beats preApproved', ['Deny', 'preApproved'], [], 'Denied'],
    ['Deny beats a more specific Adjust', ['Deny', 'Adjust'], [], 'Denied'],
    ['Deny leaves openings alone', ['Deny', 'opening'], ['21:30-22:30'], 'Denied'],
    ['an Adjust replaces the mapping', ['Adjust'], ['21:00-23:00'], 'Open'],
    ['an Adjust reaches doors that are excluded', ['Adjust', 'exclude'], ['21:00-23:00'], 'Open'],
    ['an Adjust meets the gate', ['Adjust', 'gate'], [], 'Held'],
    ['an Approve releases of an Adjust what it approved', ['Adjust', 'gate', 'Approve'], ['21:00-22:00'], 'Held'],
    ['an Approve revives no excluded event', ['Approve', 'exclude'], [], 'Excluded'],
    ['the gate holds', ['gate'], [], 'Held'],
    ['the gate clamps', ['gate', 'Clamp'], ['20:00-21:30'], 'Open'],
    ['the gate lets preApproved pass', ['gate', 'preApproved'], ['20:00-22:00'], 'Open'],
    ['maxContinuous holds preApproved', ['maxContinuous', 'preApproved'], [], 'Held'],
    ['an Approve passes both', ['gate', 'maxContinuous', 'Approve'], ['20:00-22:00'], 'Open'],
    ['an OfficeHours closure leaves the event alone', ['closed hours'], ['20:00-22:00'], 'Open'],
    ['an OfficeHours closure closes hours', ['closed hours', 'hours', 'Cancel'], ['21:30-23:00'], 'Cancelled'],
    ['an OfficeHours closure leaves openings alone', ['closed hours', 'opening', 'Cancel'], ['21:30-22:30'], 'Cancelled'],
    ['an Everything closure closes approved windows', ['closed Everything', 'gate', 'Approve'], ['20:00-20:30', '21:30-22:00'], 'Open'],
    ['an Everything closure closes preApproved ones', ['closed Everything', 'preApproved', 'gate'], ['20:00-20:30', '21:30-22:00'], 'Open'],
    ['an Everything closure closes hours', ['closed Everything', 'hours', 'Cancel'], ['21:30-23:00'], 'Cancelled'],
    ['hours open beside a held event', ['gate', 'hours'], ['21:00-23:00'], 'Held'],
    ['a suspended Cancel still cancels', ['suspended Cancel'], [], 'Cancelled'],
    ['a suspended Deny still denies', ['suspended Deny', 'Approve'], [], 'Denied'],
    ['a suspended Approve releases nothing', ['suspended Approve', 'gate'], [], 'Held'],
    ['a suspended Adjust keeps its doors closed', ['suspended Adjust'], [], 'Suppressed'],
    ['a suspended mapping opens nothing', ['suspended mapping'], [], 'Excluded'],
    ['suspended hours open nothing', ['suspended hours', 'Cancel'], [], 'Cancelled'],
    ['a suspended closure still closes', ['suspended closure', 'hours'], ['20:00-20:30', '21:30-23:00'], 'Open'],
    ['what is not approved in the calendar nobody can approve', ['NotApproved', 'Approve', 'Adjust'], [], 'NotApproved'],
  ] as const)('%s', (_, given, open, state) => {
    const { open: windows, state: outcome } = found(...given);
    expect([windows, outcome]).toEqual([open, state]);
    expect(tableSays(given).state).toBe(state);
  });
});
