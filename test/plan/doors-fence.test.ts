import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { fenceGroup } from '../../src/desired/calendar/fence.js';
import { localTime } from '../../src/desired/calendar/local-time.js';
import { planFence, unusedFences } from '../../src/plan/doors/fence.js';
import { asOfficeHours } from '../../src/plan/doors/foreign-holidays.js';
import type { ObservedDoors } from '../../src/plan/doors/observed.js';
import { ownerMark, ownershipHold } from '../../src/plan/doors/owner.js';
import type { UnifiHoliday, UnifiHolidayGroup } from '../../src/unifi/access-controller.js';

const fence = fenceGroup('2026-11-21', 7, localTime('America/New_York'));

const group = (id: string, name: string, fields: Partial<UnifiHolidayGroup> = {}): UnifiHolidayGroup => ({ id, name, description: '', isDefault: false, holidays: [], ...fields });
const schedule = (id: string, holidayGroupId: string, isDefault = false): ObservedDoors['schedules'][number] => ({ id, name: id, isDefault, holidayGroupId });
const standard = group('none', 'No Holidays', { isDefault: true });

function observed(groups: readonly UnifiHolidayGroup[], schedules: ObservedDoors['schedules'] = []): ObservedDoors {
  const holidays = new Map(groups.filter(({ isDefault }) => !isDefault).map((each) => [each.id, each]));
  return { doors: [], policies: [], schedules, details: new Map(), holidayGroups: groups, holidays };
}

describe('today\'s fence', () => {
  const whole = group('fence', fence.name, { holidays: fence.entries });
  const spoilt = group('fence', fence.name, { holidays: fence.entries.slice(1) });

  it.each([
    ['is missing', [standard], [], 'Missing'],
    ['is there and whole', [standard, whole], [], 'Held'],
    ['is spoilt and nobody holds it: it is made again', [standard, spoilt], [schedule('a', 'none')], 'Missing'],
    ['is spoilt and held: it is not touched', [standard, spoilt], [schedule('a', 'fence')], 'Failed'],
    ['is spoilt, and a schedule does not say what it holds', [standard, spoilt], [schedule('a', '')], 'Failed'],
  ] as const)('%s', (_, groups, schedules, state) => {
    expect(planFence(fence, observed(groups, schedules)).state).toBe(state);
  });

  it('is not wanted with fence: Off', () => {
    expect(planFence(null, observed([standard, whole]))).toMatchObject({ state: 'Off', standard: { id: 'none' } });
  });
});

describe('fences to delete', () => {
  const [old, today] = [group('old', 'Sexton fence 2026-11-20 abcdef'), group('today', fence.name)];
  const foreign = [standard, group('owner', 'Sexton owner'), group('church', 'Church holidays'), group('like', 'Sexton fence of the gym')];
  const deleted = (schedules: ObservedDoors['schedules'], keep: string | null = fence.name): readonly string[] =>
    unusedFences([...foreign, old, today], schedules, keep).map(({ id }) => id);

  it('are ours, old, and held by nobody', () => {
    expect(deleted([schedule('a', 'today')])).toEqual(['old']);
    expect(deleted([schedule('a', 'today'), schedule('b', 'old')])).toEqual([]);
    expect(deleted([schedule('a', 'none')])).toEqual(['old']);
    expect(deleted([schedule('a', 'none')], null)).toEqual(['old', 'today']);
  });

  it('are none while any schedule does not say what it holds', () => {
    expect(deleted([schedule('a', 'today'), schedule('b', '')])).toEqual([]);
    expect(deleted([schedule('a', 'today'), schedule('always', '', true)])).toEqual(['old']);
  });
});

