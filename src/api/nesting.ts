import { Lexer } from 'yaml';

/** Ours need eight. The parser recurses, and a file that is nothing but brackets ends the process, not only the call. */
const maxDepth = 64;
/** Every level of a block is at least one column further in. */
const maxColumns = 256;

/** The offset at which a text nests too deeply to be parsed; null where it does not. */
export function nestedTooDeeply(text: string): number | null {
  return deepLine(text) ?? deepBracket(text);
}

function deepLine(text: string): number | null {
  let offset = 0;
  for (const line of text.split('\n')) {
    const lead = /^(?:[ \t]|[-?:](?=[ \t]))*/.exec(line)?.[0].length ?? 0;
    if (lead > maxColumns && line.trim() !== '') return offset + maxColumns;
    offset += line.length + 1;
  }
  return null;
}

function deepBracket(text: string): number | null {
  if ((text.match(/[[{]/g)?.length ?? 0) <= maxDepth) return null;
  let depth = 0;
  let offset = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') depth += 1;
    else if (token === ']' || token === '}') depth -= 1;
    else if (token === '\u{2}') depth = 0;
    if (depth > maxDepth) return offset;
    // The marks for a document, a scalar and the end of a flow are single control characters that no text has.
    if (!/^[\u{2}\u{18}\u{1f}]$/u.test(token)) offset += token.length;
  }
  return null;
}
