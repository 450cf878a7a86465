import { subtract, type Span } from '../../src/sim/unifi/intervals.js';
import { unlockedIntervals, type HubReading } from '../../src/sim/unifi/hub.js';
import type { Range, Week } from '../../src/sim/unifi/model.js';
import type { Site, SiteOptions } from '../support/site.js';
import { wallClock } from '../support/wall-clock.js';

/** Everything about holidays that UniFi does not document, each way of reading it. */
export const readings: readonly HubReading[] = (['utc', 'local'] as const).flatMap((holidayZone) =>
  (['exclusive', 'inclusive'] as const).map((holidayEnd) => ({ emptyHoliday: 'deny' as const, holidayZone, holidayEnd, customOverSchedule: 'extend' as const })),
);

export const emptyDays = { monday: [], tuesday: [], wednesday: [], thursday: [], friday: [], saturday: [], sunday: [] };

export const header = (kind: string, name: string): string => `apiVersion: sexton.dev/v1alpha1\nkind: ${kind}\nmetadata: { name: ${name} }\n`;

/** Standing hours: what opens these doors, and nothing else. */
export const hours = {
  lobby: { days: ['monday', 'wednesday', 'saturday'], from: '09:00', to: '12:00' },
  gym: { days: ['sunday', 'tuesday', 'friday'], from: '18:30', to: '21:00' },
} as const;
export type Group = keyof typeof hours;
export const groups = ['lobby', 'gym'] as const satisfies readonly Group[];

export const doorGroup = (name: string, extra = ''): string =>
  `${header('DoorGroup', name)}spec:\n  displayName: ${name}\n  doors: [{ name: ${name} }]\n  unlock: { method: Schedule, schedule: { name: "${name} hours" } }\n${extra}`;

export const officeHours = (but: readonly Group[] = []): string =>
  `${header('OfficeHours', 'hours')}spec:\n  weekly:\n${groups
    .filter((group) => !but.includes(group))
    .map((group) => `    - { days: [${hours[group].days.join(', ')}], hours: ["${hours[group].from}-${hours[group].to}"], doorGroups: [${group}] }\n`)
    .join('')}`;

export function world(timeZone: string, now: string, unifi: Readonly<Record<string, unknown>> = {}): SiteOptions {
  return {
    now,
    timeZone,
    without: ['planningCenter', 'civicrm'],
    files: { 'lobby.yaml': doorGroup('lobby'), 'gym.yaml': doorGroup('gym'), 'hours.yaml': officeHours() },
    unifi: {
      time_zone: timeZone,
      doors: groups.map((name) => ({ id: `door-${name}`, name })),
      schedules: groups.map((name) => ({ id: `schedule-${name}`, name: `${name} hours`, weekly: emptyDays })),
      unlock_schedules: Object.fromEntries(groups.map((name) => [`door-${name}`, `schedule-${name}`])),
      ...unifi,
    },
  };
}

export interface HolidayGroupState {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly holidays: readonly { readonly name: string; readonly start_time: string; readonly end_time: string }[];
}

export interface ScheduleState {
  readonly id: string;
  readonly weekly: Week;
  readonly holiday_group_id: string;
  readonly holiday_schedule: readonly Range[];
}

export interface UnifiState {
  readonly schedules: readonly ScheduleState[];
  readonly holiday_groups: readonly HolidayGroupState[];
}

export async function unifiState({ unifi }: Site): Promise<UnifiState> {
  return (await unifi.sim('/state')) as UnifiState;
}

export function fences({ holiday_groups: all }: UnifiState): readonly HolidayGroupState[] {
  return all.filter(({ name }) => name.startsWith('Sexton fence'));
}

/** When the hub of a group's door would stand open if nobody ever wrote again. */
export function openSpans(state: UnifiState, group: Group, timeZone: string, [from, to]: readonly [number, number], reading: HubReading): readonly Span[] {
  const schedule = state.schedules.find(({ id }) => id === `schedule-${group}`);
  if (schedule === undefined) return [];
  const holidays = state.holiday_groups
    .filter(({ id }) => id === schedule.holiday_group_id)
    .flatMap((each) =>
      each.holidays.map((holiday, index) => ({
        id: String(index),
        name: holiday.name,
        description: '',
        repeat: false,
        is_template: false,
        start: Date.parse(holiday.start_time),
        end: Date.parse(holiday.end_time),
      })),
    );
  return unlockedIntervals({ weekly: schedule.weekly, timeZone, holidays, holidaySchedule: schedule.holiday_schedule }, from, to, reading);
}

/** What is declared for one local date, its closing minute included. */
export function declaredOn(group: Group, date: string, timeZone: string): readonly Span[] {
  const weekday = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'][new Date(`${date}T00:00:00Z`).getUTCDay()] ?? '';
  const { days, from, to } = hours[group];
  if (!(days as readonly string[]).includes(weekday)) return [];
  const wall = wallClock(timeZone);
  const at = (text: string): number => {
    const plain = wall.startOf(date) + Number(text.slice(0, 2)) * 3_600_000 + Number(text.slice(3)) * 60_000;
    // An hour off on the days on which clocks change.
    return [plain, plain + 3_600_000, plain - 3_600_000].find((instant) => wall.at(instant) === `${date}T${text}`) ?? Number.NaN;
  };
  return [{ from: at(from), to: at(to) + 60_000 }];
}

export function plusDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** Spans of `open` that nothing declares, over as many dates from `date` on. */
export function undeclared(open: readonly Span[], group: Group, date: string, days: number, timeZone: string): readonly Span[] {
  const declared = Array.from({ length: days }, (_, index) => declaredOn(group, plusDays(date, index), timeZone)).flat();
  return subtract(open, declared);
}

/** Writes that UniFi gets before all contact breaks: `writes` of them act, the last one without an answer when `unanswered`. */
export async function breakAfter({ unifi }: Site, writes: number, unanswered: boolean): Promise<void> {
  const match = '^(POST|PUT|DELETE) /api';
  const through = unanswered ? writes - 1 : writes;
  if (through > 0) await unifi.sim('/fault', { match, times: through, delayMs: 0 });
  if (unanswered) await unifi.sim('/fault', { match, times: 1, truncateBytes: 0 });
  await unifi.sim('/fault', { match, times: -1, reset: true });
}
