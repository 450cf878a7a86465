import { TerminalError, TransientError } from './errors.js';

const certificateCodes =
  /^(ERR_TLS_|CERT_|UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH)/;

const unreachable = 'There is no way to it: check the url in the configuration, and the network.';

/** By the system's own code, what to look at first. */
const remedies: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'Nothing listens there: check that it runs, and the url in the configuration.'],
  ['ENOTFOUND', 'The name is not known: check the url in the configuration, and DNS.'],
  ['EAI_AGAIN', 'The name could not be looked up: check the network, and DNS.'],
  ['EHOSTUNREACH', unreachable],
  ['ENETUNREACH', unreachable],
]);

/** The coded error somewhere in a chain of causes, if one of ours started it. */
function ownCause(error: unknown): TransientError | TerminalError | null {
  for (let current = error, depth = 0; current instanceof Error && depth < 5; current = current.cause, depth += 1) {
    if (current instanceof TransientError || current instanceof TerminalError) return current;
  }
  return null;
}

function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'Unknown';
}

/**
 * What went wrong on the way to an answer, as a typed error. The cause is a new plain error with message and code:
 * the library's own errors carry the whole request, token included.
 * @param subject names the request without its query (`GET controller.lan:12445/users`)
 */
export function connectionError(
  error: unknown,
  subject: string,
  scrub: (text: string) => string,
): TransientError | TerminalError {
  const own = ownCause(error);
  if (own !== null) return own;
  const code = systemCode(error);
  const message = scrub(error instanceof Error ? error.message : String(error));
  const cause = Object.assign(new Error(message), { code });
  if (code === 'ETIMEDOUT' || code === 'ERR_SOCKET_CONNECTION_TIMEOUT') {
    return new TransientError(`${subject}: no answer in time.`, { code: 'Timeout', cause });
  }
  if (certificateCodes.test(code)) {
    return new TransientError(
      `${subject}: the certificate is not trusted (${code}). Check the host name and the certificate's dates, ` +
        'and give its authority (caFile) or its fingerprint (tlsFingerprint).',
      { code: 'CertificateRefused', cause },
    );
  }
  const remedy = remedies.get(code);
  return new TransientError(`${subject}: ${message}${remedy === undefined ? '' : `. ${remedy}`}`, { code: 'ConnectionFailed', cause });
}

export function redirectError(subject: string, status: number, location: string | undefined, base: URL): TerminalError {
  // Only the host: paths and queries of redirects carry tickets.
  const target =
    location !== undefined && URL.canParse(location, base.href)
      ? new URL(location, base).host
      : 'an unreadable address';
  return new TerminalError(
    `${subject}: answered ${status}, a redirect to ${target}. Redirects are not followed; ` +
      'put the final address into the configuration.',
    { code: 'Redirect' },
  );
}
