import { isAlias, isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseAllDocuments, visit } from 'yaml';
import type { Document, Node, Pair, ParsedNode, YAMLError } from 'yaml';
import { fileText, position } from './file-text.js';
import { nestedTooDeeply } from './nesting.js';
import { formatPath } from './path.js';
import type { Path } from './path.js';
import type { Problem } from './problem.js';

/** Expansions of aliases in one document; a person's file needs a handful, a bomb needs millions. */
const maxAliases = 100;
const maxSyntaxProblems = 20;

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

export interface ParsedFile {
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
  const lines = new LineCounter();
  try {
    const parsed = parseAllDocuments(read.text, { lineCounter: lines, merge: true, uniqueKeys: false, prettyErrors: false, logLevel: 'silent' });
    const documents = Array.isArray(parsed) ? parsed : [];
    return { documents: documents.filter((document) => !isEmpty(document)).map((document) => describe(file, document, lines)), problems: [] };
  } catch (error) {
    const message = error instanceof RangeError ? tooDeep : 'the file cannot be read as YAML';
    return { documents: [], problems: [{ file, line: 0, column: 0, path: '', message }] };
  }
}

function isEmpty(document: Document.Parsed): boolean {
  if (document.errors.length > 0) return false;
  return document.contents === null || (isScalar(document.contents) && document.contents.value === null);
}

function describe(file: string, document: Document.Parsed, lines: LineCounter): ParsedDocument {
  const at = (offset: number, path: Path, message: string): Problem => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col, path: formatPath(path), message };
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
    line: lines.linePos(start).line,
    kind: text(document, ['kind']),
    name: text(document, ['metadata', 'name']),
    value: 'value' in data ? data.value : null,
    problems,
    warnings: problems.length === 0 ? ambiguousWords(document, at) : [],
    problemAt: (path, of, message) => at(offsetOf(document, path, of) ?? start, path, message),
  };
}

interface Finding {
  readonly offset: number;
  readonly path: Path;
  readonly message: string;
}

/** What the parser lets pass: a key given twice (its own check is quadratic), and aliases that explode or lead nowhere. */
function structureProblems(document: Document.Parsed): readonly Finding[] {
  const findings: Finding[] = [];
  let aliases = 0;
  visit(document, {
    Map: (_, map, ancestors) => {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        // A merge key (<<) is a symbol, and may be repeated.
        if (!isScalar(key) || key.range == null || typeof key.value === 'symbol') continue;
        const name = String(key.value);
        if (seen.has(name) && findings.length < maxSyntaxProblems) {
          const path = [...pathOf([...ancestors, map]), name];
          findings.push({ offset: key.range[0], path, message: `\`${name}\` is given twice; keep one` });
        }
        seen.add(name);
      }
      return findings.length < maxSyntaxProblems ? undefined : visit.BREAK;
    },
    Alias: (_, alias, ancestors) => {
      aliases += 1;
      const offset = alias.range?.[0] ?? 0;
      const path = pathOf([...ancestors, alias]);
      const anchored = aliases > maxAliases ? null : alias.resolve(document);
      if (anchored === undefined) findings.push({ offset, path, message: `no anchor &${alias.source} comes before this alias` });
      else if (anchored !== null && ancestors.includes(anchored)) findings.push({ offset, path, message: `*${alias.source} stands within its own anchor` });
      else if (anchored === null) findings.push({ offset, path, message: tooManyAliases });
      return anchored === null ? visit.BREAK : undefined;
    },
  });
  return findings;
}

const tooManyAliases = `aliases (*name) are expanded at most ${maxAliases} times; write the values out`;

function plainData(document: Document.Parsed): { value: unknown } | { message: string; offset: number | undefined } {
  try {
    return { value: document.toJS({ maxAliasCount: maxAliases }) };
  } catch (error) {
    let offset: number | undefined;
    visit(document, {
      Alias: (_, alias) => {
        offset = alias.range?.[0];
        return visit.BREAK;
      },
    });
    return { message: error instanceof RangeError ? tooDeep : tooManyAliases, offset };
  }
}

const tooDeep = 'the file is nested too deeply';

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

function ambiguousWords(document: Document.Parsed, at: (offset: number, path: Path, message: string) => Problem): Problem[] {
  const found: Problem[] = [];
  visit(document, {
    Scalar: (position, node, ancestors) => {
      if (position === 'key' || node.type !== 'PLAIN' || typeof node.value !== 'string') return;
      if (!/^(y|n|yes|no|on|off)$/i.test(node.value) || node.range == null) return;
      found.push(at(node.range[0], pathOf([...ancestors, node]), `${node.value} without quotes is a boolean to kubectl; write "${node.value}"`));
    },
  });
  return found;
}

function pathOf(nodes: readonly unknown[]): Path {
  return nodes.flatMap((node, index): (string | number)[] => {
    const parent = nodes[index - 1];
    if (isPair(node)) return [keyText(node)];
    return isSeq(parent) ? [parent.items.indexOf(node)] : [];
  });
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

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}
