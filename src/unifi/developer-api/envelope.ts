import { TerminalError, TransientError } from '../../runtime/errors.js';
import type { HttpResponse } from '../../runtime/http.js';
import { plain } from '../../runtime/text.js';
import type { Row } from './wire.js';
import { isRow } from './wire.js';

/** What a token needs for a call, in the API's own words. */
export type Scope = `${'view' | 'edit'}:${'user' | 'policy' | 'credential' | 'space'}`;

export interface Answer {
  readonly data: unknown;
  readonly pagination: Row | null;
}

const categories = {
  user: 'People & Groups',
  policy: 'Access Policy',
  credential: 'Credentials',
  space: 'Locations',
} as const;

// UniFi understood the request and could not do it just now; every other code of its own is a refusal.
const passing = /^CODE_(SYSTEM_ERROR|DEVICE_DEVICE_OFFLINE|DEVICE_DEVICE_BUSY|.*_(TIMEOUT|BUSY|TOO_MANY_REQUESTS))$/;

/**
 * The content of an answer. Success is the envelope's `code`, never the HTTP status: errors come with 200 as well.
 * @param subject `GET /users`
 * @param scrub takes out of UniFi's words what must not be told
 * @throws TerminalError (UniFi's own code; NoManZone for a wrong path, verb or kind of key) and
 * TransientError (CODE_SYSTEM_ERROR, UnreadableAnswer, ServerError)
 */
export function openEnvelope(
  response: HttpResponse,
  subject: string,
  scope: Scope,
  scrub: (text: string) => string,
): Answer {
  const envelope = parse(response.body);
  if (envelope === null) throw withoutEnvelope(response.status, subject, scope);
  if (envelope['code'] === 'SUCCESS' || envelope['codeS'] === 'SUCCESS') {
    return { data: envelope['data'], pagination: isRow(envelope['pagination']) ? envelope['pagination'] : null };
  }
  const said = [envelope['msg'], envelope['error']]
    .filter((part) => typeof part === 'string' && part !== '')
    .join('; ');
  if (/no-?man zone/i.test(said) || /API was not found/i.test(said)) throw noManZone(subject);
  const code = codeOf(envelope, response.status);
  if (response.status === 401 || code === 'CODE_AUTH_FAILED' || code === 'CODE_ACCESS_TOKEN_INVALID')
    throw badToken(subject);
  if (code === 'CODE_UNAUTHORIZED' || (response.status === 403 && !code.startsWith('CODE_')))
    throw missingScope(subject, scope);
  const told = plain(scrub(said)).slice(0, 200);
  const message = `${subject}: UniFi refused with ${code}${told === '' ? '' : ` (${told})`}.`;
  // Only words that UniFi itself gave are worth waiting for a change; the rest may pass.
  const terminal = code.startsWith('CODE_') && !passing.test(code);
  throw terminal ? new TerminalError(message, { code }) : new TransientError(message, { code });
}

function parse(body: string): Row | null {
  try {
    const value: unknown = JSON.parse(body);
    return isRow(value) && ('code' in value || 'codeS' in value) ? value : null;
  } catch {
    return null;
  }
}

/** `code` is a text in business errors and a number in routing errors, where `codeS` holds the text. */
function codeOf(envelope: Row, status: number): string {
  for (const value of [envelope['code'], envelope['codeS']]) {
    if (typeof value === 'string' && /^[A-Z][A-Z0-9_]*$/.test(value)) return value;
  }
  return typeof envelope['code'] === 'number' ? `Code${envelope['code']}` : `Http${status}`;
}

function withoutEnvelope(status: number, subject: string, scope: Scope): TerminalError | TransientError {
  if (status === 401) return badToken(subject);
  if (status === 403) return missingScope(subject, scope);
  if (status >= 500) return new TransientError(`${subject}: the console answered ${status}.`, { code: 'ServerError' });
  return new TransientError(
    `${subject}: the answer (status ${status}) is not from the UniFi Access developer API. Check the url: it is the console's ` +
      'address with port 12445.',
    { code: 'UnreadableAnswer' },
  );
}

function noManZone(subject: string): TerminalError {
  return new TerminalError(
    `${subject}: UniFi does not know this path and verb. Either the token is not one of UniFi Access (a Control Plane or ` +
      'Integrations key gives this answer; make one in the Access application), or this version of Access lacks the call.',
    { code: 'NoManZone' },
  );
}

function badToken(subject: string): TerminalError {
  return new TerminalError(
    `${subject}: UniFi does not accept the token. It is wrong, expired or deleted: make a new API token in UniFi Access and ` +
      'put it into UNIFI_API_TOKEN.',
    { code: 'CODE_AUTH_FAILED' },
  );
}

function missingScope(subject: string, scope: Scope): TerminalError {
  const [level, name] = scope.split(':') as ['view' | 'edit', keyof typeof categories];
  return new TerminalError(
    `${subject}: the token lacks the scope ${scope}. In the API token settings of UniFi Access this is ` +
      `"${categories[name]}: ${level === 'view' ? 'View' : 'Edit'}". The scopes of a token cannot be changed: make a new one.`,
    { code: 'CODE_UNAUTHORIZED' },
  );
}
