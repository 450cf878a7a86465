import { scrubber } from './scrub.js';

const MASK = '***';
const LONGEST_TEXT = 8192;
const DEEPEST = 8;

const cardKeys: ReadonlySet<string> = new Set([
  'card', 'cards', 'cardid', 'cardnumber', 'nfcid', 'nfccards', 'alias', 'token', 'tokens', 'credential', 'credentials',
]);
const secretKeys: ReadonlySet<string> = new Set([
  'authorization', 'proxyauthorization', 'xapikey', 'xciviauth', 'xcivikey', 'apikey', 'sitekey', 'accesstoken', 'password',
  'passwd', 'pass', 'secret', 'cookie', 'setcookie', 'email', 'useremail', 'firstname', 'lastname', 'fullname',
]);

/** A card's number or alias as it may be shown: `***34`; `***` where it does not end in two digits. */
export function maskCard(value: string | number): string {
  return MASK + (/\d\d$/.exec(String(value))?.[0] ?? '');
}

/** A copy of any value that may be logged: plain data without secrets, members' names, cards and e-mail addresses. */
export type Redactor = (value: unknown) => unknown;

/** @param secrets values that must appear nowhere, in whichever field they turn up */
export function redactor(secrets: readonly string[]): Redactor {
  const hide = textRedactor(secrets);

  function copy(value: unknown, depth: number, above: readonly object[]): unknown {
    if (typeof value === 'string') return hide(value);
    if (typeof value === 'bigint') return value.toString();
    if (typeof value === 'symbol' || typeof value === 'function') return `[${typeof value}]`;
    if (typeof value !== 'object' || value === null) return value;
    if (above.includes(value)) return '[circular]';
    if (depth === DEEPEST) return '[deeper]';
    const within = [...above, value];
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
    if (value instanceof URL) return hide(value.href);
    if (value instanceof Map) return copy(mapEntries(value), depth, within);
    if (value instanceof Set || Array.isArray(value)) return Array.from(value as Iterable<unknown>, (item) => copy(item, depth + 1, within));
    const entries = value instanceof Error ? errorEntries(value) : Object.entries(value);
    return Object.fromEntries(entries.map(([key, item]) => [hide(key), field(key, item, depth, within)]));
  }

  function field(key: string, value: unknown, depth: number, within: readonly object[]): unknown {
    const word = key.toLowerCase().replace(/[^a-z]/g, '');
    if (value === null || value === undefined || typeof value === 'boolean') return value;
    if (secretKeys.has(word)) return MASK;
    // A number under a plural (`cards: 12`) counts them.
    if (cardKeys.has(word) && !(word.endsWith('s') && typeof value === 'number')) return maskAll(value);
    return copy(value, depth + 1, within);
  }

  return (value) => copy(value, 0, []);
}

function mapEntries(map: ReadonlyMap<unknown, unknown>): Record<string, unknown> {
  return Object.fromEntries([...map].map(([key, item]) => [typeof key === 'string' || typeof key === 'number' ? key : `[${typeof key}]`, item]));
}

/** Under a card's key nothing but masked values comes out, whatever the shape. */
function maskAll(value: unknown): unknown {
  if (typeof value === 'string' || typeof value === 'number') return maskCard(value);
  return Array.isArray(value) ? value.map(maskAll) : MASK;
}

function errorEntries(error: Error): readonly (readonly [string, unknown])[] {
  const own = Object.entries(error).filter(([key]) => key !== 'name' && key !== 'message' && key !== 'stack');
  const stack = error.stack === undefined ? [] : [['stack', error.stack] as const];
  const cause = error.cause === undefined ? [] : [['cause', error.cause] as const];
  return [['name', error.name], ['message', error.message], ...own, ...cause, ...stack];
}

function textRedactor(secrets: readonly string[]): (text: string) => string {
  // One character is no secret and would hide everything.
  const scrub = scrubber(secrets, { mask: MASK, shortest: 2 });
  return (text) => {
    const hidden = scrub(text);
    const short = hidden.length > LONGEST_TEXT ? `${hidden.slice(0, LONGEST_TEXT)}…` : hidden;
    return short
      .replace(/\b(Bearer|Basic)(\s+)[\w.~+/=:-]{8,}/gi, `$1$2${MASK}`)
      .replace(/[^\s@<>"'(),;:=]{1,64}@[^\s@<>"'(),;:=]{1,255}/gu, `${MASK}@${MASK}`);
  };
}
