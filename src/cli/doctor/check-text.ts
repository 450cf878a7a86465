import { plain } from '../../runtime/text.js';
import { displayWidth } from '../display-width.js';
import type { Terminal } from '../terminal.js';
import type { Check } from './check.js';

/** A phone held sideways; a line that is longer breaks where the terminal likes. */
const usual = 80;
const narrowest = 40;
const nameWidth = 28;
const indent = 9;

/** One line where it fits; else the name alone, and under it what was seen and what to do, in the lines it needs. */
export function checkText({ name, state, message, remedy }: Check, { colors, columns = usual }: Pick<Terminal, 'colors' | 'columns'>): string {
  const mark = { Ok: colors.green('ok     '), Warning: colors.yellow('look   '), Failed: colors.red('WRONG  '), Skipped: colors.dim('skipped') }[state];
  const width = Math.max(narrowest, Math.min(usual, columns));
  const [shown, said] = [plain(name), plain(message)];
  const line = `${shown.padEnd(nameWidth)}  ${said}`;
  if (remedy === null && indent + displayWidth(line) <= width) return `${mark}  ${line}\n`;
  const margin = ' '.repeat(indent);
  const told = wrapped(said, width - indent).map((each) => `${margin}${each}\n`);
  const todo = remedy === null ? [] : wrapped(plain(remedy), width - indent - 3).map((each, index) => `${margin}${index === 0 ? '-> ' : '   '}${each}\n`);
  return `${mark}  ${shown}\n${told.join('')}${todo.join('')}`;
}

/** Breaks between words alone: a command, a path or a fingerprint is copied whole. */
function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ').filter((each) => each !== '')) {
    const last = lines.at(-1);
    if (last !== undefined && displayWidth(last) + 1 + displayWidth(word) <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
