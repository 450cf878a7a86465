import type {
  TimeRange,
  UnifiHoliday,
  UnifiHolidayGroup,
  UnifiPolicy,
  UnifiSchedule,
  UnifiScheduleSummary,
  WeekSchedule,
  Weekday,
} from '../access-controller.js';
import { weekdays } from '../access-controller.js';
import type { Row } from './wire.js';
import { flag, optionalRows, optionalText, row, text } from './wire.js';

const fullDay: readonly TimeRange[] = [{ start: '00:00:00', end: '23:59:59' }];

function readRanges(value: unknown, where: string): readonly TimeRange[] {
  return optionalRows(value, where)
    .map((range, index) => ({
      start: text(range, 'start_time', `${where}[${index}]`),
      end: text(range, 'end_time', `${where}[${index}]`),
    }))
    .sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
}

function writeRanges(ranges: readonly TimeRange[]): readonly Row[] {
  return ranges.map(({ start, end }) => ({ start_time: start, end_time: end }));
}

function week(of: (day: Weekday) => readonly TimeRange[]): WeekSchedule {
  return Object.fromEntries(weekdays.map((day) => [day, of(day)])) as Record<Weekday, readonly TimeRange[]>;
}

/** An absent week means access every day (API reference, schedules). */
function readWeek(value: unknown, where: string): WeekSchedule {
  if (value === undefined || value === null) return week(() => fullDay);
  const days = row(value, where);
  return week((day) => readRanges(days[day], `${where}.${day}`));
}

/** All seven days, always; `week_schedule` is the name on writes, `weekly` on reads. */
export function writeWeek(schedule: WeekSchedule): Row {
  return Object.fromEntries(weekdays.map((day) => [day, writeRanges(schedule[day])]));
}

export function writeHolidaySchedule(ranges: readonly TimeRange[]): readonly Row[] {
  return writeRanges(ranges);
}

export function readScheduleSummary(from: Row, where: string): UnifiScheduleSummary {
  return {
    id: text(from, 'id', where),
    name: text(from, 'name', where),
    isDefault: flag(from, 'is_default'),
    holidayGroupId: optionalText(from, 'holiday_group_id'),
  };
}

export function readSchedule(from: Row, where: string): UnifiSchedule {
  return {
    ...readScheduleSummary(from, where),
    week: readWeek(from['weekly'], `${where}.weekly`),
    holidaySchedule: readRanges(from['holiday_schedule'], `${where}.holiday_schedule`),
  };
}

export function readPolicy(from: Row, where: string): UnifiPolicy {
  return {
    id: text(from, 'id', where),
    name: optionalText(from, 'name'),
    resources: optionalRows(from['resources'], `${where}.resources`).map((resource, index) => ({
      type: optionalText(resource, 'type'),
      id: text(resource, 'id', `${where}.resources[${index}]`),
    })),
    scheduleId: optionalText(from, 'schedule_id'),
  };
}

/** `resource` is the name on writes, `resources` on reads; an unknown key is ignored without a word. */
export function writeDoors(doorIds: readonly string[]): readonly Row[] {
  return doorIds.map((id) => ({ type: 'door', id }));
}

/** `2023-08-25 00:00:00z`, as it is read back, becomes `2023-08-25T00:00:00Z`; what is no instant stays as it is. */
export function normalizeInstant(value: string): string {
  const parts = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.\d+)?\s*(z|[+-]\d\d:?\d\d)?$/i.exec(value.trim());
  if (parts === null) return value;
  const [, date = '', time = '', zone = 'Z'] = parts;
  if (zone.toUpperCase() === 'Z') return `${date}T${time}Z`;
  const instant = new Date(`${date}T${time}${zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone}`);
  return Number.isNaN(instant.getTime()) ? value : instant.toISOString().replace(/\.\d{3}Z$/, 'Z');
}

function readHoliday(from: Row, where: string): UnifiHoliday {
  return {
    name: optionalText(from, 'name'),
    repeat: flag(from, 'repeat'),
    start: normalizeInstant(text(from, 'start_time', where)),
    end: normalizeInstant(text(from, 'end_time', where)),
  };
}

export function readHolidayGroupSummary(
  from: Row,
  where: string,
): Pick<UnifiHolidayGroup, 'id' | 'name' | 'isDefault'> {
  return { id: text(from, 'id', where), name: text(from, 'name', where), isDefault: flag(from, 'is_default') };
}

export function readHolidayGroup(from: Row, where: string): UnifiHolidayGroup {
  return {
    ...readHolidayGroupSummary(from, where),
    description: optionalText(from, 'description'),
    holidays: optionalRows(from['holidays'], `${where}.holidays`).map((holiday, index) =>
      readHoliday(holiday, `${where}.holidays[${index}]`),
    ),
  };
}

export function writeHolidays(holidays: readonly UnifiHoliday[]): readonly Row[] {
  return holidays.map(({ name, repeat, start, end }) => ({
    name,
    description: '',
    repeat,
    is_template: false,
    start_time: start,
    end_time: end,
  }));
}
