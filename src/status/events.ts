import type { Condition } from '../api/conditions.js';
import { isoSeconds } from '../runtime/instant.js';
import type { Instant } from '../desired/model.js';
import type { ResourceReading, StatusUpdate } from '../store/resource-store.js';
import type { DoorsReport, MembersReport } from './report.js';

/** One line of `events.jsonl`: something changed. Contact ids only. */
export interface ControllerEvent {
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly object: { readonly kind: string; readonly name: string };
  readonly message: string;
}

/** What moved between the statuses that were read and the ones to write: conditions that turned, files refused. */
export function statusEvents(reading: ResourceReading, updates: readonly StatusUpdate[], now: Instant): ControllerEvent[] {
  const before = new Map(reading.resources.map(({ kind, name, file, status }) => [`${kind}/${name} ${file}`, status?.conditions ?? []]));
  return updates.flatMap((update) => {
    const previous = before.get(`${update.kind}/${update.name} ${update.file}`) ?? [];
    const conditions = (update.status['conditions'] ?? []) as readonly Condition[];
    const object = { kind: update.kind, name: update.name };
    const turned = conditions.filter((condition) => {
      const known = previous.find(({ type }) => type === condition.type)?.status;
      return known !== condition.status && isNews(condition, known);
    });
    return turned.map(
      (condition): ControllerEvent => ({
        at: isoSeconds(now),
        type: isGood(condition) ? 'Normal' : 'Warning',
        reason: condition.reason,
        object,
        message: `${condition.type} is ${condition.status}: ${condition.message}`,
      }),
    );
  });
}

const told = new Set<Condition['type']>(['Accepted', 'Ready', 'SourceStale', 'Braked', 'Suspended', 'Stalled', 'StatusJobLate', 'UnnamedPolicies', 'DefaultSitePolicy', 'Following']);

/** A new resource that is fine says so once, as Ready; an Accepted that was never anything else is no news. */
function isNews({ type, status }: Condition, before: Condition['status'] | undefined): boolean {
  if (!told.has(type)) return false;
  if (type === 'Following') return status === 'False' || (status === 'True' && before === 'False');
  return type !== 'Accepted' || status !== 'True' || before !== undefined;
}

function isGood({ type, status }: Condition): boolean {
  if (type === 'Accepted' || type === 'Ready' || type === 'Following') return status === 'True';
  return type === 'Suspended';
}

export function doorEvents(report: DoorsReport): ControllerEvent[] {
  return [...programmedEvents(report), ...ruleEvents(report), ...pendingEvents(report), ...alertEvents(report)];
}

/** One record a new pending entry, with the command that releases it. */
function pendingEvents({ waiting, at }: DoorsReport): ControllerEvent[] {
  return waiting.fresh.map(({ eventId, eventName, startsAt, reason, release }) => ({
    at: isoSeconds(at),
    type: 'Warning',
    reason,
    object: { kind: 'Event', name: `${eventId}@${startsAt}` },
    message: `${eventName} waits for approval: ${release}`,
  }));
}

function ruleEvents({ rules, at }: DoorsReport): ControllerEvent[] {
  return rules.flatMap(({ doorName, state, sent }) =>
    state === 'Pending'
      ? []
      : sent.map(({ until }): ControllerEvent => ({
          at: isoSeconds(at),
          type: 'Normal',
          reason: 'Programmed',
          object: { kind: 'Door', name: doorName },
          message: until === null ? 'its lock rule was ended' : `open by lock rule until ${isoSeconds(until)}`,
        })),
  );
}

function alertEvents({ alerts, at }: DoorsReport): ControllerEvent[] {
  return alerts.map(({ reason, message }) => ({ at: isoSeconds(at), type: 'Warning', reason, object: { kind: 'Source', name: 'planningCenter' }, message }));
}

function programmedEvents(report: DoorsReport): ControllerEvent[] {
  return report.groups
    .filter(({ done }) => done.length > 0)
    .map(({ plan, done }) => ({
      at: isoSeconds(report.at),
      type: 'Normal',
      reason: 'Programmed',
      object: { kind: 'DoorGroup', name: plan.name },
      message: `written to UniFi: ${done.map(({ verb }) => verb).join(', ')}`,
    }));
}

export function memberEvents(report: MembersReport, name: string): ControllerEvent[] {
  const done = Object.entries(report.result?.done ?? {});
  if (done.length === 0) return [];
  return [
    {
      at: isoSeconds(report.at),
      type: 'Normal',
      reason: 'Programmed',
      object: { kind: 'TierMapping', name },
      message: `written to UniFi: ${done.map(([verb, count]) => `${count} ${verb}`).join(', ')}`,
    },
  ];
}
