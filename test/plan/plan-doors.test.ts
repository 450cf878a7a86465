import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyWeek } from '../../src/desired/calendar/weekly-program.js';
import type { DoorChange } from '../../src/plan/doors/changes.js';
import type { DesiredGroup, OwnedGroup } from '../../src/plan/doors/group.js';
import { narrowedWeek } from '../../src/plan/doors/narrowed-week.js';
import type { DoorsPlan, RemovedGroup } from '../../src/plan/doors/plan-doors.js';
import type { WeekSchedule } from '../../src/unifi/access-controller.js';
import { afterDoorChanges, door, evening, group, monday, morning, owns, planGroups, policy, schedule, unifiDoors, type GroupDraft, type UnifiDraft } from '../support/unifi-doors.js';

interface Given {
  readonly groups?: readonly DesiredGroup[];
  readonly removed?: readonly RemovedGroup[];
  readonly unifi?: UnifiDraft;
  readonly owned?: Readonly<Record<string, OwnedGroup>>;
}

function plan({ groups = [group('gym')], removed = [], unifi = {}, owned = {} }: Given): DoorsPlan {
  return planGroups(groups, removed, unifiDoors(unifi), owned);
}

/** `program s-Sexton gym` */
function said(change: DoorChange): string {
  switch (change.verb) {
    case 'create':
      return `create ${change.name}`;
    case 'program':
    case 'revoke':
      return `${change.verb} ${change.scheduleId}`;
    case 'policy':
      return `policy ${change.policyId ?? 'new'} ${change.name}: ${change.doorIds.join('+')} by ${change.scheduleId ?? 'new'}`;
    case 'revoke-policy':
      return `revoke-policy ${change.policyId}`;
  }
}

const changes = (found: DoorsPlan): string[] => [...found.groups, ...found.removed].flatMap((each) => each.changes.map(said));
const problems = (found: DoorsPlan): string[] => found.groups.flatMap(({ name, problem }) => (problem === null ? [] : [`${name} ${problem.reason}`]));

const gym = schedule('Sexton gym');

describe('one door group', () => {
  it.each<[string, Given, string[], string[]]>([
    ['adopts the schedule of its name', { unifi: { schedules: [gym] } }, ['program s-Sexton gym'], []],
    ['adopts the schedule that it names', { groups: [group('gym', { unlock: { schedule: { name: 'PCO Sync gym', create: false } } })], unifi: { schedules: [gym, schedule('PCO Sync gym')] } }, ['program s-PCO Sync gym'], []],
    ['holds its program already', { unifi: { schedules: [schedule('Sexton gym', { week: evening })] } }, [], []],
    ['misses its schedule', { unifi: { schedules: [] } }, [], ['gym ScheduleMissing']],
    ['creates it when told to', { groups: [group('gym', { unlock: { schedule: { create: true } } })] }, ['create Sexton gym'], []],
    ['does not create one that is there', { groups: [group('gym', { unlock: { schedule: { create: true } } })], unifi: { schedules: [gym] } }, ['program s-Sexton gym'], []],
    ['never writes a default schedule of UniFi', { unifi: { schedules: [schedule('Sexton gym', { isDefault: true })] } }, [], ['gym Conflict']],
    ['does not take a schedule that members depend on', { unifi: { schedules: [gym], policies: [policy('Members', gym.id)] } }, [], ['gym SharedSchedule']],
    ['does not take one with holidays of its own', { unifi: { schedules: [schedule('Sexton gym', { holidayGroupId: 'feasts' })], holidays: ['feasts'] } }, [], ['gym ForeignHolidays']],
    ['waits for its source', { groups: [group('gym', { unknown: 'not read yet' })], unifi: { schedules: [schedule('Sexton gym', { week: morning })] } }, [], ['gym SourceIncomplete']],
    ['with LockRule is not written', { groups: [group('gym', { unlock: { method: 'LockRule' } })], unifi: { schedules: [gym] } }, [], []],
    ['with None is not written', { groups: [group('gym', { unlock: { method: 'None' } })], unifi: { schedules: [gym] } }, [], []],
  ])('%s', (_, given, wanted, wantedProblems) => {
    const found = plan(given);
    expect(changes(found)).toEqual(wanted);
    expect(problems(found)).toEqual(wantedProblems);
  });

  it('one group\'s problem is its own', () => {
    const found = plan({
      groups: [group('gym'), group('lobby'), group('office')],
      unifi: { doors: ['Door gym', 'Door lobby', 'Door office'].map(door), schedules: [gym, schedule('Sexton office')] },
    });
    expect(changes(found)).toEqual(['program s-Sexton gym', 'program s-Sexton office']);
    expect(problems(found)).toEqual(['lobby ScheduleMissing']);
    expect(found.groups[1]?.problem?.message).toContain('"Sexton lobby"');
  });
});

