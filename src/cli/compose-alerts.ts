import type { Engine } from '../controller/engine.js';
import type { ControllerObserver } from '../controller/observer.js';
import { openAlerter, type Alerter } from '../notify/alerter.js';
import { createHeartbeat, type Heartbeat } from '../notify/heartbeat.js';
import { createMailgun } from '../notify/mailgun.js';
import type { Wording } from '../notify/message.js';
import { createTelegram } from '../notify/telegram.js';
import { answerTime, longestAnswer, type Transport } from '../notify/transport.js';
import { createWebhook } from '../notify/webhook.js';
import type { Clock } from '../runtime/clock.js';
import type { AlertSettings } from '../runtime/config-alerts.js';
import type { Configuration } from '../runtime/config.js';
import type { Credentials } from '../runtime/credentials.js';
import { createHttpClient } from '../runtime/http-client.js';
import type { HttpClient } from '../runtime/http.js';
import type { Logger } from '../runtime/log.js';
import { runtimePaths, statePaths } from '../runtime/paths.js';
import type { OnStateTrouble } from '../runtime/state-file.js';
import { siteTime } from '../runtime/site-time.js';
import type { ControllerEvent } from '../status/events.js';
import type { Plane } from '../status/view.js';

export interface AlertingOptions {
  readonly configuration: Configuration;
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly log: Logger;
  readonly observe?: ControllerObserver['http'];
}

export interface AlerterSettings extends AlertingOptions {
  readonly observer: ControllerObserver;
  readonly onTrouble: OnStateTrouble;
  readonly onEvents: (events: readonly ControllerEvent[]) => Promise<void>;
  /** The view is another one now. */
  readonly onChange: () => void;
}

/** Whoever is to be told, as the configuration has them. @throws ConfigurationError */
export async function openAlerting(settings: AlerterSettings): Promise<Alerter> {
  const { configuration, credentials, clock, log, observer } = settings;
  const options = { configuration, credentials, clock, log, observe: observer.http };
  return openAlerter({
    transports: await openTransports(options),
    heartbeat: openHeartbeat(options, settings.onChange),
    wording: wordingOf(configuration),
    memoryPath: statePaths(configuration.stateDir).alerts,
    flagPath: runtimePaths(configuration.runtimeDir).alerts,
    clock,
    random: Math.random,
    secrets: Object.values(credentials),
    log,
    onDiskWrite: observer.diskWrite,
    onTrouble: settings.onTrouble,
    onEvents: settings.onEvents,
    onDelivery: observer.alertDelivery,
    onChange: settings.onChange,
  });
}

export function wordingOf({ site, timeZone }: Configuration): Wording {
  return { site, timeZone, time: siteTime(timeZone) };
}

const longestSilence = 30 * 60_000;

/** After every publication of the engine. */
export function lookAt(engine: Engine, planes: readonly Plane[], { unifi }: Configuration): Parameters<Alerter['look']>[0] {
  return {
    ...engine.published(),
    statuses: engine.statuses(),
    reading: engine.reading(),
    planes,
    stuckAfter: Math.max(longestSilence, 3 * unifi.resync),
  };
}

/** @throws ConfigurationError for a caFile that cannot be read */
export function openTransports(options: AlertingOptions): Promise<readonly Transport[]> {
  return Promise.all(options.configuration.alerts.map((settings) => openTransport(settings, options)));
}

/** Null: nobody is to be told. */
export function openHeartbeat(options: AlertingOptions, onTurn: () => void): Heartbeat | null {
  const { heartbeat } = options.configuration;
  if (heartbeat === null) return null;
  const { clock, log } = options;
  return createHeartbeat({ http: secretAddress(heartbeat.url, options, null), url: heartbeat.url, clock, log, onTurn });
}

async function openTransport(settings: AlertSettings, options: AlertingOptions): Promise<Transport> {
  const { credentials, clock } = options;
  switch (settings.type) {
    case 'Smtp': {
      const login = settings.auth === 'None' ? null : { user: credentials.SMTP_USERNAME ?? '', pass: credentials.SMTP_PASSWORD ?? '' };
      // The mail library is loaded only where mail is sent: a Pi starts sooner without it.
      return (await import('../notify/smtp.js')).createSmtp({ ...settings, login });
    }
    case 'Mailgun': {
      const apiKey = credentials.MAILGUN_API_KEY ?? '';
      return createMailgun({ ...settings, apiKey, http: client(settings.url, options, [apiKey]) });
    }
    case 'Telegram': {
      const token = credentials.TELEGRAM_BOT_TOKEN ?? '';
      return createTelegram({ ...settings, token, http: client(settings.url, options, [token]) });
    }
    case 'Webhook': {
      const secret = credentials.ALERT_WEBHOOK_SECRET ?? '';
      return createWebhook({ ...settings, secret, clock, http: secretAddress(settings.url, options, settings.caFile) });
    }
  }
}

/** Whoever knows such an address may use it: its path and query show nowhere. */
function secretAddress(url: string, options: AlertingOptions, caFile: string | null): HttpClient {
  const { origin, pathname, search } = new URL(url);
  return client(origin, options, [`${pathname}${search}`, pathname, search], caFile);
}

function client(baseUrl: string, { clock, log, observe }: AlertingOptions, secrets: readonly string[], caFile: string | null = null): HttpClient {
  return createHttpClient({
    baseUrl,
    ...(caFile === null ? {} : { tls: { caFile } }),
    concurrency: 1,
    timeoutMs: answerTime,
    maxBodyBytes: longestAnswer,
    clock,
    log,
    ...(observe === undefined ? {} : { observe }),
    secrets,
  });
}