describe('foreign holidays as OfficeHours', () => {
  const holiday = (name: string, start: string, end: string, repeat = false): UnifiHoliday => ({ name, repeat, start, end });
  const closing = { doorGroup: 'gym', hours: [] };
  const today = '2026-11-21';

  it('are closures with their last date included, sorted, without what is past', () => {
    const holidays = [
      holiday('New Year', '2027-01-01T00:00:00Z', '2027-01-02T00:00:00Z'),
      holiday('Easter', '2026-04-05T00:00:00Z', '2026-04-06T00:00:00Z'),
      holiday('Christmas', '2026-12-24T00:00:00Z', '2026-12-27T00:00:00Z'),
    ];
    const text = asOfficeHours({ ...closing, holidays }, today);
    expect(parse(text)).toEqual({
      closures: [
        { from: '2026-12-24', to: '2026-12-26', scope: 'Everything', doorGroups: ['gym'], reason: 'Christmas' },
        { from: '2027-01-01', to: '2027-01-01', scope: 'Everything', doorGroups: ['gym'], reason: 'New Year' },
      ],
    });
  });

  it('that come back every year name the next time; a part of a day keeps its times', () => {
    const holidays = [holiday('Independence', '2020-07-04T00:00:00Z', '2020-07-05T00:00:00Z', true), holiday('Half', '2026-12-31T12:00:00Z', '2027-01-01T00:00:00Z')];
    const text = asOfficeHours({ ...closing, holidays }, today);
    expect(text).toContain('declare them for each');
    expect((parse(text.replace(/ \(some.*/, '')) as { closures: unknown[] }).closures).toMatchObject([
      { from: '2026-12-31T12:00', to: '2027-01-01T00:00' },
      { from: '2027-07-04', to: '2027-07-04' },
    ]);
  });

  it('with hours of their own open at them', () => {
    const hours = [{ start: '10:00:00', end: '12:00:59' }, { start: '18:00:00', end: '23:59:59' }];
    const text = asOfficeHours({ doorGroup: 'gym', hours, holidays: [holiday('Fair', '2026-12-05T00:00:00Z', '2026-12-07T00:00:00Z')] }, today);
    const [closures = '', openings = ''] = text.split(' and ');
    expect(parse(closures)).toMatchObject({ closures: [{ from: '2026-12-05', to: '2026-12-06', scope: 'OfficeHours' }] });
    expect(parse(openings)).toMatchObject({
      openings: [
        { date: '2026-12-05', hours: ['10:00-12:00', '18:00-24:00'], doorGroups: ['gym'] },
        { date: '2026-12-06', hours: ['10:00-12:00', '18:00-24:00'], doorGroups: ['gym'] },
      ],
    });
  });

  it('whose names are hostile stay one line of YAML', () => {
    const text = asOfficeHours({ ...closing, holidays: [holiday('a" }]\nspec: { suspend: true }\u202e', '2026-12-24T00:00:00Z', '2026-12-25T00:00:00Z')] }, today);
    expect(text).not.toMatch(/[\n\u202e]/u);
    expect(parse(text)).toEqual({ closures: [{ from: '2026-12-24', to: '2026-12-24', scope: 'Everything', doorGroups: ['gym'], reason: 'a" }] spec: { suspend: true }' }] });
  });

  it('that are all past say so', () => {
    expect(asOfficeHours({ ...closing, holidays: [holiday('Easter', '2026-04-05T00:00:00Z', '2026-04-06T00:00:00Z')] }, today)).toBe('all its holidays are past');
  });
});

describe('who owns the controller', () => {
  const mine = group('mark', 'Sexton owner', { description: 'me' });
  const theirs = group('mark', 'Sexton owner', { description: 'them' });
  const owned = (scheduleId: string): { scheduleId: string; scheduleName: string; policyId: null; policyCreated: boolean; doorIds: null } => ({
    scheduleId,
    scheduleName: scheduleId,
    policyId: null,
    policyCreated: false,
    doorIds: null,
  });
  const nothing = { doorGroups: {}, ownerSeen: false };
  const two = { doorGroups: { lobby: owned('a'), gym: owned('b') }, ownerSeen: true };
  const one = { doorGroups: { lobby: owned('a') }, ownerSeen: true };

  it.each([
    ['a fresh installation on a fresh controller', observed([standard]), nothing, null],
    ['our mark', observed([mine], [schedule('a', '')]), two, null],
    ['a foreign mark', observed([theirs]), nothing, 'NotOwner'],
    ['our mark is gone', observed([standard], [schedule('a', '')]), two, 'NotOwner'],
    ['none of our schedules', observed([standard], [schedule('x', '')]), two, 'ControllerReplaced'],
    ['none of our schedules, though our mark is there', observed([mine], [schedule('x', '')]), two, 'ControllerReplaced'],
    ['our one schedule is gone, and our mark is there: somebody deleted it', observed([mine], [schedule('x', '')]), one, null],
    ['our one schedule is gone, and our mark too', observed([standard], [schedule('x', '')]), one, 'ControllerReplaced'],
  ] as const)('%s', (_, world, inventory, reason) => {
    expect(ownershipHold(world, inventory, 'me')?.reason ?? null).toBe(reason);
  });

  it('one foreign mark beside ours is a foreign controller', () => {
    expect(ownerMark(observed([mine, { ...theirs, id: 'second' }]), 'me')).toEqual({ state: 'Foreign', groupId: 'second', installation: 'them' });
  });
});
