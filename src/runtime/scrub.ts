import { Buffer } from 'node:buffer';

/**
 * Replaces every occurrence of the secrets by `mask`: plain, URL-escaped, as it stands in JSON, or as base64.
 * @param shortest characters; a shorter secret would tear ordinary words apart and protects nothing
 */
export function scrubber(secrets: readonly string[], { mask = '[redacted]', shortest = 4 } = {}): (text: string) => string {
  const forms = new Set(secrets.filter(({ length }) => length >= shortest).flatMap(formsOf));
  // A secret that contains another one must not be left with its ends showing.
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  return (text) => longestFirst.reduce((rest, form) => rest.replaceAll(form, mask), text);
}

function formsOf(secret: string): readonly string[] {
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), Buffer.from(secret).toString('base64')];
}

/** Header values that authorize, whole and without their scheme (`Bearer`). */
export function authorizingValues(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(headers)
    .filter(([name]) => /auth|key|token|cookie|secret/i.test(name))
    .flatMap(([, value]) => [value, value.slice(value.indexOf(' ') + 1)]);
}
