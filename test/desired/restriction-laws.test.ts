import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDays } from '../../src/desired/calendar/local-time.js';
import { doorGroup, calendarOf, eventOverride, officeHours, roomMapping, safeHours } from '../support/declarations.js';
import { doorSpans } from '../support/hub.js';
import { eventNames, groupNames, randomSites, type RandomSite } from '../support/random-site.js';
import { subtractSpans, type Span } from '../support/spans.js';
import { runs } from '../support/property-runs.js';

const minute = 60_000;
const someGroups = fc.option(fc.uniqueArray(fc.constantFrom(...groupNames), { minLength: 1 }), { nil: undefined });

function spansOf(site: RandomSite): ReadonlyMap<string, Span[]> {
  return new Map(calendarOf(site).groups.map(({ doorGroup: name, windows }) => [name, windows.map(({ start, end }): Span => [start, end])]));
}

type Change = (site: RandomSite) => RandomSite;
/** One of a list, changed. */
const at = <T>(list: readonly T[], index: number, change: (item: T) => T): T[] => list.map((item, each) => (each === index % list.length ? change(item) : item));
const without = <T>(list: readonly T[], index: number): T[] => list.filter((_, each) => each !== index % list.length);

function opensNothing(site: RandomSite, change: Change): void {
  const [before, after] = [spansOf(site), spansOf(change(site))];
  for (const group of groupNames) expect(subtractSpans(after.get(group)!, before.get(group)!)).toEqual([]);
}

const index = fc.nat(5);
const eventName = fc.constantFrom(...eventNames);
const restrictions: Readonly<Record<string, fc.Arbitrary<Change>>> = {
  'a Cancel': eventName.map((name) => (site) => ({ ...site, eventOverrides: [...site.eventOverrides, eventOverride('more', { eventName: name })] })),
  'a suspended Cancel': eventName.map((name) => (site) => ({ ...site, eventOverrides: [...site.eventOverrides, eventOverride('more', { eventName: name }, { suspend: true })] })),
  'a Deny': fc.tuple(eventName, fc.boolean()).map(([name, suspend]) => (site) => ({ ...site, eventOverrides: [...site.eventOverrides, eventOverride('more', { eventName: name }, { action: 'Deny', suspend })] })),
  'a suppressing Adjust': fc.tuple(eventName, fc.constantFrom(...groupNames), fc.integer({ min: -1, max: 2 })).map(([name, group, priority]) => (site) => ({
    ...site, eventOverrides: [...site.eventOverrides, eventOverride('more', { eventName: name }, { action: 'Adjust', priority, doorGroups: [{ name: group, windows: [] }] })],
  })),
  'a closure': fc.record({ from: fc.integer({ min: 0, max: 6 }), days: fc.integer({ min: 0, max: 3 }), clocks: fc.boolean(), scope: fc.constantFrom('OfficeHours', 'Everything' as const), suspend: fc.boolean(), doorGroups: someGroups }).map(
    ({ from, days, clocks, scope, suspend, doorGroups }) => (site) => {
      const [first, last] = [addDays(site.today, from), addDays(site.today, from + days)];
      const dated = clocks ? { from: `${first}T09:30`, to: `${last}T24:00` } : { from: first, to: last };
      return { ...site, officeHours: [...site.officeHours, officeHours('more', { suspend, closures: [{ ...dated, scope, ...(doorGroups === undefined ? {} : { doorGroups }) }] })] };
    },
  ),
  'an exclusion by event': fc.tuple(index, eventName, someGroups).map(([which, name, doorGroups]) => (site) => ({
    ...site, roomMappings: at(site.roomMappings, which, (each) => roomMapping(each.name, { ...each.spec, exclude: [...each.spec.exclude, { eventName: name, ...(doorGroups === undefined ? {} : { doorGroups }) }] })),
  })),
  'an exclusion by room': fc.tuple(index, fc.constantFrom('gym', 'hall', 'attic')).map(([which, roomContains]) => (site) => ({
    ...site, roomMappings: at(site.roomMappings, which, (each) => roomMapping(each.name, { ...each.spec, exclude: [...each.spec.exclude, { roomContains }] })),
  })),
  'a campus': index.map((which) => (site) => ({ ...site, roomMappings: at(site.roomMappings, which, (each) => roomMapping(each.name, { ...each.spec, onlyLocationContains: 'campus' })) })),
  'narrower safe hours': fc.tuple(fc.constantFrom('06:00-23:00', '10:00-18:00', '12:00-12:30'), fc.boolean()).map(([range, hold]) => (site) => ({
    ...site, safeHours: safeHours({ ...site.safeHours?.spec, default: range, ...(hold ? { outside: 'Hold' } : {}) }),
  })),
  'a shorter maxContinuous': fc.constant((site) => ({ ...site, doorGroups: site.doorGroups.map(({ name, spec }) => doorGroup(name, { ...spec.unlock, maxContinuous: '1h' })) })),
  'bookings no longer approved': fc.tuple(fc.nat(7), fc.constantFrom('Pending', 'Rejected' as const)).map(([which, approval]) => (site) => ({ ...site, bookings: at(site.bookings, which, (each) => ({ ...each, approval })) })),
  'a blockout': eventName.map((name) => (site) => ({ ...site, bookings: site.bookings.map((each) => (each.event.name === name ? { ...each, event: { ...each.event, blockout: true } } : each)) })),
};

