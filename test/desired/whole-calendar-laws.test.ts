import fc from 'fast-check';
import { expect, it } from 'vitest';
import { calendarOracle } from '../support/calendar-oracle.js';
import { calendarOf } from '../support/declarations.js';
import { runs } from '../support/property-runs.js';
import { randomSites, type RandomSite } from '../support/random-site.js';

/** What random sites have too rarely: a whole day of lead or lag, an override pinned to a start, an opening in the small hours. */
const extremes = fc.record({ lead: fc.boolean(), lag: fc.boolean(), pinned: fc.boolean(), early: fc.boolean() });

const sites = fc.tuple(randomSites, extremes).map(([site, { lead, lag, pinned, early }]): RandomSite => {
  const [first] = site.bookings;
  const startsAt = first === undefined ? undefined : new Date(first.event.startsAt).toISOString();
  return {
    ...site,
    roomMappings: site.roomMappings.map((each, index) => (lead && index === 0 ? { ...each, spec: { ...each.spec, lead: '24h' } } : each)),
    doorGroups: site.doorGroups.map((each, index) => (lag && index === 0 ? { ...each, spec: { ...each.spec, unlock: { ...each.spec.unlock, lag: '24h', maxContinuous: '60h' } } } : each)),
    eventOverrides: site.eventOverrides.map((each, index) => (pinned && startsAt !== undefined && index === 0 ? { ...each, spec: { ...each.spec, match: { ...each.spec.match, startsAt } } } : each)),
    officeHours: site.officeHours.map((each) =>
      early ? { ...each, spec: { ...each.spec, openings: [...each.spec.openings, { from: `${site.today}T01:30`, to: `${site.today}T02:30`, doorGroups: ['gym'] }] } } : each,
    ),
  };
});

it('whatever a site declares, a group is open at an instant exactly when the rules, asked about that instant alone, say so', () => {
  fc.assert(
    fc.property(sites, (site) => {
      const { isOpen, edges } = calendarOracle(site);
      const from = site.wall.startOf(site.today);
      for (const { doorGroup, windows } of calendarOf({ ...site, days: 9 }).groups) {
        const isWindow = (instant: number): boolean => windows.some(({ start, end }) => start <= instant && instant < end);
        const all = [...edges, ...windows.flatMap(({ start, end }) => [start, end])];
        const instants = new Set(all.flatMap((edge) => [-60_000, -1, 0, 1, 60_000].map((by) => edge + by)).filter((instant) => instant >= from && instant < from + 8 * 86_400_000));
        const differing = [...instants].filter((instant) => isWindow(instant) !== isOpen(doorGroup, instant));
        expect({ doorGroup, differing: differing.map((instant) => new Date(instant).toISOString()) }).toEqual({ doorGroup, differing: [] });
      }
    }),
    runs(200),
  );
});
