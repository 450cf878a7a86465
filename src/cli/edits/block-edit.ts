import { isMap, isSeq, Lexer } from 'yaml';
import type { YAMLMap, YAMLSeq } from 'yaml';
import { canonicalJson } from '../../api/spec-hash.js';
import { isRecord } from '../../runtime/record.js';
import {
  editFields,
  endOfLine,
  findDocument,
  keyEnd,
  newlineOf,
  pairOf,
  parseWhole,
  rangeOf,
  removal,
  startOfLine,
  withEdits,
  type TextEdit,
} from './map-fields.js';

/** One entry of a TierMapping's `blocked`. */
export interface Block {
  readonly contact: number;
  /** The last local date of the block. */
  readonly until: string | undefined;
  readonly reason: string | undefined;
}

/**
 * The text of a file in which a TierMapping blocks a contact so, every other byte as it was.
 * Null: the file is not of a form in which that is certain.
 */
export function editBlock(text: string, name: string, block: Block): string | null {
  return editBlocked(text, { name, contact: block.contact, block });
}

/** The same without any block of the contact. Comments stay, those of the entry too. */
export function editUnblock(text: string, name: string, contact: number): string | null {
  return editBlocked(text, { name, contact, block: null });
}

interface Wanted {
  readonly name: string;
  readonly contact: number;
  readonly block: Block | null;
}

function editBlocked(text: string, { name, contact, block }: Wanted): string | null {
  const documents = parseWhole(text);
  const document = findDocument(documents, { kind: 'TierMapping', name });
  const spec: unknown = document?.get('spec', true);
  if (documents === undefined || document === undefined || !isMap(spec)) return null;
  // A reason that nobody takes back still holds.
  const wanted = { name, contact, block: block === null ? null : { ...block, reason: block.reason ?? reasonIn(spec, contact) } };
  const edits = editsOf(text, spec, keyEnd(document.contents, 'spec'), wanted);
  if (edits === null) return null;
  const edited = withEdits(text, edits);
  const expected = documents.map((each) => (each === document ? withBlock(each.toJS(), wanted) : (each.toJS() as unknown)));
  const found = parseWhole(edited)?.map((each) => each.toJS() as unknown);
  // Looked at as a whole: an edit that moved anything else is none.
  return found !== undefined && canonicalJson(found.map(blocksSorted)) === canonicalJson(expected.map(blocksSorted)) ? edited : null;
}

function editsOf(text: string, spec: YAMLMap, belowSpec: number | null, { contact, block }: Wanted): readonly TextEdit[] | null {
  const pair = pairOf(spec, 'blocked');
  const list = pair?.value;
  if (pair === undefined || list == null || !isSeq(list)) {
    if (block === null) return [];
    return pair === undefined ? newField(text, spec, belowSpec, block) : null;
  }
  const entry = entryOf(list, contact);
  if (entry === undefined) return block === null ? [] : added(text, list, keyEnd(spec, 'blocked'), block);
  if (block !== null) {
    const fields = new Map([['until', block.until], ['reason', block.reason]]);
    return editFields({ text, map: entry, wanted: fields, beside: 'contact', below: null });
  }
  if (list.items.length > 1) return removed(text, list, entry);
  const [range, key] = [rangeOf(list), keyEnd(spec, 'blocked')];
  const comments = range !== null && key !== null && commentsIn(text, [key, endOfLine(text, range[1] - 1)]).length > 0;
  const whole = comments || spec.items.length === 1 ? null : removal(text, spec, pair);
  if (whole !== null) return [whole];
  if (range === null) return null;
  if (list.flow === true) return [{ start: range[0], end: range[1], text: '[]' }];
  const rest = removed(text, list, entry);
  const colon = key === null ? -1 : text.indexOf(':', key);
  return rest === null || colon < 0 ? null : [{ start: colon + 1, end: colon + 1, text: ' []' }, ...rest];
}

function reasonIn(spec: YAMLMap, contact: number): string | undefined {
  const list: unknown = spec.get('blocked');
  const reason = isSeq(list) ? entryOf(list, contact)?.get('reason') : undefined;
  return typeof reason === 'string' ? reason : undefined;
}

function entryOf(list: YAMLSeq, contact: number): YAMLMap | undefined {
  return list.items.find((item): item is YAMLMap => isMap(item) && item.get('contact') === contact);
}

