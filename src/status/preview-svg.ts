import { weekdayOf, type LocalDate, type LocalTime } from '../desired/calendar/local-time.js';
import type { Instant } from '../desired/model.js';
import { plain } from '../runtime/text.js';
import { wallClock, wallRange, wallSpans, type PreviewRow, type PreviewWindow } from './preview.js';

export interface SvgGroup {
  readonly name: string;
  readonly displayName: string | undefined;
  /** `#rrggbb` */
  readonly color: string | undefined;
}

export interface SvgLook {
  readonly site: string;
  readonly now: Instant;
  readonly local: LocalTime;
  /** In the order of their rows. */
  readonly groups: readonly SvgGroup[];
}

/** Pixels. An hour is 40 wide, so that times of five minutes still differ. */
const size = { margin: 24, label: 190, hour: 40, head: 96, day: 40, row: 26, bar: 18 } as const;
const left = size.margin + size.label;
const width = left + 24 * size.hour + size.margin + 6;
const ink = { text: '#0f172a', soft: '#475569', grid: '#e2e8f0', third: '#cbd5e1', ground: '#f8fafc', now: '#b91c1c' } as const;
/** Told apart also by people who see fewer colours (Okabe and Ito). */
const palette = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#7a6a00', '#5b5b5b'];

/** One self-contained picture: a block a day, a line a door group. All text from outside is escaped. */
export function previewSvg(rows: readonly PreviewRow[], look: SvgLook): string {
  const { site, local, now, groups } = look;
  const dates = [...new Set(rows.map(({ date }) => date))];
  const block = size.day + groups.length * size.row + 14;
  const height = size.head + dates.length * block + size.margin;
  const [first = '', last = ''] = [dates[0], dates.at(-1)];
  const period = `${first === last ? '' : `${dateText(first)} to `}${dateText(last)} ${last.slice(0, 4)}`;
  const waits = rows.some((row) => row.windows.some(({ held }) => held));
  const title = `Open doors of ${site}`;
  const told = waits ? 'Hatched times wait for approval; the doors stay shut.' : 'Nothing waits for approval.';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title desc" font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="12" fill="${ink.text}">`,
    `<title id="title">${escape(title)}</title>`,
    `<desc id="desc">${escape(`${period}, times in ${local.zone}. ${groups.length} door groups. ${told}`)}</desc>`,
    `<defs>${groups.map((group, index) => hatch(index, colorOf(group, index))).join('')}</defs>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${size.margin}" y="38" font-size="20" font-weight="600">${escape(title)}</text>`,
    `<text x="${size.margin}" y="60" fill="${ink.soft}">${escape(`${period} · times in ${local.zone}`)}</text>`,
    legend(groups[0] === undefined ? palette[0] ?? '' : colorOf(groups[0], 0)),
    ...dates.map((date, index) => {
      const top = size.head + index * block;
      const ofDay = rows.filter((row) => row.date === date);
      return dayBlock({ date, rows: ofDay, top, isToday: date === local.dateOf(now) }, look);
    }),
    '</svg>',
    '',
  ].join('\n');
}

interface Day {
  readonly date: LocalDate;
  readonly rows: readonly PreviewRow[];
  readonly top: number;
  readonly isToday: boolean;
}

function dayBlock({ date, rows, top, isToday }: Day, { local, now, groups }: SvgLook): string {
  const first = top + size.day;
  const bottom = first + rows.length * size.row;
  const hours = Array.from({ length: 25 }, (_, hour) => hour);
  const grid = hours.map((hour) => `<line x1="${x(hour * 60)}" x2="${x(hour * 60)}" y1="${first}" y2="${bottom}" stroke="${hour % 3 === 0 ? ink.third : ink.grid}"/>`);
  const labels = hours.filter((hour) => hour % 3 === 0).map((hour) => `<text x="${x(hour * 60)}" y="${first - 6}" text-anchor="middle" fill="${ink.soft}" font-size="11">${hour}</text>`);
  const lines = rows.map((row) => {
    const index = groups.findIndex(({ name }) => name === row.doorGroup);
    const group = groups[index] ?? { name: row.doorGroup, displayName: undefined, color: undefined };
    return groupLine(row, { group, index, y: first + rows.indexOf(row) * size.row, local });
  });
  return [
    `<g>`,
    `<text x="${size.margin}" y="${first - 6}" font-size="14" font-weight="600">${escape(`${dateText(date)}${isToday ? ', today' : ''}`)}</text>`,
    `<rect x="${left}" y="${first}" width="${24 * size.hour}" height="${bottom - first}" fill="${ink.ground}"/>`,
    ...grid,
    ...labels,
    ...lines,
    ...(isToday ? [nowLine(local.minuteOf(now), first, bottom)] : []),
    '</g>',
  ].join('\n');
}

