import { distance } from 'fastest-levenshtein';

/** The candidate that somebody who typed `word` most likely meant; null when none is near. Case is ignored. */
export function closest(word: string, candidates: Iterable<string>): string | null {
  // A longer word is no slip of the finger, and measuring it is quadratic.
  if (word.length > 100) return null;
  const wanted = word.toLowerCase();
  let best: { readonly candidate: string; readonly away: number } | null = null;
  for (const candidate of candidates) {
    const away = nearness(wanted, candidate.toLowerCase());
    if (best === null || away < best.away) best = { candidate, away };
  }
  if (best === null) return null;
  return best.away <= Math.max(1, Math.floor(Math.max(wanted.length, best.candidate.length) / 3)) ? best.candidate : null;
}

function nearness(wanted: string, candidate: string): number {
  const plain = (text: string): string => text.replaceAll(/[^\p{L}\p{N}]/gu, '');
  if (plain(wanted) === plain(candidate)) return 0;
  const prefix = wanted.length >= 3 && (candidate.startsWith(wanted) || wanted.startsWith(candidate));
  return prefix ? 1 : distance(wanted, candidate);
}

/** `; did you mean \`doorGroups\`?`, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const meant = closest(word, candidates);
  return meant === null ? '' : `; did you mean \`${meant}\`?`;
}
