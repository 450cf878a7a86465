import { Gauge, type Registry } from 'prom-client';
import { severities } from '../notify/alert.js';
import type { AlertingView } from '../status/view.js';

/** Replaces what was shown; without alerting there is nothing. */
export function createAlertGauges(registry: Registry): (alerting: AlertingView | undefined) => void {
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[]): Gauge<Label> =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const alerts = gauge('sexton_alerts', 'Alerts that people were told of and that still hold.', ['severity']);
  const up = gauge('sexton_alert_transport_up', '1: the last attempt worked, or none was needed yet.', ['transport']);
  const waiting = gauge('sexton_alert_transport_waiting', 'Alerts that a transport has not sent yet.', ['transport']);
  const sent = gauge('sexton_alert_transport_last_success_timestamp_seconds', 'When a transport last took a message; 0: not since the start.', ['transport']);
  const beating = gauge('sexton_heartbeat_up', '1: the last call worked, or none was made yet; absent without a heartbeat.', []);
  const beat = gauge('sexton_heartbeat_last_success_timestamp_seconds', 'When the heartbeat last got through; 0: not since the start.', []);
  const seconds = (iso: string | null): number => (iso === null ? 0 : Date.parse(iso) / 1000);

  return (alerting) => {
    for (const each of [alerts, up, waiting, sent]) each.reset();
    for (const each of [beating, beat]) each.remove();
    if (alerting === undefined) return;
    for (const severity of severities) alerts.set({ severity }, alerting.alerts.filter((each) => each.severity === severity).length);
    for (const { name, ok, waiting: count, lastSuccess, type } of alerting.transports) {
      up.set({ transport: name }, ok ? 1 : 0);
      if (type === 'File') continue;
      waiting.set({ transport: name }, count);
      sent.set({ transport: name }, seconds(lastSuccess));
    }
    if (alerting.heartbeat === null) return;
    beating.set(alerting.heartbeat.ok ? 1 : 0);
    beat.set(seconds(alerting.heartbeat.lastSuccess));
  };
}
