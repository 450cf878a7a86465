/** A refusal of the simulated controller: a business error unless it has a status of its own. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly code: string,
    message: string,
    readonly status?: number,
  ) {
    super(message);
  }
}

/** The path or method does not exist: what the controller's router says, not the endpoint. */
export class NoManZone extends Error {
  override readonly name = 'NoManZone';
}

export const noManZoneBody = {
  code: 404,
  codeS: 'CODE_NOT_FOUND',
  msg: 'The API was not found.',
  error: 'you entered no-man zone',
} as const;

export interface Pagination {
  readonly page_num: number;
  readonly page_size: number;
  readonly total: number;
}

/** `data` is left out when an endpoint answers without it; null is an answer. */
export interface Success {
  readonly data?: unknown;
  readonly pagination?: Pagination;
}

export function invalid(message: string): ApiError {
  return new ApiError('CODE_PARAMS_INVALID', message);
}

function positive(text: string | undefined, name: string): number | undefined {
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw invalid(`Invalid ${name}.`);
  return value;
}

/**
 * One page of the rows. Without parameters all rows are one page, unless there is a default size.
 * @throws ApiError for parameters that are no positive whole numbers
 */
export function page<T>(
  rows: readonly T[],
  query: (name: string) => string | undefined,
  defaultSize: number | undefined,
): { readonly rows: readonly T[]; readonly pagination: Pagination } {
  const number = positive(query('page_num'), 'page_num') ?? 1;
  const size = positive(query('page_size'), 'page_size') ?? defaultSize ?? Math.max(rows.length, 1);
  const start = (number - 1) * size;
  return {
    rows: rows.slice(start, start + size),
    pagination: { page_num: number, page_size: size, total: rows.length },
  };
}
