import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startSite, type Site, type SiteOptions } from '../support/site.js';
import { runCommandLine, type Ran, type With } from './harness.js';

const header = (kind: string, name: string): string => `apiVersion: sexton.dev/v1alpha1\nkind: ${kind}\nmetadata: { name: ${name} }\n`;

const doorGroup = (name: string, door: string): string =>
  `${header('DoorGroup', name)}spec:\n  displayName: ${name}\n  doors: [{ name: ${door} }]\n  unlock: { method: Schedule, schedule: { name: "${name} hours" } }\n`;

export interface EventDraft {
  readonly id: string;
  readonly name: string;
  readonly room?: string;
  /** Pairs of start and end. */
  readonly at: readonly (readonly [starts: string, ends: string])[];
}

export function event({ id, name, room = 'r1', at }: EventDraft): unknown {
  const instances = at.map(([starts_at, ends_at], index) => ({
    id: `${id}-${index}`,
    name,
    starts_at,
    ends_at,
    published_starts_at: starts_at,
    published_ends_at: ends_at,
    bookings: [{ id: `${id}-${index}-b`, resource_id: room, starts_at, ends_at, approval_status: 'A' }],
  }));
  return { id, name, approval_status: 'A', instances };
}

const empty = { monday: [], tuesday: [], wednesday: [], thursday: [], friday: [], saturday: [], sunday: [] };

/** A Saturday morning in New York: two door groups, hours on Saturdays and Mondays, and the events given. */
export function church(events: readonly EventDraft[], more: Partial<SiteOptions> = {}): SiteOptions {
  return {
    now: '2026-11-21T15:00:30Z',
    without: ['civicrm'],
    unifi: {
      time_zone: 'America/New_York',
      doors: [
        { id: 'door-lobby', name: 'Lobby' },
        { id: 'door-gym', name: 'Gym' },
      ],
      schedules: ['lobby', 'gym'].map((name) => ({ id: `schedule-${name}`, name: `${name} hours`, weekly: empty })),
      unlock_schedules: { 'door-lobby': 'schedule-lobby', 'door-gym': 'schedule-gym' },
    },
    pco: {
      organization: { name: 'Church', time_zone: 'America/New_York' },
      resources: [
        { id: 'r1', name: 'Sanctuary', kind: 'Room' },
        { id: 'r2', name: 'Gym', kind: 'Room' },
      ],
      events: events.map(event),
    },
    ...more,
    files: {
      'doors.yaml': [doorGroup('lobby', 'Lobby'), doorGroup('gym', 'Gym')].join('---\n'),
      'rooms.yaml': `${header('RoomMapping', 'rooms')}spec:\n  rooms:\n    - { name: Sanctuary, doorGroups: [lobby] }\n    - { name: Gym, doorGroups: [gym] }\n`,
      'hours.yaml': `${header('OfficeHours', 'office')}spec:\n  weekly:\n    - { days: [saturday, monday], hours: ["09:00-12:00"], doorGroups: [lobby] }\n`,
      ...more.files,
    },
  };
}

/** Commands against a running site: they see the view that its daemon would leave. */
export function commandsOf(site: Site): (words: readonly string[], more?: With) => Promise<Ran> {
  return (words, more = {}) =>
    runCommandLine(words, {
      now: site.clock.now(),
      readers: { loadView: () => Promise.resolve({ view: site.composition.engine.view(), from: 'daemon' }) },
      ...more,
      environment: { SEXTON_CONFIG: site.configPath, SUDO_USER: 'pat', ...more.environment },
    });
}

export async function generatedFiles(site: Site): Promise<readonly string[]> {
  const names = await readdir(join(site.resources, 'generated')).catch(() => []);
  return names.filter((name) => !name.endsWith('.status.yaml')).sort();
}

export function readResource(site: Site, file: string): Promise<string> {
  return readFile(join(site.resources, file), 'utf8');
}

export async function start(events: readonly EventDraft[], more: Partial<SiteOptions> = {}): Promise<Site> {
  const site = await startSite(church(events, more));
  const errors = await site.run('doors');
  if (errors.length > 0) throw errors[0];
  return site;
}
