/** Half-open, milliseconds since the epoch. Lists are sorted, disjoint and do not touch. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Sorted; overlapping and touching spans are one, empty ones are gone. */
export function union(spans: readonly Span[]): readonly Span[] {
  const merged: { from: number; to: number }[] = [];
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    if (span.to <= span.from) continue;
    const last = merged.at(-1);
    if (last !== undefined && span.from <= last.to) last.to = Math.max(last.to, span.to);
    else merged.push({ ...span });
  }
  return merged;
}

export function intersect(left: readonly Span[], right: readonly Span[]): readonly Span[] {
  const result: Span[] = [];
  let a = 0;
  let b = 0;
  for (;;) {
    const one = left[a];
    const other = right[b];
    if (one === undefined || other === undefined) return result;
    const from = Math.max(one.from, other.from);
    const to = Math.min(one.to, other.to);
    if (from < to) result.push({ from, to });
    if (one.to < other.to) a += 1;
    else b += 1;
  }
}

export function subtract(spans: readonly Span[], removed: readonly Span[]): readonly Span[] {
  const gaps: Span[] = [];
  let from = -Infinity;
  for (const span of removed) {
    gaps.push({ from, to: span.from });
    from = span.to;
  }
  gaps.push({ from, to: Infinity });
  return intersect(spans, gaps);
}

export function spanAt(spans: readonly Span[], instant: number): Span | undefined {
  return spans.find((span) => span.from <= instant && instant < span.to);
}