describe('its access policy', () => {
  const managed = { spec: { policy: { manage: true } } };

  it.each<[string, Given, string[]]>([
    ['is made', { groups: [group('gym', managed)], unifi: { schedules: [gym] } }, ['program s-Sexton gym', 'policy new Sexton gym: d-Door gym by s-Sexton gym']],
    ['is made with a schedule that is made', { groups: [group('gym', { ...managed, unlock: { schedule: { create: true } } })] }, ['create Sexton gym', 'policy new Sexton gym: d-Door gym by new']],
    ['is as it should be', { groups: [group('gym', managed)], unifi: { schedules: [schedule('Sexton gym', { week: evening })], policies: [policy('Sexton gym', gym.id, ['d-Door gym'])] } }, []],
    ['gets its doors back', { groups: [group('gym', managed)], unifi: { schedules: [schedule('Sexton gym', { week: evening })], policies: [policy('Sexton gym', gym.id, [])] } }, ['policy p-Sexton gym Sexton gym: d-Door gym by s-Sexton gym']],
    ['gets its schedule back', { groups: [group('gym', managed)], unifi: { schedules: [schedule('Sexton gym', { week: evening })], policies: [policy('Sexton gym', 'other', ['d-Door gym'])] } }, ['policy p-Sexton gym Sexton gym: d-Door gym by s-Sexton gym']],
    ['waits while a door is missing', { groups: [group('gym', managed)], unifi: { doors: [], schedules: [gym] } }, ['program s-Sexton gym']],
    ['is not touched when not managed', { unifi: { schedules: [schedule('Sexton gym', { week: evening })], policies: [policy('Sexton gym', 'other', [])] } }, []],
    ['that Sexton made goes when it is managed no more', { unifi: { schedules: [schedule('Sexton gym', { week: evening })], policies: [policy('Sexton gym', gym.id)] }, owned: { gym: owns({ scheduleId: gym.id, policyId: 'p-Sexton gym', policyCreated: true }) } }, ['revoke-policy p-Sexton gym']],
    ['that was adopted stays', { unifi: { schedules: [schedule('Sexton gym', { week: evening })], policies: [policy('Sexton gym', gym.id)] }, owned: { gym: owns({ scheduleId: gym.id, policyId: 'p-Sexton gym' }) } }, []],
  ])('%s', (_, given, wanted) => {
    expect(changes(plan(given))).toEqual(wanted);
  });
});

