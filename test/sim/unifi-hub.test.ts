import { DateTime } from 'luxon';
import { afterEach, describe, expect, it } from 'vitest';
import { type HubReading, plainReading, unlockedIntervals, type UnlockProgram } from '../../src/sim/unifi/hub.js';
import { emptyWeek } from '../../src/sim/unifi/fields.js';
import type { Holiday, Week } from '../../src/sim/unifi/model.js';
import { weekdays } from '../../src/sim/unifi/model.js';
import { pick, rows } from '../support/sim.js';
import { type Controller, controllers } from './unifi-controller.js';

const newYork = 'America/New_York';
const instant = (text: string): number => Date.parse(text);

/** `{ sunday: ['09:00:00-09:59:59'] }` */
function week(days: Partial<Record<keyof Week, readonly string[]>>): Week {
  const ranges = Object.entries(days).map(([day, texts]) => [
    day,
    texts.map((text) => {
      const [start_time = '', end_time = ''] = text.split('-');
      return { start_time, end_time };
    }),
  ]);
  return { ...emptyWeek(), ...(Object.fromEntries(ranges) as Partial<Week>) };
}

function holiday(name: string, start: string, end: string, repeat = false): Holiday {
  return { id: name, name, description: '', repeat, is_template: false, start: instant(start), end: instant(end) };
}

function intervals(program: UnlockProgram, from: string, to: string, reading?: HubReading): string[] {
  return unlockedIntervals(program, instant(from), instant(to), reading).map(
    (span) => `${new Date(span.from).toISOString().slice(0, 19)} ${new Date(span.to).toISOString().slice(0, 19)}`,
  );
}

