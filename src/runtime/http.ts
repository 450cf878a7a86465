/** One host, one client: bounded concurrency, shared back-off, pinned or verified TLS. Implemented in `http-client.ts`. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Appended to the base URL; already escaped. */
  readonly path: string;
  readonly query?: readonly (readonly [string, string])[];
  readonly headers?: Readonly<Record<string, string>>;
  /** A function is asked when the request leaves, after any queue or pause; what it throws takes the request back. */
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  readonly multipart?: {
    readonly field: string;
    readonly filename: string;
    readonly contentType: string;
    readonly content: string;
  };
  /** Asked when the request leaves, after any queue or pause; what it throws takes the request back. */
  readonly leaving?: () => void;
  /** True for a request that changes nothing, also when it is a POST: it may be repeated. Default: method is GET. */
  readonly idempotent?: boolean;
  /** True: a 5xx is answered after its retries, not thrown, for APIs that put an error code of their own into its body. */
  readonly answerServerErrors?: boolean;
}

export interface HttpResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Answers with any status but 3xx, 429 and (unless asked to) 5xx.
 * @throws TransientError (Timeout, ConnectionFailed, CertificateRefused, TooManyRequests with retryAfter,
 * ServerError after its retries, BodyTooLarge, Closed)
 * @throws TerminalError (FingerprintMismatch, Redirect naming the target host, CleartextRefused)
 */
export interface HttpClient {
  request(request: HttpRequest): Promise<HttpResponse>;
  lastDate(): { readonly date: number; readonly at: number } | null;
  close(): void;
}

export interface HttpObservation {
  readonly host: string;
  readonly method: string;
  /** Status, or the error's code. */
  readonly code: string;
  readonly seconds: number;
}