describe('quarrels', () => {
  const two = ['Door gym', 'Door lobby'].map(door);
  const same = { unlock: { schedule: { name: 'One', create: false } } };

  it('of two groups on one schedule the one accepted first stays', () => {
    const found = plan({
      groups: [group('gym', { ...same, acceptedAt: '2026-02-01T00:00:00Z' }), group('lobby', { ...same, acceptedAt: '2026-01-01T00:00:00Z' })],
      unifi: { doors: two, schedules: [schedule('One')] },
    });
    expect(problems(found)).toEqual(['gym Conflict']);
    expect(changes(found)).toEqual(['program s-One']);
  });

  it('the one that holds the schedule already stays, whenever it was accepted', () => {
    const found = plan({
      groups: [group('gym', { ...same, acceptedAt: '2026-02-01T00:00:00Z' }), group('lobby', same)],
      unifi: { doors: two, schedules: [schedule('One')] },
      owned: { gym: owns({ scheduleId: 's-One', scheduleName: 'One' }) },
    });
    expect(problems(found)).toEqual(['lobby Conflict']);
  });

  describe('over a door that one of them was programmed for', () => {
    const both = { doors: two, schedules: [gym, schedule('Sexton lobby')] };
    const owned = { gym: owns({ scheduleId: gym.id, scheduleName: 'Sexton gym', doorIds: ['d-Door gym'] }), lobby: owns({ scheduleId: 's-Sexton lobby', scheduleName: 'Sexton lobby', doorIds: ['d-Door lobby'] }) };
    const at = (day: number): string => `2026-02-0${day}T00:00:00Z`;
    const lobbyOf = (doors: readonly string[], more: GroupDraft = {}): DesiredGroup => group('lobby', { ...more, spec: { doors: doors.map((name) => ({ name })) } });

    it.each<[string, DesiredGroup[], string[]]>([
      ['an edit of that group gives it away to nobody', [group('gym', { acceptedAt: at(3) }), lobbyOf(['Door lobby', 'Door gym'], { acceptedAt: at(2) })], ['lobby Conflict']],
      ['nor do versions of one instant, as after a lost state', [lobbyOf(['Door lobby', 'Door gym']), group('gym')], ['lobby Conflict']],
      ['a new group that sorts first is refused, also while that group takes one more door', [group('annex', { spec: { doors: [{ name: 'Door gym' }] } }), group('gym', { acceptedAt: at(3), spec: { doors: [{ name: 'Door gym' }, { name: 'Door new' }] } })], ['annex Conflict']],
      ['of two that want one more door, the one that keeps off the other\'s stays', [group('gym', { acceptedAt: at(2), spec: { doors: [{ name: 'Door gym' }, { name: 'Door lobby' }, { name: 'Door new' }] } }), lobbyOf(['Door lobby', 'Door new'], { acceptedAt: at(3) })], ['gym Conflict']],
      ['two that reach for each other\'s: the one accepted first', [group('gym', { acceptedAt: at(3), spec: { doors: [{ name: 'Door gym' }, { name: 'Door lobby' }] } }), lobbyOf(['Door lobby', 'Door gym'], { acceptedAt: at(2) })], ['gym Conflict']],
      ['two may swap theirs', [group('gym', { spec: { doors: [{ name: 'Door lobby' }] } }), lobbyOf(['Door gym'])], []],
      ['what a group gives up, another may take', [group('gym', { acceptedAt: at(2), spec: { doors: [{ name: 'Door gym' }, { name: 'Door lobby' }] } }), lobbyOf(['Door new'])], []],
    ])('%s', (_, groups, wanted) => {
      expect(problems(plan({ groups, unifi: { ...both, doors: [...two, door('Door new')], schedules: [...both.schedules, schedule('Sexton annex')] }, owned }))).toEqual(wanted);
    });

    it('an inventory of an older program names no doors: who holds the schedule holds them', () => {
      const { gym: own } = owned;
      const found = plan({ groups: [group('annex', { spec: { doors: [{ name: 'Door gym' }] } }), group('gym', { acceptedAt: at(3) })], unifi: { ...both, schedules: [...both.schedules, schedule('Sexton annex')] }, owned: { gym: { ...own, doorIds: null } } });
      expect(problems(found)).toEqual(['annex Conflict']);
    });
  });

  it('with the inventory lost, a schedule that holds our fence was programmed before one that holds none', () => {
    const annex = group('annex', { spec: { doors: [{ name: 'Door gym' }] } });
    const fenced = { ...schedule('Sexton gym'), holidayGroupId: 'Sexton fence 2026-11-21 abcdef' };
    const found = plan({ groups: [annex, group('gym')], unifi: { schedules: [fenced, schedule('Sexton annex')], holidays: ['Sexton fence 2026-11-21 abcdef'] } });
    expect(problems(found)).toEqual(['annex Conflict']);
  });

  it('a door in two Schedule groups, once by name and once by id', () => {
    const shared = group('lobby', { spec: { doors: [{ id: 'd-Door gym' }] }, acceptedAt: '2026-02-01T00:00:00Z' });
    const found = plan({ groups: [group('gym'), shared], unifi: { schedules: [gym, schedule('Sexton lobby')] } });
    expect(problems(found)).toEqual(['lobby Conflict']);
    expect(changes(found)).toEqual(['program s-Sexton gym']);
  });

  it('two groups that keep one access policy would turn it to and fro: the second is refused', () => {
    const keeping = { spec: { policy: { manage: true, name: 'Doors' } } };
    const found = plan({
      groups: [group('gym', keeping), group('lobby', { spec: { ...keeping.spec, doors: [{ name: 'Door lobby' }] } })],
      unifi: { doors: two, schedules: [gym, schedule('Sexton lobby')], policies: [policy('Doors', 'none')] },
    });
    expect(problems(found)).toEqual(['lobby Conflict']);
    expect(changes(found)).toEqual(['program s-Sexton gym', 'policy p-Doors Doors: d-Door gym by s-Sexton gym']);
  });

  it('a LockRule group may share a door', () => {
    const shared = group('lobby', { spec: { doors: [{ name: 'Door gym' }] }, unlock: { method: 'LockRule' } });
    expect(problems(plan({ groups: [group('gym'), shared], unifi: { schedules: [gym] } }))).toEqual([]);
  });

  it('a group that loses a quarrel revokes nothing', () => {
    const found = plan({
      groups: [group('gym', { ...same, acceptedAt: '2026-02-01T00:00:00Z' }), group('lobby', same)],
      unifi: { doors: two, schedules: [schedule('One'), schedule('Sexton gym', { week: evening })] },
      owned: { gym: owns({ scheduleId: gym.id, scheduleName: 'Sexton gym' }) },
    });
    expect(changes(found)).toEqual(['program s-One']);
  });
});

