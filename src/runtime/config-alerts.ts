import { isRecord } from './record.js';
import { type Place, type Reader, integer, listOf, mapping, maybe, oneOf, optional, required, textAs } from './config-reader.js';
import * as values from './config-values.js';
import { isLoopback } from './loopback.js';

/** What every way of telling people has. */
interface TransportSettings {
  /** Unique; the type in lower case where nothing else is said. */
  readonly name: string;
  /** Nothing less urgent takes this way. */
  readonly minSeverity: 'Info' | 'Warning' | 'Critical';
}

export interface SmtpSettings extends TransportSettings {
  readonly type: 'Smtp';
  readonly host: string;
  readonly port: number;
  /** `None` to a loopback address only. */
  readonly security: 'StartTls' | 'Tls' | 'None';
  readonly auth: 'Login' | 'None';
  readonly from: string;
  readonly to: readonly string[];
  readonly caFile: string | null;
}

export interface MailgunSettings extends TransportSettings {
  readonly type: 'Mailgun';
  readonly url: string;
  readonly domain: string;
  readonly from: string;
  readonly to: readonly string[];
}

export interface TelegramSettings extends TransportSettings {
  readonly type: 'Telegram';
  readonly url: string;
  readonly chatId: string;
}

export interface WebhookSettings extends TransportSettings {
  readonly type: 'Webhook';
  /** With path and query; both may be secret. */
  readonly url: string;
  readonly caFile: string | null;
}

export type AlertSettings = SmtpSettings | MailgunSettings | TelegramSettings | WebhookSettings;

export interface HeartbeatSettings {
  /** With path and query; both may be secret. */
  readonly url: string;
}

/** As it is written: without a name, perhaps. Member by member of a union. */
type Named<T> = T extends unknown ? Omit<T, 'name'> & { readonly name: string | null } : never;

const common = {
  name: maybe(values.dnsLabel),
  minSeverity: optional(oneOf('Info', 'Warning', 'Critical'), 'Info'),
} as const;

const addresses: Reader<readonly string[]> = (value, place) => {
  const read = listOf(values.mailAddress)(value, place);
  if (read?.length === 0) place.report('must name at least one address');
  return read?.length === 0 ? undefined : read;
};

/** A whole number or a text: YAML reads -100123 as a number. */
const chatId: Reader<string> = (value, place) => {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  return textAs((given) =>
    /^(-?\d{1,20}|@\w{3,64})$/.test(given) ? { ok: given } : { wrong: 'must be the number of a chat, such as "-1001234567890", or a public channel such as "@front_desk"' },
  )(value, place);
};

const ports = { StartTls: 587, Tls: 465, None: 25 } as const;

function smtp(base: string): Reader<Named<SmtpSettings>> {
  const fields = mapping({
    ...common,
    type: required(oneOf('Smtp')),
    host: required(values.hostName),
    port: maybe(integer(1, 65_535)),
    security: optional(oneOf('StartTls', 'Tls', 'None'), 'StartTls'),
    auth: optional(oneOf('Login', 'None'), 'Login'),
    from: required(values.mailAddress),
    to: required(addresses),
    caFile: maybe(values.readableFile(base)),
  });
  return (value, place) => {
    const read = fields(value, place);
    if (read === undefined) return undefined;
    if (read.security === 'None' && !isLoopback(read.host)) {
      place.problems.atValue([...place.path, 'security'], 'must be StartTls or Tls: mail in clear text goes to this machine (loopback) only');
      return undefined;
    }
    return { ...read, port: read.port ?? ports[read.security] };
  };
}

const mailgun: Reader<Named<MailgunSettings>> = mapping({
  ...common,
  type: required(oneOf('Mailgun')),
  url: optional(values.baseUrl, 'https://api.mailgun.net'),
  domain: required(values.hostName),
  from: required(values.mailAddress),
  to: required(addresses),
});

const telegram: Reader<Named<TelegramSettings>> = mapping({
  ...common,
  type: required(oneOf('Telegram')),
  url: optional(values.baseUrl, 'https://api.telegram.org'),
  chatId: required(chatId),
});

function webhook(base: string): Reader<Named<WebhookSettings>> {
  return mapping({ ...common, type: required(oneOf('Webhook')), url: required(values.requestUrl), caFile: maybe(values.readableFile(base)) });
}

const types = oneOf('Smtp', 'Mailgun', 'Telegram', 'Webhook');

/** The fields that count are those of the type. */
function transport(base: string): Reader<Named<AlertSettings>> {
  const readers = { Smtp: smtp(base), Mailgun: mailgun, Telegram: telegram, Webhook: webhook(base) } as const;
  return (value, place) => {
    if (!isRecord(value)) {
      place.report('must be a mapping with a type: Smtp, Mailgun, Telegram or Webhook');
      return undefined;
    }
    const { type } = value;
    if (type === undefined) {
      place.problems.atKey([...place.path, 'type'], 'is required: Smtp, Mailgun, Telegram or Webhook');
      return undefined;
    }
    const known = types(type, { ...place, path: [...place.path, 'type'], report: (message) => place.problems.atValue([...place.path, 'type'], message) });
    return known === undefined ? undefined : readers[known](value, place);
  };
}

/** `alerts`: every way of telling people, each under a name of its own. */
export function alerts(base: string): Reader<readonly AlertSettings[]> {
  const list = listOf(transport(base));
  return (value, place) => {
    const read = list(value, place);
    if (read === undefined) return undefined;
    const named = read.map((each): AlertSettings => ({ ...each, name: each.name ?? each.type.toLowerCase() }));
    return namedOnce(named, place) ? named : undefined;
  };
}

function namedOnce(settings: readonly AlertSettings[], place: Place): boolean {
  // The flag file, which is always there, and the heartbeat.
  const taken = new Set(['file', 'heartbeat']);
  let once = true;
  for (const [index, { name }] of settings.entries()) {
    if (taken.has(name)) {
      place.problems.atKey([...place.path, index, 'name'], `must be given and unique: "${name}" is another one's name already`);
      once = false;
    }
    taken.add(name);
  }
  return once;
}

/** `heartbeat`: whom to tell that all is well. */
export const heartbeat: Reader<HeartbeatSettings> = mapping({ url: required(values.requestUrl) });
