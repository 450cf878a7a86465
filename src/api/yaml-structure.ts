import { isPair, isScalar, isSeq, visit } from 'yaml';
import type { Document, Pair } from 'yaml';
import type { Path } from './path.js';

/** Expansions of aliases in one document; a person's file needs a handful, a bomb needs millions. */
const maxAliases = 100;
export const maxSyntaxProblems = 20;

/** Something about the node at an offset. */
interface Finding {
  readonly offset: number;
  readonly path: Path;
  readonly message: string;
}

/** What the parser lets pass: a key given twice (its own check is quadratic), and aliases that explode or lead nowhere. */
export function structureProblems(document: Document.Parsed): readonly Finding[] {
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

export function plainData(document: Document.Parsed): { value: unknown } | { message: string; offset: number | undefined } {
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

export const tooDeep = 'the file is nested too deeply';

/** Plain words that YAML 1.1 programs read as booleans. */
export function ambiguousWords(document: Document.Parsed): readonly Finding[] {
  const found: Finding[] = [];
  visit(document, {
    Scalar: (position, node, ancestors) => {
      if (position === 'key' || node.type !== 'PLAIN' || typeof node.value !== 'string') return;
      if (!/^(y|n|yes|no|on|off)$/i.test(node.value) || node.range == null) return;
      found.push({
        offset: node.range[0],
        path: pathOf([...ancestors, node]),
        message: `${node.value} without quotes is a boolean to kubectl; write "${node.value}"`,
      });
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

export function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}