interface Line {
  readonly group: SvgGroup;
  readonly index: number;
  readonly y: number;
  readonly local: LocalTime;
}

function groupLine({ windows }: PreviewRow, { group, index, y, local }: Line): string {
  const name = group.displayName ?? group.name;
  const color = colorOf(group, index);
  const label = `<text x="${left - 10}" y="${y + 17}" text-anchor="end">${shown(name, 26)}</text>`;
  const boxes = windows.map((window) => box(window, { color, index, y: y + (size.row - size.bar) / 2, local }));
  // Last, so that no bar covers a text beside another.
  const texts: string[] = [];
  let used = left;
  for (const [at, window] of windows.entries()) {
    const next = windows[at + 1];
    const placed = boxText(window, { color, y: y + 17, local, from: used, to: next === undefined ? x(1440) : x(wallSpans(next, local)[0]?.from ?? 0) });
    if (placed.text !== '') texts.push(placed.text);
    used = placed.end;
  }
  return [label, ...boxes, ...texts].join('\n');
}

function box(window: PreviewWindow, { color, index, y, local }: { readonly color: string; readonly index: number; readonly y: number; readonly local: LocalTime }): string {
  const fill = window.held ? `fill="url(#held-${index})" stroke="${color}" stroke-dasharray="4 2"` : `fill="${color}"`;
  const rects = wallSpans(window, local).map(({ from, to }) => `<rect x="${x(from)}" y="${y}" width="${Math.max(2, round(((to - from) / 60) * size.hour))}" height="${size.bar}" rx="3" ${fill}/>`);
  const told = `${wallRange(window, local)}${window.held ? ' waits for approval' : ''}: ${window.causes.map(({ text, ref }) => (text === '' ? ref : text)).join('; ')}`;
  return `<g><title>${escape(told)}</title>${rects.join('')}</g>`;
}

interface TextPlace {
  readonly color: string;
  readonly y: number;
  readonly local: LocalTime;
  /** Where the line is free to the left of the bar, and until where to its right. */
  readonly from: number;
  readonly to: number;
}

/** The times and what for, where there is room: in the bar, else to its right or left; the tooltip has them always. */
function boxText(window: PreviewWindow, { color, y, local, from, to }: TextPlace): { readonly text: string; readonly end: number } {
  const spans = wallSpans(window, local);
  const [start, end] = [x(spans[0]?.from ?? 0), x(Math.max(...spans.map((span) => span.to)))];
  const times = wallRange(window, local);
  const why = mainCause(window);
  const [within, right, before] = [fitting(times, why, end - start - 10), fitting(times, why, to - end - 8), fitting(times, why, start - from - 8)];
  const place = (at: number, text: string, look: string): string => `<text x="${round(at)}" y="${y}" font-size="11" ${look}>${escape(text)}</text>`;
  const halo = (behind: string): string => `stroke="${behind}" stroke-width="3" paint-order="stroke"`;
  if (within !== null) {
    const inside = place(start + 6, within, window.held ? halo('#ffffff') : `fill="${inkOn(color)}"`);
    const beside = within === times ? cut(why, to - end - 8) : null;
    if (beside === null) return { text: inside, end };
    return { text: inside + place(end + 4, beside, halo(ink.ground)), end: end + 4 + textWidth(beside) };
  }
  if (right !== null) return { text: place(end + 4, right, halo(ink.ground)), end: end + 4 + textWidth(right) };
  if (before !== null) return { text: place(start - 4, before, `text-anchor="end" ${halo(ink.ground)}`), end };
  return { text: '', end };
}