describe('what is given up', () => {
  const held = { schedules: [schedule('Sexton gym', { week: evening })], policies: [policy('Sexton gym', gym.id, ['d-Door gym'])] };
  const owned = { gym: owns({ scheduleId: gym.id, scheduleName: 'Sexton gym', policyId: 'p-Sexton gym', policyCreated: true }) };

  it.each<[string, Given, string[]]>([
    ['a removed file empties its schedule and deletes its policy', { groups: [], removed: [{ name: 'gym', deletionPolicy: 'Lock' }], unifi: held, owned }, ['revoke s-Sexton gym', 'revoke-policy p-Sexton gym']],
    ['with Orphan everything stays', { groups: [], removed: [{ name: 'gym', deletionPolicy: 'Orphan' }], unifi: held, owned }, []],
    ['without its last version its doors are locked', { groups: [], removed: [{ name: 'gym', deletionPolicy: null }], unifi: held, owned }, ['revoke s-Sexton gym', 'revoke-policy p-Sexton gym']],
    ['an empty schedule needs nothing more', { groups: [], removed: [{ name: 'gym', deletionPolicy: 'Lock' }], unifi: { schedules: [gym] }, owned }, []],
    ['what Sexton never held is not emptied', { groups: [], removed: [{ name: 'gym', deletionPolicy: 'Lock' }], unifi: held }, []],
    ['a schedule that a renamed group took over is not emptied', { groups: [group('hall', { unlock: { schedule: { name: 'Sexton gym', create: false } }, spec: { doors: [{ name: 'Door gym' }] } })], removed: [{ name: 'gym', deletionPolicy: 'Lock' }], unifi: { schedules: held.schedules }, owned }, []],
    ['another schedule: the old one is emptied first', { groups: [group('gym', { unlock: { schedule: { name: 'New', create: false } } })], unifi: { schedules: [...held.schedules, schedule('New')] }, owned: { gym: owns({ scheduleId: gym.id, scheduleName: 'Sexton gym' }) } }, ['revoke s-Sexton gym', 'program s-New']],
    ['another schedule with Orphan: the old one stays', { groups: [group('gym', { unlock: { schedule: { name: 'New', create: false } }, spec: { deletionPolicy: 'Orphan' } })], unifi: { schedules: [...held.schedules, schedule('New')] }, owned: { gym: owns({ scheduleId: gym.id, scheduleName: 'Sexton gym' }) } }, ['program s-New']],
    ['another method: the schedule is emptied and the policy deleted', { groups: [group('gym', { unlock: { method: 'None' } })], unifi: held, owned }, ['revoke s-Sexton gym', 'revoke-policy p-Sexton gym']],
  ])('%s', (_, given, wanted) => {
    expect(changes(plan(given))).toEqual(wanted);
  });
});

describe('a suspended group may only shrink', () => {
  const ranges = fc.uniqueArray(fc.integer({ min: 0, max: 23 }), { maxLength: 6 }).map((hours) =>
    hours.sort((a, b) => a - b).map((hour) => ({ start: `${String(hour).padStart(2, '0')}:00:00`, end: `${String(hour).padStart(2, '0')}:${hour % 2 === 0 ? '30' : '59'}:59` })),
  );
  const weeks = fc.tuple(ranges, ranges).map(([first, second]): WeekSchedule => ({ ...emptyWeek, monday: first, sunday: second }));
  const covers = (week: WeekSchedule, day: 'monday' | 'sunday', time: string): boolean => week[day].some(({ start, end }) => start <= time && time <= end);

  it('to what both weeks hold, minute by minute', () => {
    fc.assert(
      fc.property(weeks, weeks, (held, desired) => {
        const narrowed = narrowedWeek(held, desired);
        for (const day of ['monday', 'sunday'] as const) {
          for (let minutes = 0; minutes < 1_440; minutes += 5) {
            const time = `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}:30`;
            expect(covers(narrowed, day, time)).toBe(covers(held, day, time) && covers(desired, day, time));
          }
        }
        expect(narrowedWeek(narrowed, desired)).toEqual(narrowed);
      }),
      { numRuns: 100 },
    );
  });

  const suspended = (week: WeekSchedule): DesiredGroup => group('gym', { week, spec: { suspend: true, policy: { manage: true } } });

  it('nothing new opens, what ends is taken away, its policy stays as it is', () => {
    expect(changes(plan({ groups: [suspended(evening)], unifi: { schedules: [gym] } }))).toEqual([]);
    const found = plan({ groups: [suspended(monday('19:00:00', '21:00:59'))], unifi: { schedules: [schedule('Sexton gym', { week: evening })] } });
    expect(found.groups[0]?.changes).toMatchObject([{ verb: 'program', week: monday('19:00:00', '20:00:59') }]);
  });

  it('makes no schedule', () => {
    const found = plan({ groups: [group('gym', { unlock: { schedule: { create: true } }, spec: { suspend: true } })] });
    expect(changes(found)).toEqual([]);
  });
});

