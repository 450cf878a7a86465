// Control characters, every format character (bidi marks, overrides and isolates, tags, byte order marks), lone
// surrogates, line and paragraph separators. The zero-width joiners stay: scripts and emoji need them, and they
// neither move nor end a line.
const UNSAFE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const BREAK = /[\t\n\v\f\r\u0085\u2028\u2029]+/gu;

/** Text from outside (event, room, contact names) as one line that changes nothing around it. Idempotent. */
export function plain(text: string): string {
  return text.replace(BREAK, ' ').replace(UNSAFE, '');
}

/** JSON text, still equal when parsed, in which no control or format character stands unescaped. */
export function escapeJson(json: string): string {
  return json.replace(UNSAFE, (character) =>
    Array.from({ length: character.length }, (_, index) => {
      return `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`;
    }).join(''),
  );
}

/** Plain code-point order, the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
