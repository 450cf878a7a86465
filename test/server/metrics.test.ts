import { describe, expect, test } from 'vitest';
import { createMetrics } from '../../src/server/metrics.js';
import type { ChangeView, SourceView, View } from '../../src/status/view.js';
import type { StatusUpdate } from '../../src/store/resource-store.js';

function testClock(): { monotonic: () => number; advance: (ms: number) => void } {
  let now = 5_000;
  return { monotonic: () => now, advance: (ms) => (now += ms) };
}

const counts = { access: 9, none: 1, ignored: 0, quarantined: 2, blocked: 0, vanished: 0 };

function source(name: SourceView['name'], ageSeconds: number | null): SourceView {
  const readAt = ageSeconds === null ? null : '2026-11-21T12:00:00Z';
  return { name, complete: ageSeconds !== null, readAt, ageSeconds, items: 3, revision: null, error: null };
}

function change(held: false | string): ChangeView {
  return { verb: 'deactivate', object: { kind: 'user', id: 'u-1', name: 'Zebedee Quimby' }, contact: 7, before: 'ACTIVE', after: 'DEACTIVATED', held };
}

function view(over: Partial<View['status']> = {}, rest: Partial<View> = {}): View {
  return {
    version: 1,
    status: {
      site: 'first-church',
      mode: 'Apply',
      now: '2026-11-21T12:01:00Z',
      revision: null,
      sources: [source('planningCenter', 60), source('civicrm', null)],
      doorGroups: [
        { name: 'front-lobby', now: 'Open', until: null, next: null, ready: true },
        { name: 'office', now: 'Closed', until: null, next: null, ready: true },
      ],
      members: counts,
      held: [],
      fence: 'Unverified',
      notes: [],
      planes: [
        { plane: 'doors', ready: true, lastSuccess: '2026-11-21T12:00:30Z', reason: null, message: null },
        { plane: 'members', ready: false, lastSuccess: null, reason: 'Reconciling', message: null },
      ],
      ...over,
    },
    bookings: [],
    pending: [],
    doors: [],
    members: [{ contact: 7, outcome: 'Quarantined', rule: null, policies: [], card: '***34', reasons: ['Zebedee'] }],
    windows: [],
    diff: { planes: [{ plane: 'doors', hash: null, changes: [] }, { plane: 'members', hash: 'abc', changes: [change('guard'), change(false), change('guard')] }] },
    ...rest,
  };
}

function status(name: string, ready: string, kind: StatusUpdate['kind'] = 'DoorGroup'): StatusUpdate {
  const conditions = [{ type: 'Ready', status: ready, reason: 'Valid', message: 'Zebedee Quimby' }];
  return { kind, name, file: 'groups.yaml', line: 1, status: { conditions } };
}

/** The lines of one metric, without help, as name{labels} value. */
async function lines(metrics: { text(): Promise<string> }, name: string): Promise<string[]> {
  return (await metrics.text()).split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
}

