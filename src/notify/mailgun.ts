import type { HttpClient } from '../runtime/http.js';
import type { Severity } from '../status/view.js';
import { requireAccepted, type Transport } from './transport.js';

export interface MailgunOptions {
  readonly name: string;
  readonly minSeverity: Severity;
  /** Of the region's API. */
  readonly http: HttpClient;
  readonly domain: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly apiKey: string;
}

/** Mail over Mailgun's messages API (POST /v3/DOMAIN/messages, user name `api`). */
export function createMailgun({ name, minSeverity, http, domain, from, to, apiKey }: MailgunOptions): Transport {
  const authorization = `Basic ${Buffer.from(`api:${apiKey}`).toString('base64')}`;
  return {
    name,
    type: 'Mailgun',
    minSeverity,
    async deliver({ subject, text, site }) {
      const form = { from: `Sexton ${site} <${from}>`, to: to.join(','), subject, text, 'o:tracking': 'no', 'h:Auto-Submitted': 'auto-generated' };
      requireAccepted(await http.request({ method: 'POST', path: `/v3/${encodeURIComponent(domain)}/messages`, headers: { authorization }, form }), name);
    },
    close: () => http.close(),
  };
}