describe('weekly program', () => {
  it.each([
    [
      'the last second counts',
      newYork,
      { monday: ['18:00:00-20:00:59'] },
      '2026-11-23',
      ['2026-11-23T23:00:00 2026-11-24T01:01:00'],
    ],
    [
      'an end on the minute lasts that second',
      'UTC',
      { monday: ['18:00:00-20:00:00'] },
      '2026-11-23',
      ['2026-11-23T18:00:00 2026-11-23T20:00:01'],
    ],
    [
      'next minute is no gap',
      'UTC',
      { monday: ['08:00:00-08:59:59', '09:00:00-09:59:59'] },
      '2026-11-23',
      ['2026-11-23T08:00:00 2026-11-23T10:00:00'],
    ],
    [
      'a missing second is one',
      'UTC',
      { monday: ['08:00:00-08:59:58', '09:00:00-09:59:59'] },
      '2026-11-23',
      ['2026-11-23T08:00:00 2026-11-23T08:59:59', '2026-11-23T09:00:00 2026-11-23T10:00:00'],
    ],
    [
      'overlaps are one',
      'UTC',
      { monday: ['09:00:00-09:59:59', '08:00:00-09:30:59'] },
      '2026-11-23',
      ['2026-11-23T08:00:00 2026-11-23T10:00:00'],
    ],
    [
      'midnight is no gap',
      newYork,
      { monday: ['22:00:00-23:59:59'], tuesday: ['00:00:00-00:59:59'] },
      '2026-11-23',
      ['2026-11-24T03:00:00 2026-11-24T06:00:00'],
    ],
    [
      'an hour that occurs twice opens twice',
      newYork,
      { sunday: ['01:30:00-01:44:59'] },
      '2026-11-01',
      ['2026-11-01T05:30:00 2026-11-01T05:45:00', '2026-11-01T06:30:00 2026-11-01T06:45:00'],
    ],
    [
      'a range across the repeated hour',
      newYork,
      { sunday: ['00:30:00-01:29:59'] },
      '2026-11-01',
      ['2026-11-01T04:30:00 2026-11-01T05:30:00', '2026-11-01T06:00:00 2026-11-01T06:30:00'],
    ],
    [
      'a range over all of it',
      newYork,
      { sunday: ['00:30:00-02:29:59'] },
      '2026-11-01',
      ['2026-11-01T04:30:00 2026-11-01T07:30:00'],
    ],
    ['a skipped hour never comes', newYork, { sunday: ['02:00:00-02:59:59'] }, '2026-03-08', []],
    [
      'a range across the skipped hour',
      newYork,
      { sunday: ['01:30:00-03:29:59'] },
      '2026-03-08',
      ['2026-03-08T06:30:00 2026-03-08T07:30:00'],
    ],
    [
      'midnight itself occurs twice',
      'America/Havana',
      { sunday: ['00:00:00-00:29:59'] },
      '2026-11-01',
      ['2026-11-01T04:00:00 2026-11-01T04:30:00', '2026-11-01T05:00:00 2026-11-01T05:30:00'],
    ],
    [
      'far east of Greenwich',
      'Pacific/Kiritimati',
      { monday: ['09:00:00-09:59:59'] },
      '2026-11-23',
      ['2026-11-22T19:00:00 2026-11-22T20:00:00'],
    ],
    [
      'quarter hours of offset',
      'Asia/Kathmandu',
      { monday: ['09:00:00-09:59:59'] },
      '2026-11-23',
      ['2026-11-23T03:15:00 2026-11-23T04:15:00'],
    ],
  ] as const)('%s', (_, timeZone, days, date, expected) => {
    const day = DateTime.fromISO(date, { zone: timeZone });
    const [from, to] = [day.minus({ days: 1 }), day.plus({ days: 3 })].map((edge) => edge.toUTC().toISO() ?? '');
    expect(intervals({ weekly: week(days), timeZone }, from ?? '', to ?? '')).toEqual(expected);
  });

  it('cuts at the asked edges', () => {
    const program = { weekly: week({ monday: ['09:00:00-16:59:59'] }), timeZone: 'UTC' };
    expect(intervals(program, '2026-11-23T10:00:30Z', '2026-11-23T11:00:00Z')).toEqual([
      '2026-11-23T10:00:30 2026-11-23T11:00:00',
    ]);
    expect(intervals(program, '2026-11-23T17:00:00Z', '2026-11-24T11:00:00Z')).toEqual([]);
  });

  it.each([newYork, 'America/Havana', 'Europe/Berlin', 'Australia/Lord_Howe', 'Asia/Beirut'])(
    'is open exactly when the wall clock of %s is in a range',
    (zone) => {
      const weekly = week({
        saturday: ['00:00:00-00:14:59', '22:10:00-23:59:59'],
        sunday: ['00:00:00-00:09:30', '00:40:00-01:50:59', '02:00:00-02:20:00', '03:10:10-03:10:10'],
        monday: ['00:00:00-23:59:59'],
      });
      for (const start of [
        '2026-03-07T00:00:00Z',
        '2026-03-28T00:00:00Z',
        '2026-04-04T00:00:00Z',
        '2026-10-03T00:00:00Z',
        '2026-10-24T00:00:00Z',
        '2026-10-31T00:00:00Z',
      ]) {
        const from = instant(start);
        const open = unlockedIntervals({ weekly, timeZone: zone }, from, from + 2 * 86_400_000);
        for (let at = from; at < from + 2 * 86_400_000; at += 97_000) {
          const wall = DateTime.fromMillis(at, { zone });
          const time = wall.toFormat('HH:mm:ss');
          const day = weekdays[wall.weekday - 1];
          const inside =
            day !== undefined && weekly[day].some((range) => range.start_time <= time && time <= range.end_time);
          if (open.some((span) => span.from <= at && at < span.to) !== inside)
            throw new Error(`${zone} ${wall.toISO() ?? ''}: ${String(inside)}`);
        }
      }
    },
  );
});

