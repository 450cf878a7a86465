import type { SpecOf } from '../../src/api/resource.js';
import { calendar, type Calendar } from '../../src/desired/calendar/calendar.js';
import { localTime, type LocalTime } from '../../src/desired/calendar/local-time.js';
import type { CalendarDeclarations, Declared } from '../../src/desired/calendar/site.js';
import type { BookedEvent, Booking } from '../../src/desired/model.js';

/** Specs as they are after defaulting, with what a test says about them. */

export function doorGroup(name: string, unlock: Partial<SpecOf<'DoorGroup'>['unlock']> = {}, more: Partial<SpecOf<'DoorGroup'>> = {}): Declared<SpecOf<'DoorGroup'>> {
  const spec: SpecOf<'DoorGroup'> = {
    suspend: false,
    doors: [{ name: `Door ${name}` }],
    unlock: { method: 'Schedule', schedule: { create: false }, lead: '0m', lag: '0m', maxContinuous: '16h', ...unlock },
    policy: { manage: false },
    deletionPolicy: 'Lock',
    ...more,
  };
  return { name, spec, suspended: spec.suspend };
}

export function roomMapping(name: string, more: Partial<SpecOf<'RoomMapping'>>): Declared<SpecOf<'RoomMapping'>> {
  const spec: SpecOf<'RoomMapping'> = { suspend: false, timesFrom: 'Published', locationFallback: false, rooms: [], exclude: [], ...more };
  return { name, spec, suspended: spec.suspend };
}

export function officeHours(name: string, more: Partial<SpecOf<'OfficeHours'>>): Declared<SpecOf<'OfficeHours'>> {
  const spec: SpecOf<'OfficeHours'> = { suspend: false, weekly: [], closures: [], openings: [], ...more };
  return { name, spec, suspended: spec.suspend };
}

export function eventOverride(
  name: string,
  match: SpecOf<'EventOverride'>['match'],
  more: Partial<SpecOf<'EventOverride'>> = {},
): Declared<SpecOf<'EventOverride'>> {
  const spec: SpecOf<'EventOverride'> = { suspend: false, match, action: 'Cancel', priority: 0, ...more };
  return { name, spec, suspended: spec.suspend };
}

export function safeHours(more: Partial<SpecOf<'SafeHours'>>): Declared<SpecOf<'SafeHours'>> {
  return { name: 'safe', spec: { default: '05:00-23:00', days: {}, preApproved: [], outside: 'Hold', ...more }, suspended: false };
}

export interface BookingDraft {
  readonly event?: string;
  readonly eventId?: string;
  readonly room?: string;
  readonly resourceId?: string | null;
  /** `2026-11-23T18:00-05:00/2026-11-23T20:00-05:00`: public times, and the others too where they are not given. */
  readonly at: string;
  /** Another one for the same event and start: the calendar made the occurrence anew. */
  readonly instanceId?: string;
  readonly setup?: string;
  readonly booked?: string;
  readonly location?: string | null;
  readonly blockout?: boolean;
  readonly approval?: Booking['approval'];
}

export function booking(draft: BookingDraft): Booking {
  const published = interval(draft.at);
  const whole = interval(draft.setup ?? draft.at);
  const booked = interval(draft.booked ?? draft.setup ?? draft.at);
  const name = draft.event ?? 'Youth Group';
  const event: BookedEvent = {
    id: draft.eventId ?? '140',
    instanceId: draft.instanceId ?? `${draft.eventId ?? '140'}-${draft.at}`,
    name,
    startsAt: whole.start,
    endsAt: whole.end,
    publishedStartsAt: published.start,
    publishedEndsAt: published.end,
    location: draft.location ?? null,
    allDay: false,
    blockout: draft.blockout ?? false,
  };
  return {
    id: `${event.instanceId}-${draft.room ?? ''}-${draft.resourceId ?? ''}`,
    event,
    resourceId: draft.resourceId === undefined ? '1' : draft.resourceId,
    room: draft.room ?? 'Gym',
    ...booked,
    approval: draft.approval ?? 'Approved',
  };
}

function interval(text: string): { start: number; end: number } {
  const [start = '', end = ''] = text.split('/');
  return { start: Date.parse(start), end: Date.parse(end) };
}

export interface SiteDraft extends Partial<CalendarDeclarations> {
  readonly bookings?: readonly Booking[];
  readonly zone?: string;
  readonly now?: string;
  readonly days?: number;
}

const times = new Map<string, LocalTime>();

/** The same for all sites of a zone: what it learned of the zone stays learned. */
function zoneTime(zone: string): LocalTime {
  const time = times.get(zone) ?? localTime(zone);
  times.set(zone, time);
  return time;
}

export function calendarOf({ bookings = [], zone = 'America/New_York', now = '2026-11-23T06:00:00-05:00', days = 7, ...declared }: SiteDraft): Calendar {
  const declarations: CalendarDeclarations = {
    doorGroups: [doorGroup('gym')],
    roomMappings: [roomMapping('rooms', { rooms: [{ name: 'Gym', doorGroups: ['gym'] }] })],
    officeHours: [],
    eventOverrides: [],
    safeHours: null,
    ...declared,
  };
  return calendar({ declarations, bookings, local: zoneTime(zone), days }, Date.parse(now));
}

/** Windows of a group in the words of its zone: `2026-11-23 18:00 to 2026-11-23 20:00`. */
export function windowsOf(found: Calendar, group = 'gym', zone = 'America/New_York'): string[] {
  const windows = found.groups.find(({ doorGroup: name }) => name === group)?.windows ?? [];
  return windows.map(({ start, end }) => `${shown(start, zone)} to ${shown(end, zone)}`);
}

/** What waits for a person: `2026-11-23 18:00 to 2026-11-23 20:00, OutsideSafeHours`. */
export function heldOf(found: Calendar, group = 'gym', zone = 'America/New_York'): string[] {
  const held = found.groups.find(({ doorGroup: name }) => name === group)?.held ?? [];
  return held.map(({ start, end, reason }) => `${shown(start, zone)} to ${shown(end, zone)}, ${reason}`);
}

const formats = new Map<string, Intl.DateTimeFormat>();

function shown(instant: number, zone: string): string {
  const format = formats.get(zone) ?? new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });
  formats.set(zone, format);
  return format.format(instant);
}
