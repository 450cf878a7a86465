import type { Body } from './endpoint.js';
import { invalid } from './envelope.js';
import { type Range, type Week, weekdays } from './model.js';

/** Checked reading of request bodies. Absent is undefined; anything of the wrong type is CODE_PARAMS_INVALID. */

export function textField(body: Body, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw invalid(`${name} must be a string.`);
  return value;
}

/** @throws ApiError also when it is absent or empty */
export function requiredText(body: Body, name: string): string {
  const value = textField(body, name);
  if (value === undefined || value.trim() === '') throw invalid(`${name} is required.`);
  return value;
}

/** Absent leaves things as they are; given, it must not be empty. */
export function keptText(body: Body, name: string): string | undefined {
  return body[name] === undefined ? undefined : requiredText(body, name);
}

export function flagField(body: Body, name: string): boolean | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean') throw invalid(`${name} must be a boolean.`);
  return value;
}

export function wholeField(body: Body, name: string): number | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value)) throw invalid(`${name} must be an integer.`);
  return value;
}

export function listField(body: Body, name: string): readonly unknown[] | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw invalid(`${name} must be a list.`);
  return value as readonly unknown[];
}

export function textListField(body: Body, name: string): readonly string[] | undefined {
  const list = listField(body, name);
  if (list === undefined) return undefined;
  return list.map((item) => {
    if (typeof item !== 'string') throw invalid(`${name} must be a list of strings.`);
    return item;
  });
}

export function asBody(value: unknown, name: string): Body {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(`${name} must be an object.`);
  return Object.fromEntries(Object.entries(value));
}

const timePattern = /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d$/;

/** @throws ApiError unless every range is `HH:MM:SS` and inside one day */
export function readRanges(value: unknown, name: string): readonly Range[] {
  if (!Array.isArray(value)) throw invalid(`${name} must be a list.`);
  return value.map((item: unknown) => {
    const range = asBody(item, name);
    const start = requiredText(range, 'start_time');
    const end = requiredText(range, 'end_time');
    if (!timePattern.test(start) || !timePattern.test(end) || end < start)
      throw invalid(`${name}: ${start}-${end} is no range of one day.`);
    return { start_time: start, end_time: end };
  });
}

export function emptyWeek(): Week {
  return { monday: [], tuesday: [], wednesday: [], thursday: [], friday: [], saturday: [], sunday: [] };
}

export function everyDay(): Week {
  const all = [{ start_time: '00:00:00', end_time: '23:59:59' }];
  return { monday: all, tuesday: all, wednesday: all, thursday: all, friday: all, saturday: all, sunday: all };
}

/** Days that are not named are closed. */
export function readWeek(value: unknown, name: string): Week {
  const given = asBody(value, name);
  const unknown = Object.keys(given).find((key) => !weekdays.some((day) => day === key));
  if (unknown !== undefined) throw invalid(`${name}: unknown day ${unknown}.`);
  const days = weekdays.filter((day) => given[day] !== undefined && given[day] !== null);
  return { ...emptyWeek(), ...Object.fromEntries(days.map((day) => [day, readRanges(given[day], `${name}.${day}`)])) };
}

const instantPattern = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

/** RFC 3339, also in the form it is read back, to milliseconds; undefined when it is not. */
export function parseTimestamp(text: string): number | undefined {
  if (!instantPattern.test(text)) return undefined;
  const instant = Date.parse(text.toUpperCase().replace(' ', 'T'));
  return Number.isNaN(instant) ? undefined : instant;
}

/** `2023-08-25 00:00:00z`: how the controller writes holiday times, whatever it was given. */
export function controllerTimestamp(instant: number): string {
  return new Date(instant).toISOString().slice(0, 19).replace('T', ' ') + 'z';
}
