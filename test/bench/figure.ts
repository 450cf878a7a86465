/** One line of the table and one entry of the JSON document. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  /** Null where it cannot be measured on this machine. */
  readonly value: number | null;
  readonly aim?: { readonly below: number } | { readonly atMost: number };
  /** What else was measured beside it. */
  readonly note?: string;
}

/** Something to measure; several figures can come from one scene. */
export interface Measurement {
  readonly name: string;
  measure(progress: (text: string) => void): Promise<readonly Figure[]>;
}

/** The smallest sample that at least this share of all samples do not exceed. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}

function met({ value, aim }: Figure): boolean | null {
  if (aim === undefined || value === null) return null;
  return 'below' in aim ? value < aim.below : value <= aim.atMost;
}

export function tableText(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { name, unit, value, aim, note = '' } = figure;
    const verdict = met(figure);
    const wanted = aim === undefined ? '' : 'below' in aim ? `< ${aim.below}` : `<= ${aim.atMost}`;
    return [name, value === null ? '-' : shown(value), unit, wanted, verdict === null ? '' : verdict ? 'met' : 'MISSED', note] as const;
  });
  const header = ['FIGURE', 'VALUE', 'UNIT', 'AIM', '', 'NOTE'] as const;
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [header, ...rows]
    .map((row) => row.map((cell, column) => (column === 1 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join('  ').trimEnd())
    .map((line) => `${line}\n`)
    .join('');
}

export function figuresDocument(figures: readonly Figure[], machine: Readonly<Record<string, unknown>>): unknown {
  return { machine, figures: figures.map((figure) => ({ ...figure, value: figure.value === null ? null : rounded(figure.value), met: met(figure) })) };
}

function shown(value: number): string {
  return rounded(value).toLocaleString('en-US', { maximumFractionDigits: 2 });
}

/** Three digits are more than a shared machine can promise. */
function rounded(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
