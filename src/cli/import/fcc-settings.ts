import { isTimeZone } from '../../runtime/time-zone.js';
import type { FccSource } from './fcc-source.js';
import type { FieldLedger } from './field-ledger.js';

export interface FccSettings {
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly credentials: Readonly<Record<string, string>>;
  readonly timeZone: string;
  readonly onlyLocationContains: string | null;
  readonly notes: readonly string[];
}

const credentialNames: Readonly<Record<string, string>> = {
  PCO_APP_ID: 'PCO_APP_ID',
  PCO_SECRET: 'PCO_SECRET',
  PCO_ACCESS_TOKEN: 'PCO_ACCESS_TOKEN',
  UNIFI_ACCESS_API_TOKEN: 'UNIFI_API_TOKEN',
  TELEGRAM_BOT_TOKEN: 'TELEGRAM_BOT_TOKEN',
};

const withoutCounterpart: Readonly<Record<string, string>> = {
  PORT: 'Sexton has no dashboard; it is read on the command line, and its metrics at server.listen',
  BASE_URL: 'Sexton has no dashboard',
  PCO_CALENDAR_ID: 'Sexton reads every calendar; exclude rooms or events in RoomMapping',
  PCO_EVENTS_CACHE_SECONDS: 'Sexton polls at planningCenter.pollInterval and keeps the last complete answer',
  PCO_MIN_FETCH_INTERVAL_SECONDS: 'Sexton polls at planningCenter.pollInterval and slows down when it is told to',
  PCO_MAX_PAGES: 'Sexton reads all pages, or takes the answer for incomplete',
  PCO_PER_PAGE: 'Sexton asks for 100 a page',
  UNIFI_ACCESS_VERIFY_TLS: "the certificate's fingerprint is pinned instead: unifi.tlsFingerprint",
  UNIFI_ACCESS_AUTH_TYPE: 'Sexton logs in with an API token only',
  UNIFI_ACCESS_USERNAME: 'Sexton logs in with an API token only',
  UNIFI_ACCESS_PASSWORD: 'Sexton logs in with an API token only',
  UNIFI_ACCESS_API_KEY_HEADER: 'Sexton sends the token as a bearer',
  APPLY_TO_UNIFI: 'Sexton starts as `mode: DryRun`; set `mode: Apply` once `sexton diff` shows what you want',
  SYNC_LOOKBEHIND_HOURS: 'Sexton reads every event that still runs',
  DOOR_STATUS_REFRESH_SECONDS: 'Sexton has no dashboard; it compares the doors each minute (Following)',
};

/** Its `.env`. Empty values say nothing. */
export function fccSettings({ environment, timeZone: fallback }: FccSource, ledger: FieldLedger): FccSettings {
  const value = (name: string): string | null => environment[name]?.trim() || null;
  const carried = (name: string, to: string): string | null => {
    const found = value(name);
    if (found !== null) ledger.carried(`env:${name}`, to);
    return found;
  };
  for (const name of Object.keys(environment)) {
    if (value(name) === null) ledger.carried(`env:${name}`, 'nothing: it is empty');
    else if (name.endsWith('_FILE')) ledger.carried(`env:${name}`, 'nothing: the file it names is read where it is there');
    else if (withoutCounterpart[name] !== undefined) ledger.dropped(`env:${name}`, withoutCounterpart[name]);
  }
  const credentials = Object.fromEntries(
    Object.entries(credentialNames).flatMap(([name, credential]) => {
      const secret = carried(name, `credentials/${credential}`);
      return secret === null ? [] : [[credential, secret] as const];
    }),
  );
  const zone = value('DISPLAY_TIMEZONE');
  if (zone !== null) {
    if (isTimeZone(zone)) ledger.carried('env:DISPLAY_TIMEZONE', 'sexton.yaml timeZone');
    else ledger.dropped('env:DISPLAY_TIMEZONE', 'it is no IANA time zone');
  }
  const timeZone = zone !== null && isTimeZone(zone) ? zone : fallback;
  const url = carried('UNIFI_ACCESS_BASE_URL', 'sexton.yaml unifi.url')?.replace(/\/+$/, '') ?? null;
  const location = value('PCO_LOCATION_MUST_CONTAIN');
  const onlyLocationContains = location !== null && location.length >= 3 ? location : null;
  if (location !== null) {
    if (onlyLocationContains === null) ledger.dropped('env:PCO_LOCATION_MUST_CONTAIN', 'part of a name needs three characters');
    else ledger.carried('env:PCO_LOCATION_MUST_CONTAIN', 'RoomMapping/rooms spec.onlyLocationContains');
  }
  return {
    configuration: { timeZone, ...(url === null ? {} : { unifi: { url } }), planningCenter: planningCenterOf({ value, carried }, ledger), ...telegramOf(value, ledger) },
    credentials,
    timeZone,
    onlyLocationContains,
    notes: url === null ? [] : ['pin the certificate of UniFi: `sexton doctor` shows its fingerprint for unifi.tlsFingerprint'],
  };
}

interface Variables {
  readonly value: (name: string) => string | null;
  readonly carried: (name: string, to: string) => string | null;
}

function planningCenterOf({ value, carried }: Variables, ledger: FieldLedger): Readonly<Record<string, unknown>> {
  const url = carried('PCO_BASE_URL', 'sexton.yaml planningCenter.url')?.replace(/\/+$/, '') ?? null;
  const type = carried('PCO_AUTH_TYPE', 'sexton.yaml planningCenter.auth');
  const cron = value('SYNC_CRON');
  const minutes = cron === null ? null : (/^\*\/(\d{1,2}) \* \* \* \*$/.exec(cron)?.[1] ?? null);
  if (minutes !== null) ledger.carried('env:SYNC_CRON', 'sexton.yaml planningCenter.pollInterval');
  else if (cron !== null) ledger.dropped('env:SYNC_CRON', 'only "every N minutes" has a counterpart; Sexton polls each minute by default');
  const seconds = carried('SYNC_INTERVAL_SECONDS', 'sexton.yaml planningCenter.pollInterval');
  const interval = minutes !== null ? `${minutes}m` : cron === null && seconds !== null && /^[1-9]\d{0,4}$/.test(seconds) ? `${seconds}s` : null;
  const hours = carried('SYNC_LOOKAHEAD_HOURS', 'sexton.yaml planningCenter.lookahead');
  // Sexton looks ahead 8 days at least: a program of a week needs the day after it too.
  const days = hours === null || !/^\d{1,5}$/.test(hours) ? null : Math.min(366, Math.max(8, Math.ceil(Number(hours) / 24)));
  return {
    ...(url === null ? {} : { url }),
    ...(type === null ? {} : { auth: type.toLowerCase() === 'oauth' ? 'OAuth' : 'PersonalAccessToken' }),
    ...(interval === null ? {} : { pollInterval: interval }),
    ...(days === null ? {} : { lookahead: `${days}d` }),
  };
}

function telegramOf(value: (name: string) => string | null, ledger: FieldLedger): Readonly<Record<string, unknown>> {
  const chats = (value('TELEGRAM_CHAT_IDS') ?? '').split(',').map((chat) => chat.trim()).filter((chat) => chat !== '');
  if (chats.length === 0) return {};
  ledger.carried('env:TELEGRAM_CHAT_IDS', 'sexton.yaml alerts');
  return { alerts: chats.map((chatId, index) => ({ type: 'Telegram', ...(chats.length > 1 ? { name: `telegram-${index + 1}` } : {}), chatId })) };
}
