import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ControllerObserver } from '../controller/observer.js';
import { systemClock, type Clock } from '../runtime/clock.js';
import type { Plane } from '../status/view.js';
import { createViewGauges } from './view-gauges.js';

export interface Metrics {
  readonly observer: ControllerObserver;
  /** Prometheus text format 0.0.4; ages are those of this moment. */
  text(): Promise<string>;
}

const planes: readonly Plane[] = ['doors', 'members'];
const shortSeconds = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const longSeconds = [...shortSeconds, 30, 60, 120];

/**
 * The controller's numbers, under the names that controller-runtime and client-go gave them where they have one.
 * No label holds a person: labels are planes, verbs, hosts, and names that an operator wrote.
 */
export function createMetrics(clock: Pick<Clock, 'monotonic'> = systemClock): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> =>
    new Counter({ name, help, labelNames, registers });
  const histogram = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    buckets: readonly number[] = longSeconds,
  ): Histogram<Label> => new Histogram({ name, help, labelNames, buckets: [...buckets], registers });

  const reconciles = counter('controller_runtime_reconcile_total', 'Runs of a plane, by result.', ['controller', 'result']);
  const failures = counter('controller_runtime_reconcile_errors_total', 'Runs of a plane that failed.', ['controller']);
  const runSeconds = histogram('controller_runtime_reconcile_time_seconds', 'How long a run of a plane took.', ['controller']);
  const depth = new Gauge({ name: 'workqueue_depth', help: 'Keys waiting for their run.', labelNames: ['name'], registers });
  const adds = counter('workqueue_adds_total', 'Pokes, whatever their cause.', ['name']);
  const waited = histogram('workqueue_queue_duration_seconds', 'How long a key waited for its run.', ['name']);
  const worked = histogram('workqueue_work_duration_seconds', 'How long the queue worked on a key.', ['name']);
  const retries = counter('workqueue_retries_total', 'Runs repeated after an error.', ['name']);
  const changes = counter('sexton_plan_changes_total', 'Changes written to UniFi.', ['plane', 'verb']);
  const requests = counter('sexton_http_requests_total', 'Requests sent, by status or error code.', ['host', 'method', 'code']);
  const requestSeconds = histogram('sexton_http_request_seconds', 'How long an answer took.', ['host'], shortSeconds);
  const writes = counter('sexton_disk_writes_total', 'Files written to the resource and state directories.', ['what']);
  const deliveries = counter('sexton_alert_transport_deliveries_total', 'Messages handed to a transport, by result.', ['transport', 'result']);
  const gauges = createViewGauges(registry, clock);

  // A counter that starts with its first event hides that event from rate().
  for (const plane of planes) {
    reconciles.inc({ controller: plane, result: 'success' }, 0);
    reconciles.inc({ controller: plane, result: 'error' }, 0);
    failures.inc({ controller: plane }, 0);
    depth.set({ name: plane }, 0);
    adds.inc({ name: plane }, 0);
    retries.inc({ name: plane }, 0);
  }

  return {
    observer: {
      queue: {
        added: (name) => adds.inc({ name }),
        depth: (name, value) => depth.set({ name }, value),
        started: (name, seconds) => waited.observe({ name }, seconds),
        finished: (name, seconds) => worked.observe({ name }, seconds),
        retried: (name) => retries.inc({ name }),
      },
      reconciled: (controller, result, seconds) => {
        reconciles.inc({ controller, result });
        if (result === 'error') failures.inc({ controller });
        runSeconds.observe({ controller }, seconds);
      },
      changed: (plane, verb, count) => changes.inc({ plane, verb }, count),
      published: gauges.publish,
      http: ({ host, method, code, seconds }) => {
        requests.inc({ host, method, code });
        requestSeconds.observe({ host }, seconds);
      },
      diskWrite: (what) => writes.inc({ what }),
      alertDelivery: (transport, ok) => deliveries.inc({ transport, result: ok ? 'success' : 'error' }),
    },
    text: () => registry.metrics(),
  };
}
