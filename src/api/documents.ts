import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import type { Document, Node, Pair, ParsedNode, YAMLError } from 'yaml';
import { fileText, position } from './file-text.js';
import { nestedTooDeeply } from './nesting.js';
import { formatPath } from './path.js';
import type { Path } from './path.js';
import type { Problem } from './problem.js';
import { ambiguousWords, keyText, maxSyntaxProblems, plainData, structureProblems, tooDeep } from './yaml-structure.js';

/** One YAML document that is not empty. `kind` and `name` are as written, also where the rest is wrong. */
export interface ParsedDocument {
  readonly file: string;
  /** The line of its first key, from 1. */
  readonly line: number;
  readonly kind: string | null;
  readonly name: string | null;
  /** Plain data; null when `problems` is not empty. */
  readonly value: unknown;
  readonly problems: readonly Problem[];
  /** Words that YAML 1.1 programs (kubectl among them) read as booleans. */
  readonly warnings: readonly Problem[];
  /** A problem at the node at `path`, or at its key; at the nearest node above where there is none. */
  problemAt(path: Path, of: 'value' | 'key', message: string): Problem;
}

interface ParsedFile {
  readonly documents: readonly ParsedDocument[];
  /** What concerns the file as a whole; then there are no documents. */
  readonly problems: readonly Problem[];
}

/** Reads one YAML file: every document by itself, every problem with its place. @throws never */
export function parseDocuments(file: string, bytes: Uint8Array | string): ParsedFile {
  const read = fileText(file, bytes);
  if ('problem' in read) return { documents: [], problems: [read.problem] };
  const deep = nestedTooDeeply(read.text);
  if (deep !== null) {
    const [line, column] = position(read.text, deep);
    return { documents: [], problems: [{ file, line, column, path: '', message: tooDeep }] };
  }
  return { documents: chunks(read.text).flatMap((chunk) => parseChunk(file, chunk)), problems: [] };
}

interface Chunk {
  readonly text: string;
  /** Lines of the file before this chunk. */
  readonly before: number;
}

/**
 * Cuts at the `---` lines. YAML allows none inside a text or a bracket, but a parser that looks for a closing quote
 * reads over them, and one open quote would hide the rest of the file.
 */
function chunks(text: string): readonly Chunk[] {
  const found: Chunk[] = [];
  let start = 0;
  let before = 0;
  for (const { index } of text.matchAll(/^---(?=[ \t\r\n]|$)/gm)) {
    const piece = text.slice(start, index);
    // Directives and comments belong to the document after them.
    if (piece.replaceAll(/^[%#].*$/gm, '').trim() === '') continue;
    found.push({ text: piece, before });
    before += piece.split('\n').length - 1;
    start = index;
  }
  return [...found, { text: text.slice(start), before }];
}

function parseChunk(file: string, { text, before }: Chunk): readonly ParsedDocument[] {
  const lines = new LineCounter();
  const place: Place = (offset) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1) + before, column: col };
  };
  try {
    const parsed = parseAllDocuments(text, { lineCounter: lines, merge: true, uniqueKeys: false, prettyErrors: false, logLevel: 'silent' });
    const documents = Array.isArray(parsed) ? parsed : [];
    return documents.filter((document) => !isEmpty(document)).map((document) => describe(file, document, place));
  } catch (error) {
    const problem = { file, line: before + 1, column: 1, path: '', message: error instanceof RangeError ? tooDeep : 'the document cannot be read as YAML' };
    return [{ file, line: before + 1, kind: null, name: null, value: null, problems: [problem], warnings: [], problemAt: () => problem }];
  }
}

type Place = (offset: number) => { readonly line: number; readonly column: number };

function isEmpty(document: Document.Parsed): boolean {
  if (document.errors.length > 0) return false;
  return document.contents === null || (isScalar(document.contents) && document.contents.value === null);
}

function describe(file: string, document: Document.Parsed, place: Place): ParsedDocument {
  const at = (offset: number, path: Path, message: string): Problem => {
    return { file, ...place(offset), path: formatPath(path), message };
  };
  const start = document.contents?.range[0] ?? document.errors[0]?.pos[0] ?? document.range[0];
  const problems = [...document.errors, ...document.warnings]
    .slice(0, maxSyntaxProblems)
    .map((error) => at(error.pos[0], [], syntaxMessage(error)));
  if (problems.length === 0) problems.push(...structureProblems(document).map((found) => at(found.offset, found.path, found.message)));
  if (document.contents !== null && !isMap(document.contents) && problems.length === 0) {
    problems.push(at(start, [], 'this is no resource: a document must be a mapping with apiVersion, kind, metadata and spec'));
  }
  const data = problems.length === 0 ? plainData(document) : { value: null };
  if ('message' in data) problems.push(at(data.offset ?? start, [], data.message));
  return {
    file,
    line: place(start).line,
    kind: text(document, ['kind']),
    name: text(document, ['metadata', 'name']),
    value: 'value' in data ? data.value : null,
    problems,
    warnings: problems.length > 0 ? [] : ambiguousWords(document).map((found) => at(found.offset, found.path, found.message)),
    problemAt: (path, of, message) => at(offsetOf(document, path, of) ?? start, path, message),
  };
}

function syntaxMessage(error: YAMLError): string {
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return 'a tab is used to indent; YAML wants spaces';
    case 'TAG_RESOLVE_FAILED':
      return `${error.message}; write the value without a tag`;
    default:
      return error.message.includes('call stack') ? tooDeep : error.message;
  }
}

function text(document: Document.Parsed, path: Path): string | null {
  const found = nodeAt(document, path);
  return isScalar(found) && typeof found.value === 'string' && found.value !== '' ? found.value : null;
}

function nodeAt(document: Document.Parsed, path: Path): unknown {
  let node: unknown = document.contents;
  for (const step of path) node = isSeq(node) ? node.items[Number(step)] : pairOf(node, step)?.value;
  return node;
}

/** Where the deepest node on `path` stands that was written down; anything below an alias stands at the alias. */
function offsetOf(document: Document.Parsed, path: Path, of: 'value' | 'key'): number | undefined {
  let node: ParsedNode | Node | null = document.contents;
  let offset = node?.range?.[0];
  for (const [index, step] of path.entries()) {
    if (isAlias(node)) break;
    const pair: Pair | undefined = pairOf(node, step);
    const next: unknown = isSeq(node) ? node.items[Number(step)] : pair?.value;
    const key = isNode(pair?.key) ? pair.key.range?.[0] : undefined;
    if (pair === undefined && next === undefined) break;
    const value = isNode(next) ? next.range?.[0] : undefined;
    offset = (of === 'key' && index === path.length - 1 ? key : undefined) ?? value ?? key ?? offset;
    node = isNode(next) ? next : null;
  }
  return offset;
}

function pairOf(node: unknown, step: string | number): Pair | undefined {
  return isMap(node) ? node.items.find((pair) => keyText(pair) === String(step)) : undefined;
}
