import type { ParsedDocument } from './documents.js';
import { keepKnown } from './known-fields.js';
import { patternComplaint, patterns } from './patterns.js';
import type { Problem } from './problem.js';
import type { ObjectMeta } from './resource.js';
import type { Schema } from './schema.js';
import { maxProblems } from './spec-validation.js';
import { found, quoted } from './wording.js';

/** A name becomes a file name in the state directory, with an ending and while it is written another one. */
const maxName = 200;

const text: Schema = { type: 'string' };
/** The fields of an ObjectMeta that an API server sets: accepted, so that its output can be kept in a file, and ignored. */
const setByServer = ['creationTimestamp', 'generation', 'resourceVersion', 'uid', 'selfLink', 'managedFields', 'ownerReferences', 'finalizers'];
const metadataSchema: Schema = {
  properties: {
    name: text,
    namespace: text,
    labels: {},
    annotations: {},
    ...Object.fromEntries(setByServer.map((field) => [field, {}])),
  },
};

const labelKey = /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const labelValue = /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/;

/** Checks `metadata` as an API server does. `namespace`: the only one that a document may name. */
export function readMetadata(document: ParsedDocument, value: unknown, namespace: string | undefined): { readonly metadata: ObjectMeta | null; readonly problems: readonly Problem[] } {
  const at = (field: string, message: string): Problem => document.problemAt(['metadata', field], 'value', message);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const missing = value === undefined || value === null;
    const message = missing ? '`metadata` is missing: it holds the name' : `a mapping is expected, not ${found(value)}`;
    return { metadata: null, problems: [document.problemAt(missing ? [] : ['metadata'], 'value', message)] };
  }
  const known = keepKnown(value, metadataSchema, ['metadata']);
  const fields = known.value as Readonly<Record<string, unknown>>;
  const problems = known.unknown.slice(0, maxProblems).map(({ path, message }) => document.problemAt(path, 'key', message()));
  const { name, namespace: given } = fields;
  if (name === undefined) problems.push(document.problemAt(['metadata'], 'key', '`name` is missing'));
  else problems.push(...nameProblems(name).map((message) => at('name', message)));
  if (given !== undefined) {
    if (typeof given !== 'string') problems.push(at('namespace', `text is expected, not ${found(given)}`));
    else if (namespace !== undefined && given !== namespace) {
      problems.push(at('namespace', `${quoted(given)} is not this site (${namespace}); leave namespace out`));
    }
  }
  const labels = stringMap(document, 'labels', fields['labels'], true);
  const annotations = stringMap(document, 'annotations', fields['annotations'], false);
  problems.push(...labels.problems, ...annotations.problems);
  if (problems.length > 0 || typeof name !== 'string') return { metadata: null, problems };
  const site = namespace ?? (typeof given === 'string' ? given : undefined);
  return {
    metadata: {
      name,
      ...(site === undefined ? {} : { namespace: site }),
      ...(labels.map === null ? {} : { labels: labels.map }),
      ...(annotations.map === null ? {} : { annotations: annotations.map }),
      file: document.file,
      line: document.line,
    },
    problems,
  };
}

function nameProblems(name: unknown): readonly string[] {
  if (typeof name !== 'string') return [`text is expected, not ${found(name)}; put it in quotes`];
  if (name === '') return ['is empty'];
  if (name.length > maxName) return [`${quoted(name)} is too long: at most ${maxName} characters`];
  return new RegExp(patterns.name, 'u').test(name) ? [] : [`${quoted(name)} ${patternComplaint(patterns.name)}`];
}

function stringMap(
  document: ParsedDocument,
  field: 'labels' | 'annotations',
  value: unknown,
  strict: boolean,
): { readonly map: Readonly<Record<string, string>> | null; readonly problems: readonly Problem[] } {
  if (value === undefined) return { map: null, problems: [] };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { map: null, problems: [document.problemAt(['metadata', field], 'value', `a mapping is expected, not ${found(value)}`)] };
  }
  const problems = Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    const path = ['metadata', field, key];
    if (!labelKey.test(key)) return [document.problemAt(path, 'key', `${quoted(key)} is not a key (letters, digits, "-", "_", ".", at most 63, after an optional domain and "/")`)];
    if (typeof inner !== 'string') return [document.problemAt(path, 'value', `text is expected, not ${found(inner)}; put it in quotes`)];
    if (strict && !labelValue.test(inner)) return [document.problemAt(path, 'value', `${quoted(inner)} is not a label (letters, digits, "-", "_" and ".", at most 63); use an annotation`)];
    return [];
  });
  return { map: problems.length === 0 ? (value as Readonly<Record<string, string>>) : null, problems };
}
