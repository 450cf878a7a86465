import { distance } from 'fastest-levenshtein';

/** The candidate that somebody who typed `word` most likely meant; null when none is near. Case is ignored. */
export function closest(word: string, candidates: Iterable<string>): string | null {
  // A longer word is no slip of the finger, and measuring it is quadratic.
  if (word.length > 100) return null;
  const wanted = word.toLowerCase();
  let best: { readonly candidate: string; readonly away: number } | null = null;
  let begun: string | null = null;
  for (const candidate of candidates) {
    const away = nearness(wanted, candidate.toLowerCase());
    if (best === null || away < best.away) best = { candidate, away };
    begun ??= isBeginning(wanted, candidate.toLowerCase()) ? candidate : null;
  }
  if (best === null) return null;
  return best.away <= Math.max(1, Math.floor(Math.max(wanted.length, best.candidate.length) / 3)) ? best.candidate : begun;
}

function nearness(wanted: string, candidate: string): number {
  const plain = (text: string): string => text.replaceAll(/[^\p{L}\p{N}]/gu, '');
  return plain(wanted) === plain(candidate) ? 0 : distance(wanted, candidate);
}

/** One continues the other: `open` and `openings`. */
function isBeginning(wanted: string, candidate: string): boolean {
  return wanted.length >= 3 && (candidate.startsWith(wanted) || wanted.startsWith(candidate));
}

/** `; did you mean \`doorGroups\`?`, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const meant = closest(word, candidates);
  return meant === null ? '' : `; did you mean \`${meant}\`?`;
}
