import { TerminalError, TransientError } from '../../runtime/errors.js';
import type { HttpResponse } from '../../runtime/http.js';

export interface Answer {
  readonly values: readonly unknown[];
  /** Rows that match, whatever the limit; null where the server does not know it. */
  readonly matched: number | null;
}

/**
 * A success is a 2xx with an array of values and no error in the body; CiviCRM also reports errors with 200.
 * @throws TransientError, TerminalError, each with a remedy. Nothing of the body is repeated: it may hold data of people.
 */
export function judgeAnswer({ status, body }: HttpResponse): Answer {
  if (status === 401) throw loginRefused(body);
  const document = parseObject(body);
  if (status === 403) throw forbidden(document !== null);
  if (status === 404) throw terminal('NotFound', 'CiviCRM has no API at this address (404): check civicrm.url and civicrm.apiPath.');
  if (status === 503) throw transient('Maintenance', 'CiviCRM is down for maintenance or overloaded (503).');
  if (status === 500) throw queryFailed(body);
  if (status > 500) throw transient('ServerError', `CiviCRM failed (${status}).`);
  if (status < 200 || status > 299) throw badRequest(status, body);
  if (document === null) {
    throw transient(
      'NotJson',
      `CiviCRM answered ${status} with something that is not JSON: a login page, a firewall or an answer cut short; check civicrm.url, civicrm.apiPath and the site's firewall.`,
    );
  }
  if (document['error_code'] !== undefined || document['error_message'] !== undefined) {
    throw transient('ApiError', `CiviCRM reported an error with status ${status}${errorId(body)}: look it up in CiviCRM's log.`);
  }
  const values = document['values'];
  if (!Array.isArray(values)) throw transient('SourceIncomplete', 'CiviCRM answered without a list of values.');
  return { values, matched: matchedCount(document, values.length) };
}

/** @throws TransientError when the counts contradict the rows */
function matchedCount(document: Readonly<Record<string, unknown>>, rows: number): number | null {
  const { count, countFetched, countMatched } = document;
  if (countFetched !== undefined && countFetched !== rows) throw shortCount(rows, countFetched);
  if (typeof countMatched === 'number' && countMatched < rows) throw shortCount(rows, countMatched);
  if (typeof count === 'number' && count < rows) throw shortCount(rows, count);
  if (typeof countMatched === 'number') return countMatched;
  return typeof count === 'number' && count > rows ? count : null;
}

function shortCount(rows: number, claimed: unknown): TransientError {
  return transient('SourceIncomplete', `CiviCRM sent ${rows} rows and speaks of ${Number(claimed)}.`);
}

function loginRefused(body: string): TerminalError {
  const guard = /guard/i.test(body);
  return terminal(
    'Unauthorized',
    guard
      ? 'CiviCRM refused the login (401): give the API user\'s role the permission "authenticate with api key", or set CIVICRM_SITE_KEY.'
      : 'CiviCRM refused the credentials (401): check CIVICRM_API_KEY, and that its contact has an active user account in the CMS.',
  );
}

function forbidden(fromApi: boolean): TerminalError {
  return fromApi
    ? terminal(
        'Forbidden',
        'CiviCRM refuses access to contacts (403): give the API user\'s role "access CiviCRM", "access AJAX API" and "view all contacts"; if it has them, the key never arrived (try civicrm.auth: XCiviAuth).',
      )
    : terminal('Forbidden', 'Something before CiviCRM refused the request (403): a firewall or the CMS; allow civicrm.apiPath for this address.');
}

function badRequest(status: number, body: string): TerminalError {
  return /SECURITY ALERT/.test(body)
    ? terminal('BadRequest', 'CiviCRM took the request for a forged one (400): a proxy removed the header X-Requested-With.')
    : terminal('BadRequest', `CiviCRM refused the request (${status}): check civicrm.apiPath.`);
}

/** CiviCRM hides the cause from users without `view debug output`; an unknown field looks like a crash. */
function queryFailed(body: string): TransientError {
  return transient(
    'QueryFailed',
    `CiviCRM failed (500)${errorId(body)}: check the name in civicrm.cardField and that the API user has "access all custom data" and "access CiviMember"; its log has the cause.`,
  );
}

function errorId(body: string): string {
  const id = /Error ID: ([0-9A-Za-z-]{1,40})/.exec(body)?.[1];
  return id === undefined ? '' : ` (Error ID ${id})`;
}

function transient(code: string, message: string): TransientError {
  return new TransientError(message, { code });
}

function terminal(code: string, message: string): TerminalError {
  return new TerminalError(message, { code });
}

function parseObject(body: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}