describe('metrics', () => {
  test('every name and label of the contract is there', async () => {
    const { observer, ...metrics } = createMetrics(testClock());
    observer.queue.added('doors');
    observer.queue.depth('doors', 1);
    observer.queue.started('doors', 0.2);
    observer.queue.finished('doors', 0.3);
    observer.queue.retried('doors');
    observer.reconciled('doors', 'success', 0.4);
    observer.reconciled('members', 'error', 0.4);
    observer.changed('members', 'rename', 3);
    observer.http({ host: '127.0.0.1', method: 'GET', code: '200', seconds: 0.01 });
    observer.http({ host: '127.0.0.1', method: 'GET', code: 'Timeout', seconds: 10 });
    observer.diskWrite('inventory');
    observer.published(view(), [status('office', 'True')]);
    const text = await metrics.text();
    for (const line of [
      'controller_runtime_reconcile_total{controller="doors",result="success"} 1',
      'controller_runtime_reconcile_total{controller="doors",result="error"} 0',
      'controller_runtime_reconcile_total{controller="members",result="error"} 1',
      'controller_runtime_reconcile_errors_total{controller="doors"} 0',
      'controller_runtime_reconcile_errors_total{controller="members"} 1',
      'controller_runtime_reconcile_time_seconds_sum{controller="doors"} 0.4',
      'workqueue_depth{name="doors"} 1',
      'workqueue_depth{name="members"} 0',
      'workqueue_adds_total{name="doors"} 1',
      'workqueue_queue_duration_seconds_sum{name="doors"} 0.2',
      'workqueue_work_duration_seconds_count{name="doors"} 1',
      'workqueue_retries_total{name="doors"} 1',
      'sexton_last_success_timestamp_seconds{plane="doors"} 1795262430',
      'sexton_last_success_timestamp_seconds{plane="members"} 0',
      'sexton_source_age_seconds{source="planningCenter"} 60',
      'sexton_source_complete{source="planningCenter"} 1',
      'sexton_source_complete{source="civicrm"} 0',
      'sexton_plan_changes_total{plane="members",verb="rename"} 3',
      'sexton_held_changes{plane="doors"} 0',
      'sexton_held_changes{plane="members"} 2',
      'sexton_quarantined 2',
      'sexton_members{outcome="access"} 9',
      'sexton_members{outcome="blocked"} 0',
      'sexton_pending_events 0',
      'sexton_condition{kind="DoorGroup",name="office",type="Ready",status="True"} 1',
      'sexton_condition{kind="DoorGroup",name="office",type="Ready",status="False"} 0',
      'sexton_condition{kind="DoorGroup",name="office",type="Ready",status="Unknown"} 0',
      'sexton_door_open{group="front-lobby"} 1',
      'sexton_door_open{group="office"} 0',
      'sexton_http_requests_total{host="127.0.0.1",method="GET",code="200"} 1',
      'sexton_http_requests_total{host="127.0.0.1",method="GET",code="Timeout"} 1',
      'sexton_http_request_seconds_count{host="127.0.0.1"} 2',
      'sexton_disk_writes_total{what="inventory"} 1',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    // A source that was never read has no age.
    expect(await lines(metrics, 'sexton_source_age_seconds')).toHaveLength(1);
  });

  test('an age grows between two publications, and starts anew with the next', async () => {
    const clock = testClock();
    const { observer, ...metrics } = createMetrics(clock);
    observer.published(view(), []);
    clock.advance(90_000);
    expect(await lines(metrics, 'sexton_source_age_seconds')).toEqual(['sexton_source_age_seconds{source="planningCenter"} 150']);
    observer.published(view({ sources: [source('planningCenter', 1)] }), []);
    expect(await lines(metrics, 'sexton_source_age_seconds')).toEqual(['sexton_source_age_seconds{source="planningCenter"} 1']);
  });

  test('what was removed disappears, counters stay', async () => {
    const { observer, ...metrics } = createMetrics(testClock());
    observer.changed('doors', 'program', 1);
    observer.published(view(), [status('office', 'True'), status('front-lobby', 'False')]);
    observer.published(view({ sources: [], doorGroups: [] }), [status('office', 'Unknown')]);
    const text = await metrics.text();
    expect(text).not.toContain('front-lobby');
    expect(await lines(metrics, 'sexton_source_complete')).toEqual([]);
    expect(await lines(metrics, 'sexton_source_age_seconds')).toEqual([]);
    expect(await lines(metrics, 'sexton_door_open')).toEqual([]);
    expect(text).toContain('sexton_condition{kind="DoorGroup",name="office",type="Ready",status="Unknown"} 1');
    expect(text).toContain('sexton_condition{kind="DoorGroup",name="office",type="Ready",status="True"} 0');
    expect(text).toContain('sexton_plan_changes_total{plane="doors",verb="program"} 1');
  });

  test('of two documents with one name, neither hides the other', async () => {
    const { observer, ...metrics } = createMetrics(testClock());
    observer.published(view(), [status('office', 'False'), status('office', 'True')]);
    expect(await lines(metrics, 'sexton_condition')).toEqual([
      'sexton_condition{kind="DoorGroup",name="office",type="Ready",status="True"} 1',
      'sexton_condition{kind="DoorGroup",name="office",type="Ready",status="False"} 1',
      'sexton_condition{kind="DoorGroup",name="office",type="Ready",status="Unknown"} 0',
    ]);
  });

  test('no person, and no name that breaks out of its label', async () => {
    const { observer, ...metrics } = createMetrics(testClock());
    observer.published(view(), [status('a"} 1\nfake{x="\u202e', 'True'), { ...status('broken', 'True'), status: { conditions: [null, 7, { type: 3 }] } }]);
    const text = await metrics.text();
    expect(text).not.toMatch(/Zebedee|Quimby|\*\*\*34|\u202e/);
    expect(text).not.toMatch(/^fake/m);
    expect(await lines(metrics, 'sexton_condition')).toHaveLength(3);
  });
});

describe('git-ops', () => {
  const revision = { commit: 'c0ffee'.padEnd(40, '0'), branch: 'main', authoredAt: '2026-11-21T11:01:00Z', pulledAt: '2026-11-21T11:05:00Z' };
  const state = { revision, refused: null, fetchedAt: '2026-11-21T12:00:00Z', failed: null, intervalSeconds: 300 };
  const names = ['sexton_revision_info', 'sexton_revision_age_seconds', 'sexton_revision_refused', 'sexton_pull_failed'];

  test('the revision, its two ages, a refusal and a failure; nothing of it where git-ops is off', async () => {
    const clock = testClock();
    const { observer, ...metrics } = createMetrics(clock);
    const all = async (): Promise<readonly string[]> => (await Promise.all(names.map((name) => lines(metrics, name)))).flat();
    observer.published(view({ gitOps: null }), []);
    expect(await all()).toEqual([]);

    observer.published(view({ revision: revision.commit, gitOps: state }), []);
    clock.advance(5_000);
    expect(await all()).toEqual([
      `sexton_revision_info{revision="${revision.commit}"} 1`,
      'sexton_revision_age_seconds{of="commit"} 3605',
      'sexton_revision_age_seconds{of="pull"} 65',
      'sexton_revision_refused 0',
      'sexton_pull_failed 0',
    ]);

    const refused = { commit: null, authoredAt: null, since: '2026-11-21T12:00:00Z', reason: 'BranchMissing', message: 'm', problems: [] } as const;
    const failed = { since: '2026-11-21T12:00:00Z', code: 'NoNetwork', message: 'm' };
    observer.published(view({ revision: null, gitOps: { ...state, revision: null, refused, failed, fetchedAt: null } }), []);
    expect(await all()).toEqual(['sexton_revision_refused 1', 'sexton_pull_failed 1']);
    observer.published(view({}), []);
    expect(await all()).toEqual([]);
  });
});

describe('alerts', () => {
  const transport = { name: 'mail', type: 'Smtp', ok: true, waiting: 0, lastSuccess: '2026-11-21T12:00:00Z', failingSince: null, error: null } as const;
  const alert = { key: 'held/members', severity: 'Critical', subject: 'Zebedee', since: '2026-11-21T12:00:00Z', command: null } as const;
  const names = ['sexton_alerts', 'sexton_alert_transport_up', 'sexton_alert_transport_waiting', 'sexton_alert_transport_last_success_timestamp_seconds', 'sexton_heartbeat_up', 'sexton_heartbeat_last_success_timestamp_seconds'];

  test('what holds, how each transport does, and the heartbeat; nothing of it where nobody is told', async () => {
    const { observer, ...metrics } = createMetrics(testClock());
    const all = async (): Promise<readonly string[]> => (await Promise.all(names.map((name) => lines(metrics, name)))).flat();
    observer.published(view({}), []);
    expect(await all()).toEqual([]);

    const dead = { ...transport, name: 'chat', type: 'Telegram', ok: false, waiting: 2, lastSuccess: null } as const;
    const file = { ...transport, name: 'file', type: 'File', lastSuccess: null } as const;
    observer.published(view({ alerting: { alerts: [alert], transports: [file, transport, dead], heartbeat: { ok: false, lastSuccess: null, failingSince: '2026-11-21T12:00:00Z', error: 'no' } } }), []);
    expect(await all()).toEqual([
      'sexton_alerts{severity="Info"} 0',
      'sexton_alerts{severity="Warning"} 0',
      'sexton_alerts{severity="Critical"} 1',
      'sexton_alert_transport_up{transport="file"} 1',
      'sexton_alert_transport_up{transport="mail"} 1',
      'sexton_alert_transport_up{transport="chat"} 0',
      'sexton_alert_transport_waiting{transport="mail"} 0',
      'sexton_alert_transport_waiting{transport="chat"} 2',
      'sexton_alert_transport_last_success_timestamp_seconds{transport="mail"} 1795262400',
      'sexton_alert_transport_last_success_timestamp_seconds{transport="chat"} 0',
      'sexton_heartbeat_up 0',
      'sexton_heartbeat_last_success_timestamp_seconds 0',
    ]);
    observer.alertDelivery('mail', true);
    observer.alertDelivery('mail', false);
    expect(await lines(metrics, 'sexton_alert_transport_deliveries_total')).toEqual([
      'sexton_alert_transport_deliveries_total{transport="mail",result="success"} 1',
      'sexton_alert_transport_deliveries_total{transport="mail",result="error"} 1',
    ]);
    observer.published(view({ alerting: { alerts: [], transports: [file], heartbeat: null } }), []);
    expect(await all()).toEqual(['sexton_alerts{severity="Info"} 0', 'sexton_alerts{severity="Warning"} 0', 'sexton_alerts{severity="Critical"} 0', 'sexton_alert_transport_up{transport="file"} 1']);
  });
});