const suspensions: Readonly<Record<string, fc.Arbitrary<Change>>> = {
  'a RoomMapping': index.map((which) => (site) => ({ ...site, roomMappings: at(site.roomMappings, which, (each) => ({ ...each, suspended: true })) })),
  'an OfficeHours': index.map((which) => (site) => ({ ...site, officeHours: at(site.officeHours, which, (each) => ({ ...each, suspended: true })) })),
  'an EventOverride': index.map((which) => (site) => ({ ...site, eventOverrides: at(site.eventOverrides, which, (each) => ({ ...each, suspended: true })) })),
};

/** An Adjust goes by the times of the mapping that names its door, or the public ones: without the entry they are other times, by the table. */
const withoutAdjusts: Change = (site) => ({ ...site, eventOverrides: site.eventOverrides.filter(({ spec }) => spec.action !== 'Adjust') });
const grants: Readonly<Record<string, fc.Arbitrary<Change>>> = {
  'weekly hours': index.map((which) => (site) => ({ ...site, officeHours: site.officeHours.map(({ name, spec }) => officeHours(name, { ...spec, weekly: without(spec.weekly, which) })) })),
  'openings': fc.constant((site) => ({ ...site, officeHours: site.officeHours.map(({ name, spec }) => officeHours(name, { ...spec, openings: [] })) })),
  'approvals': fc.constant((site) => ({ ...site, eventOverrides: site.eventOverrides.filter(({ spec }) => spec.action !== 'Approve') })),
  'approved windows': index.map((which) => (site) => ({
    ...site, eventOverrides: site.eventOverrides.map((each) => ({ ...each, spec: { ...each.spec, ...(each.spec.approvedWindows === undefined ? {} : { approvedWindows: without(each.spec.approvedWindows, which) }) } })),
  })),
  'pre-approved names': fc.constant((site) => ({ ...site, safeHours: site.safeHours == null ? null : safeHours({ ...site.safeHours.spec, preApproved: [] }) })),
};

describe.each([
  ['adding', restrictions],
  ['suspending', suspensions],
  ['taking away', grants],
])('%s opens nothing anywhere', (_, changes) => {
  it.each(Object.entries(changes))('%s', (__, change) => {
    fc.assert(fc.property(randomSites, change, (site, apply) => opensNothing(site, apply)), runs(120));
  });
});

