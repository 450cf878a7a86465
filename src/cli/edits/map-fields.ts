import { isCollection, isMap, isNode, isScalar, parseAllDocuments } from 'yaml';
import type { Document, Pair, YAMLMap } from 'yaml';

export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export type FieldValue = string | number | boolean | undefined;

export interface FieldEdits {
  readonly text: string;
  readonly map: YAMLMap;
  /** What the fields are to say; undefined: the field goes. */
  readonly wanted: ReadonlyMap<string, FieldValue>;
  /** New fields stand after this one, if it is there. */
  readonly beside: string;
  /** Otherwise on the line after this offset; null: nowhere. */
  readonly below: number | null;
}

/** Documents of a text without any error; undefined otherwise. */
export function parseWhole(text: string): readonly Document.Parsed[] | undefined {
  const parsed = parseAllDocuments(text, { merge: true, logLevel: 'silent' });
  return Array.isArray(parsed) && parsed.every(({ errors }) => errors.length === 0) ? parsed : undefined;
}

export function findDocument(documents: readonly Document.Parsed[] | undefined, { kind, name }: { readonly kind: string; readonly name: string }): Document.Parsed | undefined {
  return documents?.find((each) => each.getIn(['kind']) === kind && each.getIn(['metadata', 'name']) === name);
}

/** The edits must not overlap. */
export function withEdits(text: string, edits: readonly TextEdit[]): string {
  return [...edits].sort((a, b) => b.start - a.start).reduce((all, { start, end, text: inner }) => all.slice(0, start) + inner + all.slice(end), text);
}

/** Edits that make scalar fields of a map say what is wanted and touch no other byte. Null: not certain how. */
export function editFields({ text, map, wanted, beside, below }: FieldEdits): readonly TextEdit[] | null {
  const edits: TextEdit[] = [];
  const missing: string[] = [];
  for (const [field, value] of wanted) {
    const pair = pairOf(map, field);
    if (pair === undefined) {
      if (value !== undefined) missing.push(`${field}: ${JSON.stringify(value)}`);
      continue;
    }
    if (value !== undefined && isScalar(pair.value) && pair.value.value === value) continue;
    const edit = value === undefined ? removal(text, map, pair) : replacement(text, pair, JSON.stringify(value));
    if (edit === null) return null;
    edits.push(edit);
  }
  if (missing.length === 0) return edits;
  const inserted = insertion(text, map, { beside: pairOf(map, beside), lines: missing, below });
  return inserted === null ? null : [...edits, inserted];
}

export function pairOf(map: YAMLMap, field: string): Pair | undefined {
  return map.items.find(({ key }) => isScalar(key) && key.value === field);
}

/** Where the key of a top-level or nested field ends. */
export function keyEnd(map: unknown, field: string): number | null {
  return isMap(map) ? (rangeOf(pairOf(map, field)?.key)?.[1] ?? null) : null;
}

/** Whether a comment follows the value on its line. */
export function hasComment(text: string, pair: Pair): boolean {
  const range = rangeOf(pair.value);
  return range !== null && text.slice(range[1], endOfLine(text, range[1])).includes('#');
}

/** Just after the line break that ends the line of `offset`. */
export function endOfLine(text: string, offset: number): number {
  const at = text.indexOf('\n', offset);
  return at < 0 ? text.length : at + 1;
}

/** Just after the line break before `offset`. */
export function startOfLine(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

export function newlineOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

export function rangeOf(node: unknown): readonly [start: number, end: number] | null {
  const range = isNode(node) ? node.range : null;
  return range == null ? null : [range[0], range[1]];
}

function replacement(text: string, pair: Pair, value: string): TextEdit | null {
  const range = rangeOf(pair.value);
  if (range === null || isCollection(pair.value)) return null;
  const [start, end] = range;
  return { start, end, text: text[start - 1] === ':' ? ` ${value}` : value };
}

/** Also of a field whose value is a list or a map, where no comment would be lost with it. */
export function removal(text: string, map: YAMLMap, pair: Pair): TextEdit | null {
  const [key, value] = [rangeOf(pair.key), rangeOf(pair.value)];
  if (key === null || value === null) return null;
  const [start, end] = [key[0], Math.max(value[1], key[1])];
  if (map.flow === true) {
    const at = map.items.indexOf(pair);
    const [before, after] = [rangeOf(map.items[at - 1]?.value), rangeOf(map.items[at + 1]?.key)];
    if (after !== null) return { start, end: after[0], text: '' };
    return before === null ? { start, end, text: '' } : { start: before[1], end, text: '' };
  }
  const lineStart = startOfLine(text, start);
  if (text.slice(lineStart, start).trim() !== '') return null;
  // The text of a block scalar brings its line end along.
  if (text[end - 1] === '\n') return { start: lineStart, end, text: '' };
  const lineEnd = endOfLine(text, end);
  const rest = text.slice(end, lineEnd).trim();
  if (rest === '') return { start: lineStart, end: lineEnd, text: '' };
  return rest.startsWith('#') ? { start, end: text.indexOf('#', end), text: '' } : null;
}

interface Insertion {
  readonly beside: Pair | undefined;
  readonly lines: readonly string[];
  readonly below: number | null;
}

function insertion(text: string, map: YAMLMap, { beside, lines, below }: Insertion): TextEdit | null {
  const besideValue = rangeOf(beside?.value);
  const [first] = map.items;
  const start = rangeOf(map)?.[0];
  if (start === undefined) return null;
  if (map.flow === true) {
    if (besideValue !== null) return { start: besideValue[1], end: besideValue[1], text: lines.map((line) => `, ${line}`).join('') };
    const padding = /\s/.test(text[start + 1] ?? '') ? '' : ' ';
    const inner = ` ${lines.join(', ')}`;
    return { start: start + 1, end: start + 1, text: first === undefined ? `${inner}${padding}` : `${inner},${padding}` };
  }
  const key = rangeOf(first?.key);
  const after = besideValue?.[1] ?? below;
  if (key === null || after === null) return null;
  // In a list the first field stands behind its dash.
  const indent = text.slice(startOfLine(text, key[0]), key[0]).replace(/^(\s*)-(\s+)$/, '$1 $2');
  if (indent.trim() !== '') return null;
  // Directly below the key: a comment above the first field stays with that field.
  const at = endOfLine(text, after);
  const open = text[at - 1] === '\n' ? '' : newlineOf(text);
  return { start: at, end: at, text: open + lines.map((line) => `${indent}${line}${newlineOf(text)}`).join('') };
}
