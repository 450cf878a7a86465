/** Replaces every occurrence of the secrets, plain, URL-escaped or as base64, by `[redacted]`. */
export function scrubber(secrets: readonly string[]): (text: string) => string {
  const needles = new Set<string>();
  for (const secret of secrets) {
    // A shorter one would tear ordinary words apart and protects nothing.
    if (secret.length < 4) continue;
    needles.add(secret);
    needles.add(encodeURIComponent(secret));
    needles.add(Buffer.from(secret).toString('base64'));
  }
  const longestFirst = [...needles].sort((a, b) => b.length - a.length);
  return (text) => longestFirst.reduce((result, needle) => result.replaceAll(needle, '[redacted]'), text);
}

/** Header values that authorize, whole and without their scheme (`Bearer`). */
export function authorizingValues(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(headers)
    .filter(([name]) => /auth|key|token|cookie|secret/i.test(name))
    .flatMap(([, value]) => [value, value.slice(value.indexOf(' ') + 1)]);
}