describe('other laws', () => {
  it('taking away rooms and mappings opens nothing, where no Adjust speaks for their doors', () => {
    fc.assert(
      fc.property(randomSites, index, fc.boolean(), (given, which, whole) => {
        const site = withoutAdjusts(given);
        opensNothing(site, (each) => ({ ...each, roomMappings: whole ? without(each.roomMappings, which) : at(each.roomMappings, which, ({ name, spec }) => roomMapping(name, { ...spec, rooms: without(spec.rooms, which) })) }));
      }),
      runs(200),
    );
  });

  it('no order of declarations or bookings changes anything', () => {
    const shuffle = <T>(list: readonly T[], keys: readonly number[]): T[] =>
      list.map((item, each) => ({ item, key: keys[each % keys.length] ?? 0 })).sort((a, b) => a.key - b.key).map(({ item }) => item);
    const sorted = (items: readonly unknown[]): string[] => items.map((item) => JSON.stringify(item)).sort();
    const said = (site: RandomSite): unknown => {
      const { groups, bookings, mappings, overrides, pending, denied } = calendarOf(site);
      return {
        groups: sorted(groups.map(({ doorGroup: name, windows, held }) => ({ name, windows, held: sorted(held) }))),
        bookings: sorted(bookings.map(({ booking: { id }, state, windows }) => ({ id, state, windows: sorted(windows) }))),
        mappings: sorted(mappings),
        overrides: sorted(overrides.map((each) => ({ ...each, overridden: sorted(each.overridden) }))),
        pending,
        denied,
      };
    };
    fc.assert(
      fc.property(randomSites, fc.array(fc.nat(), { minLength: 1, maxLength: 9 }), (site, keys) => {
        const shuffled: RandomSite = {
          ...site,
          doorGroups: shuffle(site.doorGroups, keys),
          roomMappings: shuffle(site.roomMappings, keys).map((each) => ({ ...each, spec: { ...each.spec, rooms: shuffle(each.spec.rooms, keys), exclude: shuffle(each.spec.exclude, keys) } })),
          officeHours: shuffle(site.officeHours, keys).map((each) => ({ ...each, spec: { ...each.spec, weekly: shuffle(each.spec.weekly, keys) } })),
          eventOverrides: shuffle(site.eventOverrides, keys),
          bookings: shuffle(site.bookings, keys),
        };
        expect(said(shuffled)).toEqual(said(site));
      }),
      runs(400),
    );
  });

  it('held and released windows of one occurrence never overlap in a door group', () => {
    fc.assert(
      fc.property(randomSites, (site) => {
        const [only] = site.bookings;
        const alone = { ...site, bookings: only === undefined ? [] : [only], officeHours: site.officeHours.map(({ name, spec }) => officeHours(name, { ...spec, weekly: [], openings: [] })), eventOverrides: site.eventOverrides.filter(({ spec }) => spec.action !== 'Adjust') };
        const found = calendarOf({ ...alone, roomMappings: alone.roomMappings.slice(0, 1).map(({ name, spec }) => roomMapping(name, { ...spec, rooms: spec.rooms.slice(0, 1) })) });
        for (const { windows, held } of found.groups) {
          const open = windows.map(({ start, end }): Span => [start, end]);
          const waits = held.map(({ start, end }): Span => [start, end]);
          expect(subtractSpans(open, subtractSpans(open, waits))).toEqual([]);
        }
      }),
      runs(200),
    );
  });

  it('the simulated door is open exactly where a released window is, up to the rendered minute; a subset in a repeated hour', () => {
    fc.assert(
      fc.property(randomSites, fc.integer({ min: 3, max: 7 }), (site, horizon) => {
        const [from, to] = [site.wall.startOf(site.wall.dateAt(Date.parse(site.now))), site.wall.startOf(addDays(site.wall.dateAt(Date.parse(site.now)), horizon))];
        const repeated = site.wall.repeated(from, to).map(([a, b]): Span => [a, b]);
        for (const [group, released] of spansOf(site)) {
          const open = doorSpans(site, group, horizon);
          const windows = subtractSpans(released, [[-Infinity, from], [to, Infinity]]);
          expect(subtractSpans(open, windows.map(([a, b]): Span => [Math.floor(a / minute) * minute, Math.floor(b / minute) * minute + minute]))).toEqual([]);
          expect(subtractSpans(subtractSpans(windows, open), repeated)).toEqual([]);
        }
      }),
      runs(200),
    );
  });
});
