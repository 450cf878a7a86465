import { isMap } from 'yaml';
import type { YAMLMap } from 'yaml';
import { canonicalJson } from '../../api/spec-hash.js';
import { isRecord } from '../../runtime/record.js';
import { editFields, findDocument, hasComment, keyEnd, pairOf, parseWhole, withEdits, type FieldValue } from './map-fields.js';

/** What `spec` is to say about suspension; undefined: nothing. */
export interface Suspension {
  readonly suspend: boolean;
  readonly suspendUntil: string | undefined;
  readonly suspendReason: string | undefined;
}

const fields = ['suspend', 'suspendUntil', 'suspendReason'] as const;
type Field = (typeof fields)[number];

/**
 * The text of a file with the suspension of one of its resources changed, every other byte as it was.
 * Null: the file is not of a form in which that is certain.
 */
export function editSuspension(text: string, resource: { readonly kind: string; readonly name: string }, wanted: Suspension): string | null {
  const documents = parseWhole(text);
  const document = findDocument(documents, resource);
  const spec: unknown = document?.get('spec', true);
  if (documents == null || document === undefined || !isMap(spec)) return null;
  const edits = editFields({ text, map: spec, wanted: needed(text, spec, wanted), beside: 'suspend', below: keyEnd(document.contents, 'spec') });
  if (edits === null) return null;
  const edited = withEdits(text, edits);
  const expected = documents.map((each) => (each === document ? withSuspension(each.toJS(), wanted) : (each.toJS() as unknown)));
  const found = parseWhole(edited)?.map((each) => withSuspension(each.toJS(), null));
  // Looked at as a whole: an edit that moved anything else is none.
  return found !== undefined && canonicalJson(found) === canonicalJson(expected.map((each) => withSuspension(each, null))) && says(edited, resource, wanted) ? edited : null;
}

/** A line that only says what its absence says is taken out again, unless it carries a comment or is all there is. */
function needed(text: string, spec: YAMLMap, wanted: Suspension): ReadonlyMap<string, FieldValue> {
  const own = fields.map((field) => pairOf(spec, field));
  const others = spec.items.some((pair) => !own.includes(pair));
  return new Map(
    fields.map((field) => {
      const pair = pairOf(spec, field);
      const value = wanted[field];
      const needless = value === false && others && !(pair !== undefined && hasComment(text, pair));
      return [field, needless ? undefined : value];
    }),
  );
}

/** With these fields as wanted; null: as they are, with `suspend: false` left out, which is what its absence means. */
function withSuspension(value: unknown, wanted: Suspension | null): unknown {
  if (!isRecord(value) || !isRecord(value['spec'])) return value;
  const spec: Record<string, unknown> = { ...value['spec'], ...wanted };
  return { ...value, spec: Object.fromEntries(Object.entries(spec).filter(([field, inner]) => inner !== undefined && !(field === 'suspend' && inner === false))) };
}

function says(text: string, resource: { readonly kind: string; readonly name: string }, wanted: Suspension): boolean {
  const document = findDocument(parseWhole(text), resource);
  const valueOf = (field: Field): unknown => document?.getIn(['spec', field]) ?? (field === 'suspend' ? false : undefined);
  return fields.every((field) => valueOf(field) === wanted[field]);
}