describe('holidays', () => {
  const office = week({
    tuesday: ['09:00:00-16:59:59'],
    wednesday: ['09:00:00-16:59:59', '18:00:00-21:59:59'],
    thursday: ['09:00:00-16:59:59'],
  });
  const program: UnlockProgram = {
    weekly: office,
    timeZone: newYork,
    holidays: [holiday('Eve', '2026-11-25T00:00:00Z', '2026-11-26T00:00:00Z')],
    holidaySchedule: [],
  };
  const asked = ['2026-11-24T05:00:00Z', '2026-11-27T05:00:00Z'] as const;
  const tuesday = '2026-11-24T14:00:00 2026-11-24T22:00:00';
  const thursday = '2026-11-26T14:00:00 2026-11-26T22:00:00';

  it('takes the instants literally: the evening is another UTC day', () => {
    expect(intervals(program, ...asked)).toEqual([tuesday, '2026-11-26T00:00:00 2026-11-26T03:00:00', thursday]);
  });

  it('takes them as local dates by quirk', () => {
    expect(intervals(program, ...asked, { ...plainReading, holidayZone: 'local' })).toEqual([tuesday, thursday]);
  });

  it('counts the last day by quirk', () => {
    expect(intervals(program, ...asked, { ...plainReading, holidayZone: 'local', holidayEnd: 'inclusive' })).toEqual([
      tuesday,
    ]);
  });

  it('ignores an empty holiday schedule by quirk', () => {
    expect(intervals(program, ...asked, { ...plainReading, emptyHoliday: 'weekly' })).toHaveLength(4);
  });

  it('follows the holiday schedule on the day, in place of the week', () => {
    const withHours = { ...program, holidaySchedule: [{ start_time: '10:00:00', end_time: '11:59:59' }] };
    for (const emptyHoliday of ['deny', 'weekly'] as const) {
      expect(intervals(withHours, ...asked, { ...plainReading, holidayZone: 'local', emptyHoliday })).toEqual([
        tuesday,
        '2026-11-25T15:00:00 2026-11-25T17:00:00',
        thursday,
      ]);
    }
  });

  it('repeats annually only when told', () => {
    const christmas = (repeat: boolean): UnlockProgram => ({
      weekly: week({ friday: ['09:00:00-09:59:59'] }),
      timeZone: 'UTC',
      holidays: [holiday('Christmas', '2020-12-25T00:00:00Z', '2020-12-26T00:00:00Z', repeat)],
    });
    expect(intervals(christmas(true), '2026-12-24T00:00:00Z', '2026-12-27T00:00:00Z')).toEqual([]);
    expect(intervals(christmas(false), '2026-12-24T00:00:00Z', '2026-12-27T00:00:00Z')).toHaveLength(1);
    const leap = {
      ...christmas(true),
      weekly: week({ monday: ['09:00:00-09:59:59'] }),
      holidays: [holiday('Leap', '2024-02-29T00:00:00Z', '2024-03-01T00:00:00Z', true)],
    };
    expect(intervals(leap, '2027-03-01T00:00:00Z', '2027-03-02T00:00:00Z')).toHaveLength(1);
  });
});

const { start, closeAll } = controllers();
afterEach(closeAll);

const saturday = [{ start_time: '09:00:00', end_time: '16:59:59' }];
const seed = {
  time_zone: 'UTC',
  doors: [
    { id: 'd1', name: 'Front' },
    { id: 'd2', name: 'Rear' },
    { id: 'd3', name: 'Attic', is_bind_hub: false },
  ],
  schedules: [{ id: 's1', name: 'Saturdays', weekly: { saturday } }],
  unlock_schedules: { d1: 's1' },
};

async function doors(controller: Controller, at: string): Promise<Record<string, unknown>> {
  const report = rows(await controller.sim.sim(`/doors?at=${at}`));
  return Object.fromEntries(
    report.map((door) => [
      String(door['id']),
      `${door['unlocked'] === true ? 'open' : 'shut'} ${String(door['because'])}`,
    ]),
  );
}

async function spans(
  controller: Controller,
  door: string,
  from = '2026-11-21T00:00:00Z',
  to = '2026-11-22T00:00:00Z',
): Promise<unknown> {
  const report = rows(await controller.sim.sim(`/doors?from=${from}&to=${to}`));
  return report.find((row) => row['id'] === door)?.['unlocked'];
}