describe('laws', () => {
  const names = ['gym', 'lobby', 'office'] as const;
  const someWeek = fc.constantFrom(evening, morning, emptyWeek);
  const sites = fc.record({
    groups: fc.uniqueArray(
      fc.record({
        name: fc.constantFrom(...names),
        week: someWeek,
        method: fc.constantFrom('Schedule', 'Schedule', 'Schedule', 'LockRule', 'None'),
        scheduleName: fc.option(fc.constantFrom('One', 'Two'), { nil: undefined }),
        create: fc.boolean(),
        manage: fc.boolean(),
        policyName: fc.option(fc.constant('Doors'), { nil: undefined }),
        suspend: fc.constantFrom(false, false, true),
        deletionPolicy: fc.constantFrom('Lock', 'Orphan'),
        doors: fc.subarray([...names], { minLength: 1 }),
      }),
      { selector: ({ name }) => name },
    ),
    schedules: fc.uniqueArray(fc.record({ name: fc.constantFrom('One', 'Two', 'Sexton gym', 'Sexton lobby', 'Always Access'), week: someWeek, default: fc.constantFrom(false, false, false, true) }), { selector: ({ name }) => name }),
    policies: fc.uniqueArray(fc.record({ name: fc.constantFrom('Members', 'Doors', 'Sexton gym', 'Sexton lobby'), scheduleName: fc.constantFrom('One', 'Two', 'Sexton gym', 'Always Access') }), { selector: ({ name }) => name }),
  });

  it('a plan, applied, leaves nothing to plan, and what nobody names never changes', () => {
    fc.assert(
      fc.property(sites, (site) => {
        const groups = site.groups.map(({ name, week, method, scheduleName, create, manage, policyName, suspend, deletionPolicy, doors }) =>
          group(name, {
            week,
            unlock: { method, schedule: { create, ...(scheduleName === undefined ? {} : { name: scheduleName }) } },
            spec: { suspend, deletionPolicy, policy: { manage, ...(policyName === undefined ? {} : { name: policyName }) }, doors: doors.map((each) => ({ name: `Door ${each}` })) },
          }),
        );
        const observed = unifiDoors({
          doors: names.map((name) => door(`Door ${name}`)),
          schedules: site.schedules.map(({ name, week, default: isDefault }) => schedule(name, { week, isDefault })),
          policies: site.policies.map(({ name, scheduleName }) => policy(name, `s-${scheduleName}`)),
        });
        const first = planGroups(groups, [], observed, {});
        let after = afterDoorChanges(observed, first.groups.flatMap((each) => each.changes));
        const owned = Object.fromEntries(first.groups.map((each) => [each.name, owns({ scheduleId: each.scheduleId, scheduleName: each.scheduleName })]));
        // A group may take over a policy that stood in another group's way: then that one is next.
        let next = planGroups(groups, [], after, owned);
        for (let round = 1; round < groups.length && changes(next).length > 0; round += 1) {
          after = afterDoorChanges(after, next.groups.flatMap((each) => each.changes));
          next = planGroups(groups, [], after, owned);
        }
        expect(changes(next)).toEqual([]);

        const named = new Set(groups.map(({ name, spec }) => spec.unlock.schedule.name ?? `Sexton ${name}`));
        for (const { id, name, isDefault, week } of observed.details.values()) {
          if (isDefault || !named.has(name)) expect(after.details.get(id)?.week).toEqual(week);
          // Nobody else's policy is on a schedule that was written.
          const shared = observed.policies.some((each) => each.scheduleId === id && each.name === 'Members');
          if (shared) expect(after.details.get(id)?.week).toEqual(week);
        }
        expect(after.policies.filter(({ name }) => name === 'Members')).toEqual(observed.policies.filter(({ name }) => name === 'Members'));
        // Two groups never write one schedule.
        const written = first.groups.flatMap((each) => each.changes.flatMap((change) => ('scheduleId' in change && change.verb === 'program' ? [change.scheduleId] : [])));
        expect(new Set(written).size).toBe(written.length);
      }),
      { numRuns: 500 },
    );
  });
});
