import { randomHex, randomUuid } from '../kit/random.js';
import type { Body, Call, Endpoint, Site } from './endpoint.js';
import { ApiError, invalid, page, type Success } from './envelope.js';
import { asBody, keptText, requiredText, textField, textListField, wholeField } from './fields.js';
import type { LogEntry, Webhook } from './model.js';

function devices(site: Site): Success {
  const hubs = [...site.state.doors.values()]
    .filter((door) => door.is_bind_hub)
    .map((door, index) => ({
      id: (index + 1).toString(16).padStart(12, '0'),
      name: 'UA Hub',
      type: 'UAH',
      alias: door.name,
      capabilities: ['is_hub', ...(door.supports_lock_rule ? ['door_lock_rule'] : [])],
      connected_uah_id: '',
      is_adopted: true,
      is_connected: door.is_online,
      is_managed: true,
      is_online: door.is_online,
      location_id: door.id,
    }));
  // A list of lists, one per floor.
  return { data: [hubs] };
}

const topics = ['all', 'critical', 'door_openings', 'updates', 'device_events', 'admin_activity', 'visitor'];

function hit(entry: LogEntry): Record<string, unknown> {
  return {
    _id: entry.id,
    '@timestamp': new Date(entry.at).toISOString(),
    _source: {
      actor: { id: entry.actor, type: 'user', display_name: entry.actor, alternate_id: '', alternate_name: '' },
      authentication: { credential_provider: 'REMOTE_THROUGH_UAH', issuer: '' },
      event: {
        type: entry.event,
        display_message: entry.message,
        reason: '',
        result: 'ACCESS',
        published: entry.at,
        log_key: entry.topic,
      },
      target: [entry.target],
    },
    tag: entry.topic,
  };
}

async function logs(site: Site, call: Call): Promise<Success> {
  const body = await call.body();
  const topic = requiredText(body, 'topic');
  if (!topics.includes(topic)) throw invalid('topic is unknown.');
  const since = (wholeField(body, 'since') ?? 0) * 1_000;
  const until = (wholeField(body, 'until') ?? Number.MAX_SAFE_INTEGER) * 1_000;
  const actor = textField(body, 'actor_id');
  const found = site.state.log.filter(
    (entry) =>
      (topic === 'all' || entry.topic === topic) &&
      entry.at >= since &&
      entry.at <= until &&
      (actor === undefined || entry.actor === actor),
  );
  const { rows, pagination } = page([...found].reverse(), (name) => call.query(name), 25);
  // Here `total` is the size of the page, not of the log.
  const shown = { ...pagination, total: rows.length };
  return { data: { hits: rows.map(hit), page: pagination.page_num, total: rows.length }, pagination: shown };
}

function findWebhook(site: Site, call: Call): Webhook {
  const webhook = site.state.webhooks.get(call.param('id'));
  if (webhook === undefined) throw new ApiError('CODE_RESOURCE_NOT_FOUND', 'The webhook endpoint does not exist.');
  return webhook;
}

function readHeaders(body: Body): Readonly<Record<string, string>> | undefined {
  if (body['headers'] === undefined || body['headers'] === null) return undefined;
  return Object.fromEntries(
    Object.entries(asBody(body['headers'], 'headers')).map(([name, value]) => [name, String(value)]),
  );
}

function checkEndpoint(site: Site, endpoint: string, own: string | undefined): void {
  if ([...site.state.webhooks.values()].some((other) => other.endpoint === endpoint && other.id !== own)) {
    throw new ApiError('CODE_DEVICE_WEBHOOK_ENDPOINT_DUPLICATED', 'The webhook endpoint already exists.');
  }
}

async function createWebhook(site: Site, call: Call): Promise<Success> {
  const body = await call.body();
  const endpoint = requiredText(body, 'endpoint');
  const events = textListField(body, 'events');
  if (events === undefined) throw invalid('events is required.');
  checkEndpoint(site, endpoint, undefined);
  const webhook: Webhook = {
    id: randomUuid(() => site.random()),
    name: requiredText(body, 'name'),
    endpoint,
    secret: randomHex(() => site.random(), 16),
    events,
    headers: readHeaders(body) ?? {},
  };
  site.state.webhooks.set(webhook.id, webhook);
  return { data: webhook };
}

async function updateWebhook(site: Site, call: Call): Promise<Success> {
  const webhook = findWebhook(site, call);
  const body = await call.body();
  const endpoint = keptText(body, 'endpoint') ?? webhook.endpoint;
  checkEndpoint(site, endpoint, webhook.id);
  const changed = {
    ...webhook,
    endpoint,
    name: keptText(body, 'name') ?? webhook.name,
    events: textListField(body, 'events') ?? webhook.events,
    headers: readHeaders(body) ?? webhook.headers,
  };
  site.state.webhooks.set(webhook.id, changed);
  return { data: changed };
}

export const systemEndpoints: readonly Endpoint[] = [
  { method: 'GET', path: '/devices', scope: 'view:device', handle: devices },
  { method: 'POST', path: '/system/logs', scope: 'view:system_log', handle: logs },
  {
    method: 'GET',
    path: '/webhooks/endpoints',
    scope: 'view:webhook',
    handle: (site) => ({ data: [...site.state.webhooks.values()] }),
  },
  { method: 'POST', path: '/webhooks/endpoints', scope: 'edit:webhook', handle: createWebhook },
  { method: 'PUT', path: '/webhooks/endpoints/:id', scope: 'edit:webhook', handle: updateWebhook },
  {
    method: 'DELETE',
    path: '/webhooks/endpoints/:id',
    scope: 'edit:webhook',
    handle: (site, call) => {
      site.state.webhooks.delete(findWebhook(site, call).id);
      return { data: null };
    },
  },
];
