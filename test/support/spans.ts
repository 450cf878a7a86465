/** [from, to) in milliseconds; lists need not be sorted. Its own arithmetic, so that tests share none with the code. */
export type Span = readonly [number, number];

export function unionSpans(spans: readonly Span[]): Span[] {
  const sorted = spans.filter(([from, to]) => from < to).sort((a, b) => a[0] - b[0]);
  return sorted.reduce<Span[]>((merged, [from, to]) => {
    const last = merged.at(-1);
    if (last === undefined || last[1] < from) return [...merged, [from, to]];
    return [...merged.slice(0, -1), [last[0], Math.max(last[1], to)]];
  }, []);
}

export function subtractSpans(spans: readonly Span[], removed: readonly Span[]): Span[] {
  return removed.reduce<Span[]>(
    (rest, [from, to]) =>
      rest.flatMap(([a, b]): Span[] =>
        [
          [a, Math.min(b, from)] as Span,
          [Math.max(a, to), b] as Span,
        ].filter(([start, end]) => start < end),
      ),
    unionSpans(spans),
  );
}