describe('simulated doors', () => {
  it('follow their schedule at any instant, and show the same to the API', async () => {
    const controller = await start({ seed });
    expect(await doors(controller, '2026-11-21T12:00:00Z')).toEqual({
      d1: 'open schedule: Saturdays',
      d2: 'shut idle: no unlock schedule',
      d3: 'shut idle: no unlock schedule',
    });
    expect((await doors(controller, '2026-11-21T17:00:00Z'))['d1']).toBe('shut idle: outside the ranges of Saturdays');
    expect(await spans(controller, 'd1')).toEqual([{ from: '2026-11-21T09:00:00Z', to: '2026-11-21T17:00:00Z' }]);
    expect(rows(await controller.data('GET', '/doors')).map((door) => door['door_lock_relay_status'])).toEqual([
      'unlock',
      'lock',
      'lock',
    ]);
    expect(await controller.data('GET', '/doors/d1/lock_rule')).toEqual({ type: 'schedule', ended_time: 0 });
    await controller.sim.sim('/clock', { now: '2026-11-21T17:00:00Z' });
    expect(pick(await controller.data('GET', '/doors/d1'), 'door_lock_relay_status')).toBe('lock');
    expect(await controller.data('GET', '/doors/d1/lock_rule')).toEqual({ type: '', ended_time: 0 });
    await controller.data('PUT', '/access_policies/schedules/s1', {
      week_schedule: { saturday: [{ start_time: '17:00:00', end_time: '17:59:59' }] },
    });
    expect(pick(await controller.data('GET', '/doors/d1'), 'door_lock_relay_status')).toBe('unlock');
  });

  it('obey holidays and the emergency state', async () => {
    const controller = await start({
      seed: {
        ...seed,
        holiday_groups: [
          {
            id: 'h',
            name: 'Fence',
            holidays: [{ name: 'Off', start_time: '2026-11-21T00:00:00Z', end_time: '2026-11-22T00:00:00Z' }],
          },
        ],
        schedules: [{ ...seed.schedules[0], holiday_group_id: 'h' }],
      },
    });
    expect((await doors(controller, '2026-11-21T12:00:00Z'))['d1']).toBe('shut holiday: Off in Saturdays');
    expect(await spans(controller, 'd1', '2026-11-20T00:00:00Z', '2026-11-29T00:00:00Z')).toEqual([
      { from: '2026-11-28T09:00:00Z', to: '2026-11-28T17:00:00Z' },
    ]);
    await controller.data('PUT', '/doors/settings/emergency', { evacuation: true });
    expect(await doors(controller, '2026-11-21T12:00:00Z')).toMatchObject({
      d1: 'open emergency: evacuation',
      d2: 'open emergency: evacuation',
    });
    expect((await doors(controller, '2026-11-21T12:00:00Z'))['d3']).toContain('shut');
    await controller.data('PUT', '/doors/settings/emergency', { lockdown: true, evacuation: false });
    expect((await doors(controller, '2026-11-28T12:00:00Z'))['d1']).toBe('shut emergency: lockdown');
    expect(await controller.data('GET', '/doors/settings/emergency')).toEqual({ lockdown: true, evacuation: false });
    await controller.data('PUT', '/doors/settings/emergency', { lockdown: false, evacuation: false });
    expect((await doors(controller, '2026-11-28T12:00:00Z'))['d1']).toBe('open schedule: Saturdays');
  });

  it('holds a temporary unlock to the second and lets it expire', async () => {
    const controller = await start({ seed, now: instant('2026-11-21T18:00:20Z') });
    await controller.data('PUT', '/doors/d2/lock_rule', { type: 'custom', interval: 30 });
    const ended = instant('2026-11-21T18:30:20Z') / 1_000;
    expect(await controller.data('GET', '/doors/d2/lock_rule')).toEqual({ type: 'custom', ended_time: ended });
    expect(await spans(controller, 'd2')).toEqual([{ from: '2026-11-21T18:00:20Z', to: '2026-11-21T18:30:20Z' }]);
    expect((await doors(controller, '2026-11-21T18:10:00Z'))['d2']).toBe(
      'open lock_rule: custom until 2026-11-21T18:30:20Z',
    );
    await controller.sim.sim('/clock', { now: '2026-11-21T18:30:20Z' });
    expect(await controller.data('GET', '/doors/d2/lock_rule')).toEqual({ type: '', ended_time: 0 });
    await controller.data('PUT', '/doors/d2/lock_rule', { type: 'custom', interval: 30 });
    await controller.data('PUT', '/doors/d2/lock_rule', { type: 'reset' });
    expect(pick(await controller.data('GET', '/doors/d2'), 'door_lock_relay_status')).toBe('lock');
  });

  it('extends or replaces the schedule with a temporary unlock', async () => {
    for (const [quirk, expected] of [
      ['extend', [{ from: '2026-11-21T08:30:00Z', to: '2026-11-21T17:00:00Z' }]],
      ['replace', [{ from: '2026-11-21T08:30:00Z', to: '2026-11-21T10:00:00Z' }]],
    ] as const) {
      const controller = await start({
        seed,
        now: instant('2026-11-21T08:30:00Z'),
        quirks: { 'custom-over-schedule': quirk },
      });
      await controller.data('PUT', '/doors/d1/lock_rule', { type: 'custom', interval: 90 });
      expect(await spans(controller, 'd1')).toEqual(expected);
      expect(await spans(controller, 'd1', '2026-11-28T00:00:00Z', '2026-11-29T00:00:00Z')).toHaveLength(1);
    }
  });

  it('keeps doors locked and unlocked for sixty years', async () => {
    const controller = await start({ seed });
    await controller.data('PUT', '/doors/d1/lock_rule', { type: 'keep_lock' });
    await controller.data('PUT', '/doors/d2/lock_rule', { type: 'keep_unlock' });
    const now = instant('2026-11-21T12:00:00Z') / 1_000;
    expect(await controller.data('GET', '/doors/d1/lock_rule')).toEqual({
      type: 'keep_lock',
      ended_time: now + 1_893_456_000,
    });
    expect(await doors(controller, '2027-11-20T12:00:00Z')).toMatchObject({
      d1: expect.stringMatching(/^shut lock_rule: keep_lock/) as string,
      d2: expect.stringMatching(/^open lock_rule: keep_unlock/) as string,
    });
    await controller.data('PUT', '/doors/d1/lock_rule', { type: 'reset' });
    expect(await controller.data('GET', '/doors/d1/lock_rule')).toMatchObject({ type: 'schedule' });
  });

  it('ends a scheduled range early, which reset does not undo', async () => {
    const controller = await start({ seed });
    await controller.data('PUT', '/doors/d1/lock_rule', { type: 'lock_early' });
    await controller.data('PUT', '/doors/d1/lock_rule', { type: 'reset' });
    expect(await controller.data('GET', '/doors/d1/lock_rule')).toEqual({
      type: 'lock_early',
      ended_time: instant('2026-11-21T17:00:00Z') / 1_000,
    });
    expect(await spans(controller, 'd1')).toEqual([{ from: '2026-11-21T09:00:00Z', to: '2026-11-21T12:00:00Z' }]);
    expect(await spans(controller, 'd1', '2026-11-28T00:00:00Z', '2026-11-29T00:00:00Z')).toHaveLength(1);
    await controller.data('PUT', '/doors/d2/lock_rule', { type: 'lock_early' });
    expect(await controller.data('GET', '/doors/d2/lock_rule')).toEqual({ type: '', ended_time: 0 });
  });

  it.each(['lock_now', 'lock_early', 'reset'])('locks at once and reads as %s', async (type) => {
    const controller = await start({ seed, quirks: { 'lock-now-reads-as': type } });
    await controller.data('PUT', '/doors/d1/lock_rule', { type: 'lock_now' });
    expect(await spans(controller, 'd1')).toEqual([{ from: '2026-11-21T09:00:00Z', to: '2026-11-21T12:00:00Z' }]);
    expect(pick(await controller.data('GET', '/doors/d1/lock_rule'), 'type')).toBe(type);
    await controller.data('PUT', '/doors/d2/lock_rule', { type: 'keep_unlock' });
    await controller.data('PUT', '/doors/d2/lock_rule', { type: 'lock_now' });
    expect(await controller.data('GET', '/doors/d2/lock_rule')).toEqual({ type, ended_time: 0 });
    expect(pick(await controller.data('GET', '/doors/d2'), 'door_lock_relay_status')).toBe('lock');
    await controller.sim.sim('/clock', { now: '2026-11-28T10:00:00Z' });
    expect(pick(await controller.data('GET', '/doors/d1/lock_rule'), 'type')).toBe('schedule');
    expect(pick(await controller.data('GET', '/doors/d2/lock_rule'), 'type')).toBe(type);
  });

  it('resumes the schedule after a reset, or stays locked by quirk', async () => {
    for (const [quirk, type, relay] of [
      ['resume', 'schedule', 'unlock'],
      ['lock', '', 'lock'],
    ] as const) {
      const controller = await start({ seed, quirks: { 'reset-in-schedule': quirk } });
      await controller.data('PUT', '/doors/d1/lock_rule', { type: 'custom', interval: 5 });
      await controller.data('PUT', '/doors/d1/lock_rule', { type: 'reset' });
      expect(await controller.data('GET', '/doors/d1/lock_rule')).toEqual({ type, ended_time: 0 });
      expect(pick(await controller.data('GET', '/doors/d1'), 'door_lock_relay_status')).toBe(relay);
      expect(await spans(controller, 'd1', '2026-11-28T00:00:00Z', '2026-11-29T00:00:00Z')).toHaveLength(1);
    }
  });

  it('reads an idle rule and refuses a long one by quirk', async () => {
    const controller = await start({ seed, quirks: { 'idle-lock-rule': 'reset', 'max-interval': '60' } });
    expect(await controller.data('GET', '/doors/d2/lock_rule')).toEqual({ type: 'reset', ended_time: 0 });
    const set = (body: unknown): Promise<unknown> => controller.code('PUT', '/doors/d2/lock_rule', body);
    expect(await set({ type: 'custom', interval: 61 })).toBe('CODE_PARAMS_INVALID');
    expect(await set({ type: 'custom', interval: 60 })).toBe('SUCCESS');
    for (const body of [
      { type: 'custom' },
      { type: 'custom', interval: 0 },
      { type: 'custom', interval: 1.5 },
      { type: 'open' },
    ]) {
      expect(await set(body)).toBe('CODE_PARAMS_INVALID');
    }
  });

  it('says when a hub is off line or knows no rules', async () => {
    const controller = await start({
      seed: {
        doors: [
          { id: 'a', name: 'A', is_online: false },
          { id: 'b', name: 'B', supports_lock_rule: false },
        ],
      },
    });
    expect(await controller.code('PUT', '/doors/a/lock_rule', { type: 'reset' })).toBe('CODE_DEVICE_DEVICE_OFFLINE');
    expect(await controller.code('PUT', '/doors/b/lock_rule', { type: 'reset' })).toBe('CODE_DEVICE_API_NOT_SUPPORTED');
    expect(await controller.code('PUT', '/doors/c/lock_rule', { type: 'reset' })).toBe('CODE_RESOURCE_NOT_FOUND');
  });

  it('reads holidays by the quirks it was started with', async () => {
    const late = {
      ...seed,
      time_zone: newYork,
      holiday_groups: [
        {
          id: 'h',
          name: 'Fence',
          holidays: [{ name: 'Off', start_time: '2026-11-21 00:00:00z', end_time: '2026-11-22 00:00:00z' }],
        },
      ],
      schedules: [
        {
          id: 's1',
          name: 'S',
          weekly: { saturday: [{ start_time: '18:00:00', end_time: '20:59:59' }] },
          holiday_group_id: 'h',
        },
      ],
    };
    const asked = ['2026-11-21T05:00:00Z', '2026-11-29T05:00:00Z'] as const;
    const next = { from: '2026-11-28T23:00:00Z', to: '2026-11-29T02:00:00Z' };
    for (const [quirks, first] of [
      [{}, [{ from: '2026-11-22T00:00:00Z', to: '2026-11-22T02:00:00Z' }]],
      [{ 'holiday-zone': 'local' }, []],
      [{ 'holiday-end': 'inclusive' }, []],
      [{ 'empty-holiday': 'weekly' }, [{ from: '2026-11-21T23:00:00Z', to: '2026-11-22T02:00:00Z' }]],
    ] as const) {
      const controller = await start({ seed: late, quirks });
      expect(await spans(controller, 'd1', ...asked)).toEqual([...first, next]);
    }
  });

  it('answers three weeks of twenty doors at once, and refuses nonsense', async () => {
    const ranges = Array.from({ length: 20 }, (_, hour) => ({
      start_time: `${String(hour).padStart(2, '0')}:00:00`,
      end_time: `${String(hour).padStart(2, '0')}:29:59`,
    }));
    const many = Array.from({ length: 20 }, (_, index) => index);
    const controller = await start({
      seed: {
        time_zone: newYork,
        doors: many.map((index) => ({ id: `d${index}`, name: `Door ${index}` })),
        schedules: many.map((index) => ({
          id: `s${index}`,
          name: `S${index}`,
          weekly: Object.fromEntries(weekdays.map((day) => [day, ranges])),
          holiday_group_id: 'h',
        })),
        unlock_schedules: Object.fromEntries(many.map((index) => [`d${index}`, `s${index}`])),
        holiday_groups: [
          {
            id: 'h',
            name: 'Fence',
            holidays: Array.from({ length: 60 }, (_, day) => ({
              name: `H${day}`,
              start_time: `${new Date(instant('2026-11-28T00:00:00Z') + day * 86_400_000).toISOString().slice(0, 19)}Z`,
              end_time: `${new Date(instant('2026-11-29T00:00:00Z') + day * 86_400_000).toISOString().slice(0, 19)}Z`,
            })),
          },
        ],
      },
    });
    const before = performance.now();
    const report = rows(await controller.sim.sim('/doors?from=2026-11-21T05:00:00Z&to=2026-12-12T05:00:00Z'));
    expect(performance.now() - before).toBeLessThan(1_000);
    expect(report).toHaveLength(20);
    expect(rows(pick(report, 0, 'unlocked')).at(-1)?.['from']).toBe('2026-11-27T23:00:00Z');
    for (const query of [
      'at=yesterday',
      'from=2026-11-21T05:00:00Z',
      'from=2026-11-21T05:00:00Z&to=2026-11-20T05:00:00Z',
      'at=2026-11-21',
    ]) {
      expect((await controller.sim.call(`/_sim/doors?${query}`)).status).toBe(400);
    }
  });
});
