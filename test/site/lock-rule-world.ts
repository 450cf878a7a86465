import { startSite, type Site, type SiteOptions } from '../support/site.js';
import { pick, rows } from '../support/sim.js';

export const header = (kind: string, name: string): string => `apiVersion: sexton.dev/v1alpha1\nkind: ${kind}\nmetadata: { name: ${name} }\n`;

export const ruled = (name: string, doors: string, extra = ''): string =>
  `${header('DoorGroup', name)}spec:\n  displayName: ${name}\n  doors: [${doors.split(' ').map((door) => `{ name: ${door} }`).join(', ')}]\n  unlock: { method: LockRule }\n${extra}`;

/** One-off openings on 21 November 2026, in a zone whose offset is zero: `18:00-20:00 gym`. */
export const openings = (...spans: readonly string[]): string =>
  `${header('OfficeHours', 'once')}spec:\n  openings:\n${spans
    .map((span) => /^(\S+)-(\S+) (\S+)$/.exec(span) ?? [])
    .map(([, from, to, group]) => `    - { from: "2026-11-21T${from}", to: "2026-11-21T${to}", doorGroups: [${group}] }\n`)
    .join('')}`;

export const instant = (time: string): string => `2026-11-21T${time.length === 5 ? `${time}:00` : time}Z`;

export interface RuleSite extends Site {
  /** Moves the clocks of both sides there and runs the doors plane. */
  runAt(time: string): Promise<readonly unknown[]>;
  moveTo(time: string): Promise<void>;
  /** What a person does in UniFi. */
  person(doorId: string, rule: { readonly type: string; readonly interval?: number }): Promise<void>;
  /** `18:00-20:00` of one door between two times, as its hub holds it from what it knows now. */
  unlocked(doorId: string, from?: string, to?: string): Promise<readonly string[]>;
  rule(doorId: string): Promise<string>;
  /** PUTs of lock rules since they were forgotten: `gym 120`, `gym reset`. */
  rulesSent(): Promise<readonly string[]>;
}

export async function startRuleSite(options: Partial<SiteOptions> & Pick<SiteOptions, 'files'>): Promise<RuleSite> {
  const site = await startSite({
    now: instant('17:00'),
    timeZone: 'Europe/London',
    without: ['planningCenter', 'civicrm'],
    ...options,
    unifi: {
      time_zone: 'Europe/London',
      doors: [
        { id: 'gym', name: 'Gym' },
        { id: 'side', name: 'Side' },
      ],
      ...(options.unifi as Record<string, unknown> | undefined),
    },
  });
  const api = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await site.unifi.call(`/api/v1/developer${path}`, { method, headers: { authorization: 'Bearer sim-unifi-token' }, ...(body === undefined ? {} : { body }) });
    return answer.json;
  };
  const moveTo = async (time: string): Promise<void> => {
    site.clock.set(instant(time));
    await site.unifi.sim('/clock', { now: instant(time) });
  };
  const clockOf = (value: unknown): string => String(value).slice(11, 19).replace(/:00$/, '');
  return Object.assign(site, {
    moveTo,
    runAt: async (time: string) => {
      await moveTo(time);
      return site.run('doors');
    },
    person: async (doorId: string, rule: unknown) => {
      await api('PUT', `/doors/${doorId}/lock_rule`, rule);
    },
    unlocked: async (doorId: string, from = '00:00', to = '23:59') => {
      const doors = rows(await site.unifi.sim(`/doors?from=${instant(from)}&to=${instant(to)}`));
      const spans = rows(doors.find(({ id }) => id === doorId)?.['unlocked']);
      return spans.map((span) => `${clockOf(span['from'])}-${clockOf(span['to'])}`);
    },
    rule: async (doorId: string) => String(pick(await api('GET', `/doors/${doorId}/lock_rule`), 'data', 'type')),
    rulesSent: async () =>
      (await site.writes()).flatMap(({ path, body }) => {
        const door = /doors\/([^/]+)\/lock_rule$/.exec(path)?.[1];
        if (door === undefined) return [];
        const interval = pick(body, 'interval');
        return [`${door} ${typeof interval === 'number' ? String(interval) : String(pick(body, 'type'))}`];
      }),
  });
}
