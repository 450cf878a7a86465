import { isUtf8 } from 'node:buffer';
import type { Problem } from './problem.js';

/** A larger resource file is a mistake, and reading it would hold up the controller. */
const maxBytes = 1_048_576;

/** The text of a YAML file without its byte order mark, or what is wrong with it. */
export function fileText(file: string, bytes: Uint8Array | string): { readonly text: string } | { readonly problem: Problem } {
  const at = (line: number, column: number, message: string): { readonly problem: Problem } => ({
    problem: { file, line, column, path: '', message },
  });
  const size = typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.byteLength;
  if (size > maxBytes) {
    const mebibytes = (size / maxBytes).toFixed(1);
    return at(0, 0, `the file has ${mebibytes} MiB; at most 1 MiB is read. Split it, or move what is no resource out of this directory`);
  }
  if (typeof bytes !== 'string' && !isUtf8(bytes)) {
    const before = decodable(bytes);
    const [line, column] = position(before, before.length);
    const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    return at(line, column, `the file is not UTF-8 text${utf16 ? ' but UTF-16' : ''}; save it as UTF-8`);
  }
  const decoded = typeof bytes === 'string' ? bytes : new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const text = decoded.startsWith('\uFEFF') ? decoded.slice(1) : decoded;
  const nul = text.indexOf('\0');
  if (nul >= 0) {
    const [line, column] = position(text, nul);
    return at(line, column, 'the file holds a NUL character; it is damaged, or no text file');
  }
  return { text };
}

/** The text before the first byte that is not UTF-8. */
function decodable(bytes: Uint8Array): string {
  const decode = (length: number): string | null => {
    try {
      // `stream` forgives a character that the cut goes through, and nothing else.
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length), { stream: true });
    } catch {
      return null;
    }
  };
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (decode(middle) === null) bad = middle;
    else good = middle;
  }
  return decode(good) ?? '';
}

/** Line and column of an offset, both from 1. */
export function position(text: string, offset: number): readonly [line: number, column: number] {
  const lines = text.slice(0, offset).split('\n');
  return [lines.length, (lines.at(-1) ?? '').length + 1];
}