/** The first event or opening that this date is about: a window that runs on for days has those of later days too. */
function mainCause({ end, causes }: PreviewWindow): string {
  const startOf = (ref: string): number => Date.parse(ref.slice(ref.lastIndexOf('@') + 1)) || 0;
  const told = causes.filter(({ kind, ref }) => (kind === 'event' && startOf(ref) < Date.parse(end)) || kind === 'opening');
  return [...told].sort((a, b) => startOf(a.ref) - startOf(b.ref))[0]?.text ?? '';
}

/** The times with as much of the cause as fits; null where not even they do. */
function fitting(times: string, why: string, room: number): string | null {
  if (textWidth(times) > room) return null;
  const rest = cut(why, room - textWidth(`${times} `));
  return rest === null ? times : `${times} ${rest}`;
}

/** As much as fits; null where that says nothing. */
function cut(text: string, room: number): string | null {
  const characters = Array.from(plain(text));
  for (let kept = characters.length; kept >= Math.min(5, characters.length) && kept > 0; kept -= 1) {
    const short = `${characters.slice(0, kept).join('').trimEnd()}${kept < characters.length ? '…' : ''}`;
    if (textWidth(short) <= room) return short;
  }
  return null;
}

function nowLine(minutes: number, top: number, bottom: number): string {
  const at = x(minutes);
  const line = `<line x1="${at}" x2="${at}" y1="${top - 2}" y2="${bottom}" stroke="${ink.now}" stroke-width="1.5"/>`;
  return `${line}<text x="${at}" y="${bottom + 11}" text-anchor="middle" font-size="10" fill="${ink.now}">now ${wallClock(minutes)}</text>`;
}

function legend(color: string): string {
  const y = 84;
  return [
    `<g font-size="11" fill="${ink.soft}">`,
    `<rect x="${size.margin}" y="${y - 11}" width="26" height="14" rx="3" fill="${color}"/><text x="${size.margin + 32}" y="${y}">open</text>`,
    `<rect x="${size.margin + 84}" y="${y - 11}" width="26" height="14" rx="3" fill="url(#held-0)" stroke="${color}" stroke-dasharray="4 2"/><text x="${size.margin + 116}" y="${y}">waits for approval: the doors stay shut</text>`,
    `<line x1="${size.margin + 366}" x2="${size.margin + 366}" y1="${y - 12}" y2="${y + 4}" stroke="${ink.now}" stroke-width="1.5"/><text x="${size.margin + 374}" y="${y}">now</text>`,
    '</g>',
  ].join('');
}

function hatch(index: number, color: string): string {
  return `<pattern id="held-${index}" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="7" height="7" fill="#ffffff"/><rect width="2.5" height="7" fill="${color}" fill-opacity="0.55"/></pattern>`;
}

function colorOf({ color }: SvgGroup, index: number): string {
  return color !== undefined && /^#[0-9a-fA-F]{6}$/.test(color) ? color : (palette[Math.max(0, index) % palette.length] ?? '#0072b2');
}

/** Black or white, whichever reads better on it (relative luminance of WCAG 2). */
function inkOn(color: string): string {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 ? '#000000' : '#ffffff';
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Fri 20 Nov` */
function dateText(date: LocalDate): string {
  const day = weekdayOf(date);
  return `${day.charAt(0).toUpperCase()}${day.slice(1, 3)} ${Number(date.slice(8))} ${months[Number(date.slice(5, 7)) - 1] ?? ''}`;
}

function x(minutes: number): number {
  return round(left + (minutes / 60) * size.hour);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** On the wide side for 11 pixels of any common font. */
function textWidth(text: string): number {
  let pixels = 0;
  for (const character of text) {
    if ((character.codePointAt(0) ?? 0) > 0x2e7f) pixels += 13;
    else if (/[mwMW]/.test(character)) pixels += 10;
    else if (/[A-Z]/.test(character)) pixels += 7.6;
    else pixels += /[\d:-]/.test(character) ? 6.2 : 6.6;
  }
  return pixels;
}

function shown(text: string, most: number): string {
  const characters = Array.from(plain(text));
  const short = characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : characters.join('');
  return short === text ? escape(short) : `<title>${escape(text)}</title>${escape(short)}`;
}

/** For text and attributes; what XML allows nowhere is left out. */
function escape(text: string): string {
  return plain(text)
    .replaceAll(/[\ufffe\uffff]/g, '')
    .replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
