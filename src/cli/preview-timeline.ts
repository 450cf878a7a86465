import type { LocalTime } from '../desired/calendar/local-time.js';
import type { Instant } from '../desired/model.js';
import { isoInstant } from '../runtime/instant.js';
import { plain } from '../runtime/text.js';
import { wallRange, wallSpans, type PreviewRow, type PreviewWindow } from '../status/preview.js';
import { displayWidth } from './display-width.js';
import { siteTime } from '../runtime/site-time.js';
import type { Colors } from './terminal.js';

export interface TimelineLook {
  readonly now: Instant;
  readonly local: LocalTime;
  /** Columns of the terminal. */
  readonly width: number;
  readonly colors: Colors;
  /** With the causes of each window. */
  readonly wide: boolean;
}

/** Cells of a day; 15 minutes to 3 hours each. */
const resolutions = [96, 48, 24, 12, 8];
type Cell = 'closed' | 'held' | 'open';
const marks: Readonly<Record<Cell, readonly [usual: string, now: string]>> = { closed: ['·', '│'], held: ['░', '╎'], open: ['█', '┃'] };

/** A block a day: the hours, then a line a door group. No line of the chart is wider than the terminal. */
export function timelineText(rows: readonly PreviewRow[], look: TimelineLook): string {
  const { local, width, colors } = look;
  const today = local.dateOf(look.now);
  const needed = Math.max('Sat 2026-11-21'.length, ...rows.map(({ doorGroup }) => displayWidth(doorGroup) + 2));
  const label = Math.min(needed, Math.max(14, width - 25), Math.max(4, width - 9));
  const cells = resolutions.find((each) => label + 1 + each <= width) ?? 8;
  const dates = [...new Set(rows.map(({ date }) => date))];
  const blocks = dates.map((date) => {
    const nowCell = date === today ? Math.floor((local.minuteOf(look.now) * cells) / 1440) : null;
    const heading = siteTime(local.zone).full(isoInstant(local.startOf(date))).slice(0, 14);
    const lines = rows
      .filter((row) => row.date === date)
      .flatMap((row) => [`${fit(`  ${row.doorGroup}`, label)} ${bar(row, { cells, nowCell, local, colors })}`, ...(look.wide ? causeLines(row, look) : [])]);
    return [`${colors.bold(fit(heading, label))} ${colors.dim(scale(cells))}`.trimEnd(), ...lines].map((line) => `${line}\n`).join('');
  });
  const legend = `${marks.open[0]} open  ${marks.held[0]} held: waits for approval, stays shut${dates.includes(today) ? `  ${marks.closed[1]} now` : ''}`;
  return [...blocks, `${colors.dim(legend)}\n`].join('\n');
}

interface Bar {
  readonly cells: number;
  readonly nowCell: number | null;
  readonly local: LocalTime;
  readonly colors: Colors;
}

function bar({ windows }: PreviewRow, { cells, nowCell, local, colors }: Bar): string {
  const open = covered(windows.filter(({ held }) => !held), cells, local);
  const held = covered(windows.filter((each) => each.held), cells, local);
  return Array.from({ length: cells }, (_, index) => {
    const cell: Cell = open.has(index) ? 'open' : held.has(index) ? 'held' : 'closed';
    const mark = marks[cell][index === nowCell ? 1 : 0];
    if (index === nowCell) return colors.red(mark);
    return cell === 'open' ? colors.green(mark) : cell === 'held' ? colors.yellow(mark) : colors.dim(mark);
  }).join('');
}

/** Every cell that a window touches: a short one must not vanish. */
function covered(windows: readonly PreviewWindow[], cells: number, local: LocalTime): ReadonlySet<number> {
  const size = 1440 / cells;
  const found = new Set<number>();
  for (const { from, to } of windows.flatMap((window) => wallSpans(window, local))) {
    for (let cell = Math.floor(from / size); cell * size < to; cell += 1) found.add(cell);
  }
  return found;
}

function scale(cells: number): string {
  const every = cells >= 24 ? 3 : 6;
  return Array.from({ length: 24 / every }, (_, index) => String(index * every).padEnd((cells * every) / 24)).join('').trimEnd();
}

function causeLines({ windows }: PreviewRow, { local, colors }: TimelineLook): readonly string[] {
  return windows.map((window) => {
    const causes = window.causes.map(({ kind, ref, text }) => `${ref.includes('/') ? ref : `${kind} ${ref}`}${text === '' ? '' : `: ${text}`}`);
    const line = `    ${wallRange(window, local)}${window.held ? '  held' : ''}  ${plain(causes.join('; '))}`;
    return window.held ? colors.yellow(line) : line;
  });
}

function fit(text: string, width: number): string {
  const shown = plain(text);
  if (displayWidth(shown) <= width) return shown + ' '.repeat(width - displayWidth(shown));
  return `${Array.from(shown).slice(0, width - 1).join('')}…`;
}
