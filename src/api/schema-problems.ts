import { Ajv } from 'ajv';
import type { ErrorObject, ValidateFunction } from 'ajv';
import type { ParsedDocument } from './documents.js';
import { brokenRules } from './junctors.js';
import { keepKnown } from './known-fields.js';
import type { Path } from './path.js';
import { patternComplaint } from './patterns.js';
import type { Problem } from './problem.js';
import type { Schema } from './schema.js';
import { semanticProblems } from './semantics.js';
import { didYouMean } from './suggest.js';
import { found, quoted, typeWord } from './wording.js';

/** Past this a list of problems helps nobody, and it ends up in a status file. */
const maxProblems = 50;

export interface Validated {
  /** Defaults filled in, nulls and unknown fields gone. Of the schema's shape only when `problems` is empty. */
  readonly value: unknown;
  readonly problems: readonly Problem[];
}

/** Compiling takes milliseconds, and a schema never changes: one validator per schema object, made when first needed. */
const compiled = new WeakMap<Schema, ValidateFunction>();

/** Validates the whole document against a structural schema, as `schemaProblems`; the document's own problems come first. */
export function validateAgainst(schema: Schema, document: ParsedDocument): Validated {
  if (document.problems.length > 0) return { value: null, problems: document.problems };
  return schemaProblems(schema, document.value, [], document);
}

/** Validates the part of `document` that stands at `path`. All problems at once, in the order of the file. @throws never */
export function schemaProblems(schema: Schema, data: unknown, path: Path, document: ParsedDocument): Validated {
  const known = keepKnown(data, schema, path);
  const value = known.value;
  const problems = known.unknown.map(({ path: at, message }) => document.problemAt(at, 'key', message));
  const validate = validatorFor(schema);
  if (!validate(value)) problems.push(...(validate.errors ?? []).flatMap((error) => fromAjv(error, value, path, document)));
  problems.push(...semanticProblems(schema, value, path, document));
  const sorted = inOrder(problems);
  const rest = sorted.length - maxProblems;
  const shown = sorted.slice(0, maxProblems);
  return { value, problems: rest <= 0 ? shown : [...shown, document.problemAt(path, 'key', `${rest} more problems are not listed`)] };
}

function validatorFor(schema: Schema): ValidateFunction {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    useDefaults: true,
    strictRequired: false,
    strictTypes: false,
    // Compiling JSON Schema's own schema would double the start-up; tests hold our schemas to it.
    meta: false,
    validateSchema: false,
  });
  ajv.addVocabulary(['x-kubernetes-list-type', 'x-kubernetes-list-map-keys']);
  const made = ajv.compile(schema);
  compiled.set(schema, made);
  return made;
}

function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const unique = new Map(problems.map((problem) => [JSON.stringify(problem), problem]));
  return [...unique.values()].sort((a, b) => a.line - b.line || a.column - b.column);
}

function fromAjv(error: ErrorObject, root: unknown, base: Path, document: ParsedDocument): readonly Problem[] {
  // Inside a junctor ajv reports every branch that did not match; the junctor itself is explained below.
  if (/\/(oneOf|anyOf|allOf|not)\//.test(error.schemaPath)) return [];
  const path = [...base, ...pointer(error.instancePath, root)];
  const schema = error.parentSchema as Schema;
  const data: unknown = error.data;
  const at = (message: string): readonly Problem[] => [document.problemAt(path, 'value', message)];
  switch (error.keyword) {
    case 'required': {
      const missing = (error.params as { readonly missingProperty: string }).missingProperty;
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

/** ajv's JSON pointer as a path; a step into a list is a number. */
function pointer(instancePath: string, root: unknown): Path {
  let node = root;
  return instancePath
    .split('/')
    .slice(1)
    .map((raw) => {
      const step = raw.replaceAll('~1', '/').replaceAll('~0', '~');
      const isIndex = Array.isArray(node);
      node = (node as Readonly<Record<string, unknown>> | undefined)?.[step];
      return isIndex ? Number(step) : step;
    });
}
