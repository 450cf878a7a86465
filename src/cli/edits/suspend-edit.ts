import { isCollection, isMap, isNode, isScalar, parseAllDocuments } from 'yaml';
import type { Document, Pair, YAMLMap } from 'yaml';
import { canonicalJson } from '../../api/spec-hash.js';
import { isRecord } from '../../runtime/record.js';

/** What `spec` is to say about suspension; undefined: nothing. */
export interface Suspension {
  readonly suspend: boolean;
  readonly suspendUntil: string | undefined;
  readonly suspendReason: string | undefined;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const fields = ['suspend', 'suspendUntil', 'suspendReason'] as const;
type Field = (typeof fields)[number];

/**
 * The text of a file with the suspension of one of its resources changed, every other byte as it was.
 * Null: the file is not of a form in which that is certain.
 */
export function editSuspension(text: string, resource: { readonly kind: string; readonly name: string }, wanted: Suspension): string | null {
  const documents = parse(text);
  const document = documents?.find((each) => each.getIn(['kind']) === resource.kind && each.getIn(['metadata', 'name']) === resource.name);
  const spec: unknown = document?.get('spec', true);
  if (documents == null || document === undefined || !isMap(spec)) return null;
  const edits = editsOf(text, spec, wanted, specKeyEnd(document));
  if (edits === null) return null;
  const edited = [...edits].sort((a, b) => b.start - a.start).reduce((all, { start, end, text: inner }) => all.slice(0, start) + inner + all.slice(end), text);
  const expected = documents.map((each) => (each === document ? withSuspension(each.toJS(), wanted) : (each.toJS() as unknown)));
  const found = parse(edited)?.map((each) => withSuspension(each.toJS(), null));
  // Looked at as a whole: an edit that moved anything else is none.
  return found !== undefined && canonicalJson(found) === canonicalJson(expected.map((each) => withSuspension(each, null))) && says(edited, resource, wanted) ? edited : null;
}

function parse(text: string): readonly Document.Parsed[] | undefined {
  const parsed = parseAllDocuments(text, { merge: true, logLevel: 'silent' });
  return Array.isArray(parsed) && parsed.every(({ errors }) => errors.length === 0) ? parsed : undefined;
}

/** With these fields as wanted; null: as they are, with `suspend: false` left out, which is what its absence means. */
function withSuspension(value: unknown, wanted: Suspension | null): unknown {
  if (!isRecord(value) || !isRecord(value['spec'])) return value;
  const spec: Record<string, unknown> = { ...value['spec'], ...wanted };
  return { ...value, spec: Object.fromEntries(Object.entries(spec).filter(([field, inner]) => inner !== undefined && !(field === 'suspend' && inner === false))) };
}

function says(text: string, resource: { readonly kind: string; readonly name: string }, wanted: Suspension): boolean {
  const document = parse(text)?.find((each) => each.getIn(['kind']) === resource.kind && each.getIn(['metadata', 'name']) === resource.name);
  const valueOf = (field: Field): unknown => document?.getIn(['spec', field]) ?? (field === 'suspend' ? false : undefined);
  return fields.every((field) => valueOf(field) === wanted[field]);
}

function editsOf(text: string, spec: YAMLMap, wanted: Suspension, afterSpecKey: number | null): readonly Edit[] | null {
  const own = new Map(fields.map((field) => [field, spec.items.find((pair) => isScalar(pair.key) && pair.key.value === field)]));
  const others = spec.items.some((pair) => ![...own.values()].includes(pair));
  const edits: Edit[] = [];
  const missing: string[] = [];
  for (const field of fields) {
    const pair = own.get(field);
    const value = wanted[field];
    // A line that only says what its absence says is taken out again, unless it carries a comment or is all there is.
    const needless = value === undefined || (value === false && others && !(pair !== undefined && hasComment(text, pair)));
    const edit = pair === undefined ? null : needless ? removal(text, spec, pair) : replacement(text, pair, JSON.stringify(value));
    if (pair === undefined && !needless) missing.push(`${field}: ${JSON.stringify(value)}`);
    if (pair !== undefined && edit === null) return null;
    if (edit !== null) edits.push(edit);
  }
  if (missing.length === 0) return edits;
  const inserted = insertion(text, spec, own.get('suspend'), missing, afterSpecKey);
  return inserted === null ? null : [...edits, inserted];
}

function replacement(text: string, pair: Pair, value: string): Edit | null {
  const range = rangeOf(pair.value);
  if (range === null || isCollection(pair.value)) return null;
  const [start, end] = range;
  if (text.slice(start, end) === value) return { start, end, text: value };
  return { start, end, text: text[start - 1] === ':' ? ` ${value}` : value };
}

function removal(text: string, spec: YAMLMap, pair: Pair): Edit | null {
  const [key, value] = [rangeOf(pair.key), rangeOf(pair.value)];
  if (key === null || value === null) return null;
  const [start, end] = [key[0], Math.max(value[1], key[1])];
  if (spec.flow === true) {
    const at = spec.items.indexOf(pair);
    const [before, after] = [rangeOf(spec.items[at - 1]?.value), rangeOf(spec.items[at + 1]?.key)];
    if (after !== null) return { start, end: after[0], text: '' };
    return before === null ? { start, end, text: '' } : { start: before[1], end, text: '' };
  }
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  if (text.slice(lineStart, start).trim() !== '') return null;
  // The text of a block scalar brings its line end along.
  if (text[end - 1] === '\n') return { start: lineStart, end, text: '' };
  const lineEnd = endOfLine(text, end);
  const rest = text.slice(end, lineEnd).trim();
  if (rest === '') return { start: lineStart, end: lineEnd, text: '' };
  return rest.startsWith('#') ? { start, end: text.indexOf('#', end), text: '' } : null;
}

function insertion(text: string, spec: YAMLMap, suspend: Pair | undefined, lines: readonly string[], afterSpecKey: number | null): Edit | null {
  const beside = rangeOf(suspend?.value);
  const [first] = spec.items;
  const start = rangeOf(spec)?.[0];
  if (start === undefined) return null;
  if (spec.flow === true) {
    if (beside !== null) return { start: beside[1], end: beside[1], text: lines.map((line) => `, ${line}`).join('') };
    const padding = /\s/.test(text[start + 1] ?? '') ? '' : ' ';
    const inner = ` ${lines.join(', ')}`;
    return { start: start + 1, end: start + 1, text: first === undefined ? `${inner}${padding}` : `${inner},${padding}` };
  }
  const key = rangeOf(first?.key);
  if (key === null || afterSpecKey === null) return null;
  const indent = text.slice(text.lastIndexOf('\n', key[0] - 1) + 1, key[0]);
  if (indent.trim() !== '') return null;
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  // Directly below `spec:`: a comment above the first field stays with that field.
  const at = endOfLine(text, beside === null ? afterSpecKey : beside[1]);
  const open = text[at - 1] === '\n' ? '' : newline;
  return { start: at, end: at, text: open + lines.map((line) => `${indent}${line}${newline}`).join('') };
}

function hasComment(text: string, pair: Pair): boolean {
  const range = rangeOf(pair.value);
  return range !== null && text.slice(range[1], endOfLine(text, range[1])).includes('#');
}

function specKeyEnd({ contents }: Document.Parsed): number | null {
  const pair = isMap(contents) ? contents.items.find(({ key }) => isScalar(key) && key.value === 'spec') : undefined;
  return rangeOf(pair?.key)?.[1] ?? null;
}

/** Just after the line break that ends the line of `offset`. */
function endOfLine(text: string, offset: number): number {
  const at = text.indexOf('\n', offset);
  return at < 0 ? text.length : at + 1;
}

function rangeOf(node: unknown): readonly [start: number, end: number] | null {
  const range = isNode(node) ? node.range : null;
  return range == null ? null : [range[0], range[1]];
}
