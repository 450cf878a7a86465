/** What goes wrong with one matching request. */
export type FaultAction =
  | {
      readonly type: 'answer';
      readonly status: number;
      readonly body: unknown;
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly type: 'apiError'; readonly code: string | number; readonly msg: string }
  /** The request acts at once, its answer is held back: a client that gives up leaves a write behind. */
  | { readonly type: 'delay'; readonly delayMs: number }
  /** The request acts; its answer announces its whole length and breaks off. */
  | { readonly type: 'truncate'; readonly truncateBytes: number }
  /** The connection is reset before the request acts. */
  | { readonly type: 'reset' };

interface Fault {
  readonly pattern: RegExp;
  readonly action: FaultAction;
  /** As posted, for the list. */
  readonly posted: Readonly<Record<string, unknown>>;
  remaining: number;
}

/** A control call with a body that makes no sense; the message goes to its sender. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
}

export function controlRecord(
  value: unknown,
  keys: readonly string[],
  what: string,
): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ControlError(`${what} must be a JSON object`);
  const unknown = Object.keys(value).filter((key) => !keys.includes(key));
  if (unknown.length > 0)
    throw new ControlError(`${what}: unknown field ${unknown.join(', ')}; known: ${keys.join(', ')}`);
  return Object.fromEntries(Object.entries(value));
}

const actionKeys = ['status', 'code', 'delayMs', 'truncateBytes', 'reset'] as const;

function wholeNumber(value: unknown, what: string, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw new ControlError(`fault: ${what} must be a whole number from ${min} to ${max}`);
  }
  return value;
}

function readHeaders(value: unknown): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ControlError('fault: headers must be an object');
  return Object.fromEntries(Object.entries(value).map(([name, header]) => [name.toLowerCase(), String(header)]));
}

function readAction(fault: Readonly<Record<string, unknown>>): FaultAction {
  const given = actionKeys.filter((key) => fault[key] !== undefined);
  const [kind] = given;
  if (given.length !== 1 || kind === undefined) {
    throw new ControlError(
      'fault: give exactly one of {status, body}, {code, msg}, {delayMs}, {truncateBytes}, {reset: true}',
    );
  }
  switch (kind) {
    case 'status':
      return {
        type: 'answer',
        status: wholeNumber(fault['status'], 'status', 200, 599),
        body: fault['body'] ?? '',
        headers: readHeaders(fault['headers']),
      };
    case 'code': {
      const { code, msg = '' } = fault;
      if ((typeof code !== 'string' && typeof code !== 'number') || typeof msg !== 'string') {
        throw new ControlError('fault: code must be a string or number, msg a string');
      }
      return { type: 'apiError', code, msg };
    }
    case 'delayMs':
      return { type: 'delay', delayMs: wholeNumber(fault['delayMs'], 'delayMs', 0, 3_600_000) };
    case 'truncateBytes':
      return {
        type: 'truncate',
        truncateBytes: wholeNumber(fault['truncateBytes'], 'truncateBytes', 0, 1_000_000_000),
      };
    case 'reset':
      if (fault['reset'] !== true) throw new ControlError('fault: reset must be true');
      return { type: 'reset' };
  }
}

/** Faults in the order they were added; the first that matches a request acts and is used up once. */
export class FaultList {
  #faults: readonly Fault[] = [];

  /** @throws ControlError */
  add(value: unknown): void {
    const posted = controlRecord(value, ['match', 'times', ...actionKeys, 'body', 'headers', 'msg'], 'fault');
    const { match, times = 1 } = posted;
    if (typeof match !== 'string')
      throw new ControlError('fault: match must be a regular expression on "METHOD /path?query"');
    let pattern: RegExp;
    try {
      pattern = new RegExp(match);
    } catch (error) {
      throw new ControlError(
        `fault: match is no regular expression: ${error instanceof Error ? error.message : match}`,
      );
    }
    const remaining = wholeNumber(times, 'times', -1, 1_000_000_000);
    if (remaining === 0) throw new ControlError('fault: times must be -1 (for ever) or at least 1');
    this.#faults = [...this.#faults, { pattern, action: readAction(posted), posted, remaining }];
  }

  /** `times` counts what is left. */
  list(): readonly Readonly<Record<string, unknown>>[] {
    return this.#faults.map((fault) => ({ ...fault.posted, times: fault.remaining }));
  }

  clear(): void {
    this.#faults = [];
  }

  /** The action for this request, if any, counted as used. `target` is the path with its query, as sent. */
  take(method: string, target: string): FaultAction | undefined {
    const lines = [`${method} ${target}`, `${method} ${decoded(target)}`];
    const fault = this.#faults.find(({ pattern }) => lines.some((line) => pattern.test(line)));
    if (fault === undefined) return undefined;
    if (fault.remaining > 0) fault.remaining -= 1;
    if (fault.remaining === 0) this.#faults = this.#faults.filter((other) => other !== fault);
    return fault.action;
  }
}

function decoded(target: string): string {
  try {
    return decodeURIComponent(target);
  } catch {
    return target;
  }
}
