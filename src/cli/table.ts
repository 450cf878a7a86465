import { plain } from '../runtime/text.js';
import { displayWidth } from './display-width.js';
import type { Paint } from './terminal.js';

/** Text, and how it looks on a terminal that takes colour. */
export interface Cell {
  readonly text: string;
  readonly paint?: Paint;
}

export interface RenderedTable {
  readonly header: string;
  readonly rows: readonly string[];
  /** All of it, each line ended. */
  readonly text: string;
  /** Renders a later row to the same columns. */
  row(cells: readonly (Cell | string)[]): string;
}

const gap = '   ';

/** Columns aligned by what a terminal shows; control and bidi characters are gone. */
export function renderTable(headers: readonly string[], rows: readonly (readonly (Cell | string)[])[]): RenderedTable {
  const texts = rows.map((cells) => cells.map((cell) => shown(cell).text));
  const widths = headers.map((header, column) =>
    Math.max(displayWidth(header), ...texts.map((cells) => displayWidth(cells[column] ?? ''))),
  );
  const row = (cells: readonly (Cell | string)[]): string =>
    cells
      .map((cell, column) => {
        const { text, paint = (same: string) => same } = shown(cell);
        const last = column === cells.length - 1;
        return paint(text) + (last ? '' : ' '.repeat(Math.max(0, (widths[column] ?? 0) - displayWidth(text))) + gap);
      })
      .join('')
      .trimEnd();
  const lines = [row(headers), ...rows.map(row)];
  const [header = '', ...rendered] = lines;
  return { header, rows: rendered, text: lines.map((line) => `${line}\n`).join(''), row };
}

function shown(cell: Cell | string): Cell {
  return typeof cell === 'string' ? { text: plain(cell) } : { ...cell, text: plain(cell.text) };
}
