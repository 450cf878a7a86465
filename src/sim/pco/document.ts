import { edgeRecords, type PcoRecord } from './graph.js';
import { vertices } from './vertices.js';

type Fields = ReadonlyMap<string, ReadonlySet<string>>;
type IncludeTree = ReadonlyMap<string, readonly string[]>;

interface Reference {
  readonly type: string;
  readonly id: string;
}

interface ResourceObject extends Reference {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly relationships: Readonly<Record<string, { readonly data: Reference | readonly Reference[] }>>;
  readonly links: { readonly self: string };
}

/** `event_instance.event_times` asks for both; what a record cannot include is left out without an error. */
function includeTree(record: PcoRecord, paths: readonly string[]): IncludeTree {
  const tree = new Map<string, string[]>();
  for (const path of paths) {
    const [name = '', ...rest] = path.split('.');
    if (!vertices[record.type].include.includes(name)) continue;
    const below = tree.get(name) ?? [];
    if (rest.length > 0) below.push(rest.join('.'));
    tree.set(name, below);
  }
  return tree;
}

const reference = ({ type, id }: PcoRecord): Reference => ({ type, id });

function linkage(record: PcoRecord, name: string): { readonly data: Reference | readonly Reference[] } | undefined {
  const edge = record.edges.get(name);
  if (edge === undefined) return undefined;
  return { data: edge.many ? edge.records.map(reference) : reference(edge.record) };
}

function attributesOf(record: PcoRecord, asked: ReadonlySet<string> | undefined): Readonly<Record<string, unknown>> {
  if (asked === undefined) return record.attributes;
  const all = { ...record.attributes, ...record.fieldsOnly };
  return Object.fromEntries(Object.entries(all).filter(([name]) => asked.has(name)));
}

/** One record. Besides its standing links it links what was included, to one or to many. */
function resourceObject(record: PcoRecord, included: IncludeTree, fields: Fields, base: string): ResourceObject {
  const { path, relationships } = vertices[record.type];
  const asked = fields.get(record.type);
  const names = [...new Set([...relationships, ...included.keys()])];
  return {
    type: record.type,
    id: record.id,
    attributes: attributesOf(record, asked),
    relationships: Object.fromEntries(
      names.flatMap((name) => {
        const link = linkage(record, name);
        return link ? [[name, link] as const] : [];
      }),
    ),
    links: { self: `${base}/${path}/${record.id}` },
  };
}

export interface Rendered {
  readonly data: readonly ResourceObject[];
  /** Each once, in the order in which the primary records lead to them. */
  readonly included: readonly ResourceObject[];
}

/** The JSON:API objects of some primary records with everything that `include` asks for. */
export function render(primary: readonly PcoRecord[], include: readonly string[], fields: Fields, base: string): Rendered {
  const included = new Map<string, ResourceObject>();
  const follow = (record: PcoRecord, paths: readonly string[]): ResourceObject => {
    const tree = includeTree(record, paths);
    for (const [name, below] of tree) {
      for (const target of edgeRecords(record, name)) {
        const key = `${target.type} ${target.id}`;
        if (!included.has(key)) included.set(key, follow(target, below));
      }
    }
    return resourceObject(record, tree, fields, base);
  };
  const data = primary.map((record) => follow(record, include));
  return { data, included: [...included.values()] };
}
