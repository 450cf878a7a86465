import type { ParsedDocument } from './documents.js';
import { validators } from './generated/validators.js';
import { brokenRules } from './junctors.js';
import { kindInfo } from './kinds.js';
import { keepKnown } from './known-fields.js';
import type { Path } from './path.js';
import { patternComplaint } from './patterns.js';
import type { Problem } from './problem.js';
import type { Kind } from './resource.js';
import type { Schema, SchemaError } from './schema.js';
import { semanticFindings } from './semantics.js';
import { didYouMean } from './suggest.js';
import { found, quoted, typeWord } from './wording.js';

/** Past this a list of problems helps nobody, and it ends up in a status file. */
export const maxProblems = 50;
/** ajv finds several things in one place; past this their wording costs more than it tells. */
const maxFindings = 1000;

interface ValidatedSpec {
  /** Defaults filled in, nulls and unknown fields gone. A spec of that kind only when `problems` is empty. */
  readonly value: unknown;
  /** In the order of the file. */
  readonly problems: readonly Problem[];
}

/** Validates the spec of a document: all problems at once, each with its place. @throws never */
export function validateSpec(kind: Kind, data: unknown, document: ParsedDocument): ValidatedSpec {
  const path = ['spec'];
  const { spec: schema } = kindInfo(kind);
  const { value, unknown } = keepKnown(data, schema, path);
  const validate = validators[kind];
  const errors = validate(value) ? [] : (validate.errors ?? []);
  const found = [
    ...unknown.map(({ path: at, message }) => () => [document.problemAt(at, 'key', message())]),
    ...errors.map((error) => () => fromAjv(error, schema, value, path, document)),
    ...semanticFindings(schema, value, path).map(({ path: at, message }) => () => [document.problemAt(at, 'value', message)]),
  ];
  const problems = inOrder(found.slice(0, maxFindings).flatMap((describe) => describe()));
  const shown = problems.slice(0, maxProblems);
  const more = shown.length === problems.length ? [] : [document.problemAt(path, 'key', 'there are more problems than are listed here')];
  return { value, problems: [...shown, ...more] };
}

function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const unique = new Map(problems.map((problem) => [JSON.stringify(problem), problem]));
  return [...unique.values()].sort((a, b) => a.line - b.line || a.column - b.column);
}

function fromAjv(error: SchemaError, root: Schema, value: unknown, base: Path, document: ParsedDocument): readonly Problem[] {
  // Inside a junctor ajv reports every branch that did not match; the junctor itself is explained below.
  if (/\/(oneOf|anyOf|allOf|not)\//.test(error.schemaPath)) return [];
  const { path: below, data } = resolve(error.instancePath, value);
  const path = [...base, ...below];
  const schema = schemaAt(below, root);
  const at = (message: string): readonly Problem[] => [document.problemAt(path, 'value', message)];
  switch (error.keyword) {
    case 'required': {
      const missing = String(error.params['missingProperty']);
      const about = schema.properties?.[missing]?.description;
      return [document.problemAt(path, 'key', `\`${missing}\` is missing${about === undefined ? '' : `: ${about}`}`)];
    }
    case 'oneOf':
    case 'not':
      if (typeof data !== 'object' || data === null) return [];
      return brokenRules(schema, data as Readonly<Record<string, unknown>>, path).map((rule) =>
        document.problemAt(rule.path, rule.of, rule.message),
      );
    case 'type':
      return at(typeMessage(schema.type ?? 'object', data));
    case 'enum': {
      const values = (schema.enum ?? []).map(String);
      const meant = typeof data === 'string' ? didYouMean(data, values) : '';
      return typeof data === schema.type || schema.type === undefined ? at(`${found(data)} is not one of ${values.join(', ')}${meant}`) : [];
    }
    default:
      return at(boundMessage(error.keyword, schema, data));
  }
}

function typeMessage(type: NonNullable<Schema['type']>, data: unknown): string {
  const scalar = typeof data === 'number' || typeof data === 'boolean';
  return `${typeWord(type)} is expected, not ${found(data)}${type === 'string' && scalar ? '; put it in quotes' : ''}`;
}

function boundMessage(keyword: string, schema: Schema, data: unknown): string {
  const count = Array.isArray(data) ? data.length : 0;
  switch (keyword) {
    case 'pattern':
      return `${quoted(String(data))} ${patternComplaint(schema.pattern ?? '')}`;
    case 'minLength':
      return data === '' ? 'is empty' : `${quoted(String(data))} is too short: at least ${schema.minLength ?? 0} characters`;
    case 'maxLength':
      return `${quoted(String(data))} is too long: at most ${schema.maxLength ?? 0} characters`;
    case 'minimum':
      return `${String(data)} is too small: at least ${schema.minimum ?? 0}`;
    case 'maximum':
      return `${String(data)} is too large: at most ${schema.maximum ?? 0}`;
    case 'minItems':
      return count === 0 ? 'the list is empty; leave the field out, or name something' : `at least ${schema.minItems ?? 0} entries are needed`;
    case 'maxItems':
      return `${count} entries are too many: at most ${schema.maxItems ?? 0}`;
    default:
      return `does not satisfy ${keyword}`;
  }
}

/** What ajv's JSON pointer points at, and the way there; a step into a list is a number. */
function resolve(instancePath: string, root: unknown): { readonly path: Path; readonly data: unknown } {
  const path: (string | number)[] = [];
  let data = root;
  for (const raw of instancePath.split('/').slice(1)) {
    const step = raw.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(data) ? Number(step) : step);
    data = (data as Readonly<Record<string, unknown>>)[step];
  }
  return { path, data };
}

function schemaAt(path: Path, root: Schema): Schema {
  return path.reduce<Schema>((schema, step) => (typeof step === 'number' ? schema.items : schema.properties?.[step]) ?? {}, root);
}
