/** Ends one call. The message reaches the caller only with the permission to view debug output. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: 403 | 500,
    message: string,
  ) {
    super(message);
  }
}
