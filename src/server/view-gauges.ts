import { Gauge, type Registry } from 'prom-client';
import { createAlertGauges } from './alert-gauges.js';
import type { ControllerObserver } from '../controller/observer.js';
import type { Clock } from '../runtime/clock.js';
import { plain } from '../runtime/text.js';
import type { SourceView, StatusView } from '../status/view.js';
import type { StatusUpdate } from '../store/resource-store.js';

export interface ViewGauges {
  /** Replaces all that was shown: what the view no longer names disappears. */
  readonly publish: ControllerObserver['published'];
}

interface PublishedSources {
  readonly sources: readonly SourceView[];
  /** Seconds, when it was published. */
  readonly revisionAges: readonly (readonly [of: 'commit' | 'pull', age: number])[];
  /** Monotonic ms. */
  readonly at: number;
}

const conditionStatuses = ['True', 'False', 'Unknown'] as const;

/** What the last published view says, as gauges. */
export function createViewGauges(registry: Registry, clock: Pick<Clock, 'monotonic'>): ViewGauges {
  let published: PublishedSources = { sources: [], revisionAges: [], at: 0 };
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[]): Gauge<Label> =>
    new Gauge({ name, help, labelNames, registers: [registry] });

  const lastSuccess = gauge('sexton_last_success_timestamp_seconds', 'When a plane last succeeded; 0: never.', ['plane']);
  new Gauge({
    name: 'sexton_source_age_seconds',
    help: 'Age of the newest good reading; absent before the first.',
    labelNames: ['source'],
    registers: [registry],
    collect() {
      this.reset();
      const since = (clock.monotonic() - published.at) / 1000;
      for (const { name, ageSeconds } of published.sources) {
        if (ageSeconds !== null) this.set({ source: name }, ageSeconds + since);
      }
    },
  });
  const complete = gauge('sexton_source_complete', '1: the newest reading succeeded and was whole.', ['source']);
  const held = gauge('sexton_held_changes', 'Planned changes that are not applied.', ['plane']);
  const quarantined = gauge('sexton_quarantined', 'Members whose records are too broken to act on.', []);
  const members = gauge('sexton_members', 'Contacts by outcome; never who.', ['outcome']);
  const pending = gauge('sexton_pending_events', 'Events that wait for approval.', []);
  const condition = gauge('sexton_condition', '1 for the status that a condition has.', ['kind', 'name', 'type', 'status']);
  const revision = gauge('sexton_revision_info', '1 for the commit in force; absent without git-ops.', ['revision']);
  new Gauge({
    name: 'sexton_revision_age_seconds',
    help: 'Age of the commit in force (of="commit"), and of the last answer of its repository (of="pull"); absent where unknown.',
    labelNames: ['of'],
    registers: [registry],
    collect() {
      this.reset();
      const since = (clock.monotonic() - published.at) / 1000;
      for (const [of, age] of published.revisionAges) this.set({ of }, age + since);
    },
  });
  const refused = gauge('sexton_revision_refused', '1: the newest commit, or the branch, is refused and an older one is in force; absent without git-ops.', []);
  const pullFailed = gauge('sexton_pull_failed', '1: the last pull did not reach its end; absent without git-ops.', []);
  const open = gauge('sexton_door_open', '1: the doors of the group stand open by their program.', ['group']);

  const alerting = createAlertGauges(registry);

  return {
    publish({ status, pending: waiting, diff }, statuses) {
      for (const each of [lastSuccess, complete, held, condition, open, revision]) each.reset();
      published = { sources: status.sources, revisionAges: revisionAges(status), at: clock.monotonic() };
      // Without git-ops they are absent, not 0.
      for (const each of [refused, pullFailed]) each.remove();
      if (status.gitOps != null) {
        if (status.revision !== null) revision.set({ revision: status.revision }, 1);
        refused.set(status.gitOps.refused === null ? 0 : 1);
        pullFailed.set(status.gitOps.failed === null ? 0 : 1);
      }
      for (const { plane, lastSuccess: at } of status.planes) {
        lastSuccess.set({ plane }, at === null ? 0 : Date.parse(at) / 1000);
      }
      for (const source of status.sources) complete.set({ source: source.name }, source.complete ? 1 : 0);
      for (const { plane, changes } of diff.planes) {
        held.set({ plane }, changes.filter((change) => change.held !== false).length);
      }
      alerting(status.alerting);
      quarantined.set(status.members.quarantined);
      for (const [outcome, count] of Object.entries(status.members)) if (typeof count === 'number') members.set({ outcome }, count);
      pending.set(waiting.length);
      for (const { name, now } of status.doorGroups) open.set({ group: plain(name) }, now === 'Open' ? 1 : 0);
      const labels = statuses.flatMap(conditionLabels);
      for (const { kind, name, type } of labels) {
        for (const value of conditionStatuses) condition.set({ kind, name, type, status: value }, 0);
      }
      // In a second pass: of two documents with one name, the status of each is 1.
      for (const each of labels) condition.set(each, 1);
    },
  };
}

function revisionAges({ gitOps, now }: StatusView): PublishedSources['revisionAges'] {
  const ages = [['commit', gitOps?.revision?.authoredAt], ['pull', gitOps?.fetchedAt]] as const;
  return ages.flatMap(([of, at]) => (at == null ? [] : [[of, Math.max(0, (Date.parse(now) - Date.parse(at)) / 1000)] as const]));
}

/** Kind and name are those of a document, which may have been refused for them. */
function conditionLabels({ kind, name, status }: StatusUpdate): { kind: string; name: string; type: string; status: string }[] {
  const conditions: unknown = status['conditions'];
  if (!Array.isArray(conditions)) return [];
  return conditions.flatMap((each: Readonly<Record<string, unknown>> | null) => {
    const type = each?.['type'];
    const value = conditionStatuses.find((known) => known === each?.['status']);
    return typeof type === 'string' && value !== undefined ? [{ kind, name: plain(name), type, status: value }] : [];
  });
}
