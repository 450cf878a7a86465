export interface ErrorDetails {
  /** Stable machine word: an API's own code (`CODE_CREDS_NFC_HAS_BIND_USER`), or ours (`Timeout`, `Redirect`). */
  readonly code: string;
  readonly cause?: unknown;
}

abstract class CodedError extends Error {
  readonly code: string;

  constructor(message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
  }
}

/** May pass by itself: retried with backoff. Unknown errors are treated as this. */
export class TransientError extends CodedError {
  override readonly name = 'TransientError';
  /** Milliseconds the other side asked us to wait. */
  readonly retryAfter?: number;
  /** Milliseconds until there is something else to do, however long the backoff. */
  readonly dueIn?: number;

  constructor(message: string, details: ErrorDetails & { readonly retryAfter?: number; readonly dueIn?: number }) {
    super(message, details);
    if (details.retryAfter !== undefined) this.retryAfter = details.retryAfter;
    if (details.dueIn !== undefined) this.dueIn = details.dueIn;
  }
}

/** Waits for its input to change (a wrong token, a refused request); repeating it is useless. */
export class TerminalError extends CodedError {
  override readonly name = 'TerminalError';
}

/** The operator's configuration or environment is wrong: the process ends with 78. */
export class ConfigurationError extends CodedError {
  override readonly name = 'ConfigurationError';
}

export function errorCode(error: unknown): string {
  if (error instanceof CodedError) return error.code;
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return 'Unknown';
}

export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
