import { createHmac } from 'node:crypto';
import type { Clock } from '../runtime/clock.js';
import type { HttpClient } from '../runtime/http.js';
import { isoInstant, isoSeconds } from '../runtime/instant.js';
import type { Severity } from '../status/view.js';
import type { Message } from './message.js';
import { requireAccepted, type Transport } from './transport.js';

export interface WebhookOptions {
  readonly name: string;
  readonly minSeverity: Severity;
  /** Of the url's origin. */
  readonly http: HttpClient;
  /** With path and query. */
  readonly url: string;
  readonly secret: string;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * A signed POST of JSON. `Sexton-Signature: t=<Unix seconds>,v1=<hex>`, where v1 is the HMAC-SHA256 of `<t>.<body>` under
 * ALERT_WEBHOOK_SECRET: the time is signed too, so that a receiver can refuse what is older than a few minutes, and
 * `Sexton-Delivery` names a message that comes twice.
 */
export function createWebhook({ name, minSeverity, http, url, secret, clock }: WebhookOptions): Transport {
  const { pathname, search } = new URL(url);
  return {
    name,
    type: 'Webhook',
    minSeverity,
    async deliver(message) {
      const now = clock.now();
      const payload = payloadOf(message, now);
      const seconds = Math.floor(now / 1000);
      // The client sends exactly this text: it turns the object into JSON in the same way.
      const signature = createHmac('sha256', secret).update(`${seconds}.${JSON.stringify(payload)}`).digest('hex');
      const headers = { 'sexton-signature': `t=${seconds},v1=${signature}`, 'sexton-delivery': message.id };
      requireAccepted(await http.request({ method: 'POST', path: `${pathname}${search}`, headers, json: payload }), name);
    },
    close: () => http.close(),
  };
}

function payloadOf({ id, site, subject, text, notes }: Message, now: number): unknown {
  return {
    version: 1,
    id,
    site,
    sentAt: isoSeconds(now),
    subject,
    text,
    alerts: notes.map(({ kind, told, since, at }) => ({
      key: told.key,
      state: kind,
      severity: told.severity,
      subject: told.subject,
      text: told.what,
      todo: told.todo,
      command: told.command,
      since: isoInstant(since),
      until: kind === 'Resolved' ? isoInstant(at) : null,
    })),
  };
}
