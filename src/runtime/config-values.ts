import { isIPv6 } from 'node:net';
import { accessSync, constants } from 'node:fs';
import { resolve } from 'node:path';
import { type Reader, textAs } from './config-reader.js';
import { formatDuration, parseDays, parseDuration } from './duration.js';
import { errorCode } from './errors.js';
import { isLoopback } from './loopback.js';

export interface ListenAddress {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

/** Milliseconds. */
export function duration(minimum: number): Reader<number> {
  return textAs((value) => {
    const ms = parseDuration(value);
    if (ms === null) return { wrong: 'must be a duration such as 90s, 15m or 1h30m' };
    return ms >= minimum ? { ok: ms } : { wrong: `must be at least ${formatDuration(minimum)}` };
  });
}

export function days(minimum: number, maximum: number): Reader<number> {
  return textAs((value) => {
    const count = parseDays(value);
    if (count === null) return { wrong: `must be a number of days such as ${minimum}d` };
    return count >= minimum && count <= maximum ? { ok: count } : { wrong: `must be from ${minimum}d to ${maximum}d` };
  });
}

/** A base URL without a trailing slash. Messages never repeat it: it may hold a password. */
export const baseUrl: Reader<string> = textAs((value) => {
  const read = safeUrl(value);
  if (typeof read === 'string') return { wrong: read };
  if (read.search !== '' || read.hash !== '') return { wrong: 'must not hold a query or a fragment' };
  return { ok: `${read.origin}${read.pathname.replace(/\/+$/, '')}` };
});

/** One address that is asked exactly as it stands, with path and query. */
export const requestUrl: Reader<string> = textAs((value) => {
  const read = safeUrl(value);
  if (typeof read === 'string') return { wrong: read };
  return read.hash === '' ? { ok: read.href } : { wrong: 'must not hold a fragment' };
});

/** Or what is wrong with it. */
function safeUrl(value: string): URL | string {
  if (!URL.canParse(value)) return 'must be a URL such as "https://192.168.1.1:12445"';
  const url = new URL(value);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must be an https URL';
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password: credentials come from the environment';
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) return 'must be https: cleartext is allowed to this machine (loopback) only';
  return url;
}

/** A name or an address without a port. */
export const hostName: Reader<string> = textAs((value) => {
  const named = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i.test(value);
  return named || isIPv6(value) ? { ok: value } : { wrong: 'must be a host name or an address such as mail.example.org, without a port' };
});

/** An address alone, without a name before it. Messages never repeat it. */
export const mailAddress: Reader<string> = textAs((value) => {
  const wrong = 'must be an e-mail address alone, such as doors@example.org';
  return value.length <= 254 && /^[^\s@<>"'(),;:\\[\]]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)*$/i.test(value) ? { ok: value } : { wrong };
});

export const urlPath: Reader<string> = textAs((value) => {
  return /^\/[\w./~-]+$/.test(value) ? { ok: value.replace(/\/+$/, '') } : { wrong: 'must be a path such as /civicrm/ajax/api4' };
});

/** Upper-case pairs with colons, as Node writes `fingerprint256`. */
export const sha256Fingerprint: Reader<string> = textAs((value) => {
  const digits = value.replaceAll(':', '').toUpperCase();
  if (!/^[0-9A-F]{64}$/.test(digits)) {
    return { wrong: 'must be a SHA-256 fingerprint: 32 pairs of hex digits, as `sexton doctor` prints it' };
  }
  return { ok: digits.replace(/..(?=.)/g, '$&:') };
});

export const timeZone: Reader<string> = textAs((value) => {
  const wrong = 'must be an IANA time zone such as America/New_York';
  // Intl also takes offsets (+05:00), which know no daylight saving.
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(value)) return { wrong };
  try {
    new Intl.DateTimeFormat('en', { timeZone: value });
    return { ok: value };
  } catch {
    return { wrong };
  }
});

export const dnsLabel: Reader<string> = textAs((value) => {
  return /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(value)
    ? { ok: value }
    : { wrong: 'must be a DNS-1123 label: lower-case letters, digits and hyphens, 63 at most, such as first-church' };
});

/** An absolute path; a relative one starts at the configuration file's directory. */
export function path(base: string): Reader<string> {
  return textAs((value) => (value.trim() === '' ? { wrong: 'must not be empty' } : { ok: resolve(base, value) }));
}

export function readableFile(base: string): Reader<string> {
  return textAs((value) => {
    const file = resolve(base, value);
    try {
      accessSync(file, constants.R_OK);
      return { ok: file };
    } catch (error) {
      return { wrong: `${file} cannot be read (${errorCode(error)})` };
    }
  });
}

export const listenAddress: Reader<ListenAddress> = textAs((value) => {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(value);
  const [, six, four, digits] = match ?? [];
  const port = Number(digits ?? Number.NaN);
  const host = six ?? four;
  if (host === undefined || !(port <= 65_535) || (six !== undefined && !isIPv6(six))) {
    return { wrong: 'must be an address and a port such as "127.0.0.1:9180"' };
  }
  return { ok: { host, port } };
});
