import { errorCode, errorMessage } from '../runtime/errors.js';

/** What became of one change. The error names objects by id, never people. */
export interface Applied<Change> {
  readonly change: Change;
  /** Null: done. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

export function failure(error: unknown): { readonly code: string; readonly message: string } {
  return { code: errorCode(error), message: errorMessage(error) };
}
