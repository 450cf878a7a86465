import type { OptionsOfTextResponseBody } from 'got';
import type { HttpRequest } from './http.js';

/** The path is appended, not resolved: it can never name another host. */
export function address(base: URL, request: HttpRequest): URL {
  const url = new URL(
    base.origin + base.pathname.replace(/\/$/, '') + (request.path.startsWith('/') ? '' : '/') + request.path,
  );
  for (const [name, value] of request.query ?? []) url.searchParams.append(name, value);
  return url;
}

export function gotOptions(
  request: HttpRequest,
  headers: Readonly<Record<string, string>>,
  timeoutMs: number,
): OptionsOfTextResponseBody {
  return {
    method: request.method,
    headers: { 'user-agent': 'sexton', ...headers },
    responseType: 'text',
    timeout: { request: timeoutMs },
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    ...(request.json !== undefined && { json: request.json }),
    ...(request.form !== undefined && { form: request.form }),
    ...(request.multipart !== undefined && { body: multipart(request.multipart) }),
  };
}

function multipart(part: NonNullable<HttpRequest['multipart']>): FormData {
  const form = new FormData();
  form.append(part.field, new Blob([part.content], { type: part.contentType }), part.filename);
  return form;
}

export function flatHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Readonly<Record<string, string>> {
  const entries = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, typeof value === 'string' ? value : value.join(', ')]],
  );
  return Object.fromEntries(entries);
}