/** Directly below `spec:`, so that a comment above the first field stays with that field. */
function newField(text: string, spec: YAMLMap, below: number | null, block: Block): readonly TextEdit[] | null {
  if (spec.flow === true) {
    const start = rangeOf(spec)?.[0];
    return start === undefined ? null : [{ start: start + 1, end: start + 1, text: ` blocked: [${flowEntry(block)}],` }];
  }
  const first = rangeOf(spec.items[0]?.key);
  if (first === null || below === null) return null;
  const indent = text.slice(startOfLine(text, first[0]), first[0]);
  const at = endOfLine(text, below);
  const newline = newlineOf(text);
  return [{ start: at, end: at, text: `${indent}blocked:${newline}${indent}  - ${flowEntry(block)}${newline}` }];
}

function added(text: string, list: YAMLSeq, below: number | null, block: Block): readonly TextEdit[] | null {
  const range = rangeOf(list);
  if (range === null) return null;
  if (list.flow === true) {
    const last = rangeOf(list.items.at(-1));
    const at = last?.[1] ?? range[0] + 1;
    return [{ start: at, end: at, text: last === null ? flowEntry(block) : `, ${flowEntry(block)}` }];
  }
  const dash = range[0];
  if (below === null || text[dash] !== '-') return null;
  const at = endOfLine(text, below);
  return [{ start: at, end: at, text: `${text.slice(startOfLine(text, dash), dash)}- ${flowEntry(block)}${newlineOf(text)}` }];
}

function removed(text: string, list: YAMLSeq, entry: YAMLMap): readonly TextEdit[] | null {
  const range = rangeOf(entry);
  const at = list.items.indexOf(entry);
  if (range === null) return null;
  if (list.flow === true) {
    if (commentsIn(text, rangeOf(list)).length > 0) return null;
    const [before, after] = [rangeOf(list.items[at - 1]), rangeOf(list.items[at + 1])];
    if (after !== null) return [{ start: range[0], end: after[0], text: '' }];
    return [{ start: before?.[1] ?? range[0], end: range[1], text: '' }];
  }
  const dash = text.lastIndexOf('-', range[0]);
  const start = startOfLine(text, dash);
  const indent = text.slice(start, dash);
  if (indent.trim() !== '') return null;
  const end = text[range[1] - 1] === '\n' ? range[1] : endOfLine(text, range[1]);
  const comments = commentsIn(text, [start, end]).map((comment) => `${indent}${comment}${newlineOf(text)}`);
  return [{ start, end, text: comments.join('') }];
}

/** Quoted as JSON, which YAML reads as what it is. */
function flowEntry({ contact, until, reason }: Block): string {
  const fields = [`contact: ${contact}`, ...(until === undefined ? [] : [`until: ${JSON.stringify(until)}`]), ...(reason === undefined ? [] : [`reason: ${JSON.stringify(reason)}`])];
  return `{ ${fields.join(', ')} }`;
}

function commentsIn(text: string, range: readonly [start: number, end: number] | null): readonly string[] {
  if (range === null) return [];
  const comments: string[] = [];
  let offset = 0;
  for (const token of new Lexer().lex(text)) {
    // One control character marks a document's start or a scalar that follows; it stands for no text.
    if (token === '\u0002' || token === '\u0018' || token === '\u001f') continue;
    if (token.startsWith('#') && offset >= range[0] && offset < range[1]) comments.push(token.trimEnd());
    offset += token.length;
  }
  return comments;
}

function withBlock(value: unknown, { contact, block }: Wanted): unknown {
  if (!isRecord(value) || !isRecord(value['spec'])) return value;
  const { blocked = [] } = value['spec'];
  if (!Array.isArray(blocked)) return value;
  const others = (blocked as readonly unknown[]).filter((each) => !(isRecord(each) && each['contact'] === contact));
  const entry = block === null ? [] : [Object.fromEntries(Object.entries(block).filter(([, inner]) => inner !== undefined))];
  return { ...value, spec: { ...value['spec'], blocked: [...others, ...entry] } };
}

/** The order of blocks says nothing, and no list is an empty list. */
function blocksSorted(value: unknown): unknown {
  if (!isRecord(value) || value['kind'] !== 'TierMapping' || !isRecord(value['spec'])) return value;
  const { blocked = [] } = value['spec'];
  if (!Array.isArray(blocked)) return value;
  const sorted = (blocked as readonly unknown[]).map((each) => canonicalJson(each)).sort();
  return { ...value, spec: { ...value['spec'], blocked: sorted } };
}
