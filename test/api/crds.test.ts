import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { definitions } from '../../src/api/generated/crds.js';
import { patternForm } from '../../src/api/patterns.js';
import { kinds } from '../../src/api/resource.js';
import type { Schema } from '../../src/api/schema.js';

const root = new URL('../../', import.meta.url);

interface Crd {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly group: string;
    readonly scope: string;
    readonly names: { readonly kind: string; readonly plural: string; readonly shortNames: string[]; readonly categories: string[] };
    readonly versions: readonly {
      readonly name: string;
      readonly subresources: unknown;
      readonly additionalPrinterColumns: readonly { readonly name: string; readonly type: string; readonly jsonPath: string }[];
      readonly schema: { readonly openAPIV3Schema: Schema };
    }[];
  };
}

const files = readdirSync(new URL('crds/', root)).sort();
const crds = files.map((file) => ({ file, crd: parse(readFileSync(new URL(`crds/${file}`, root), 'utf8')) as Crd }));
const schemaOf = (crd: Crd): Schema => crd.spec.versions[0]!.schema.openAPIV3Schema;

const structural = new Set([
  'type', 'description', 'properties', 'required', 'items', 'enum', 'default', 'nullable', 'pattern', 'format', 'minLength', 'maxLength',
  'minimum', 'maximum', 'minItems', 'maxItems', 'oneOf', 'anyOf', 'allOf', 'not', 'x-kubernetes-list-type', 'x-kubernetes-list-map-keys',
]);
const forbiddenInJunctors = ['type', 'default', 'description', 'nullable', 'additionalProperties', 'x-kubernetes-list-type'];

/** What an API server would say against a schema, by Kubernetes' rules for structural schemas. */
function complaints(schema: Schema, path: string): string[] {
  const found: string[] = [];
  for (const key of Object.keys(schema)) if (!structural.has(key)) found.push(`${path}: ${key} is not allowed`);
  if (schema.type === undefined) found.push(`${path}: no type`);
  if (schema.pattern !== undefined && /\(\?[=!<]/.test(schema.pattern)) found.push(`${path}: look-around`);
  const listType = schema['x-kubernetes-list-type'];
  if (schema.type === 'array') {
    if (schema.items === undefined) found.push(`${path}: no items`);
    if (listType === undefined) found.push(`${path}: no list type`);
    if (listType === 'set' && ['object', 'array'].includes(schema.items?.type ?? '')) found.push(`${path}: a set of no scalars`);
    for (const key of schema['x-kubernetes-list-map-keys'] ?? []) {
      if (schema.items?.required?.includes(key) !== true) found.push(`${path}: list key ${key} is not required`);
    }
    if ((listType === 'map') !== (schema['x-kubernetes-list-map-keys'] !== undefined)) found.push(`${path}: map without keys`);
  }
  for (const junctor of [...(schema.oneOf ?? []), ...(schema.anyOf ?? []), ...(schema.allOf ?? []), ...(schema.not ? [schema.not] : [])]) {
    found.push(...junctorComplaints(junctor, schema, path));
  }
  for (const [field, inner] of Object.entries(schema.properties ?? {})) {
    if (path === '' && field === 'metadata') continue;
    found.push(...complaints(inner, `${path}.${field}`));
  }
  if (schema.items) found.push(...complaints(schema.items, `${path}[]`));
  return found;
}

function junctorComplaints(branch: Schema, outside: Schema, path: string): string[] {
  const found = forbiddenInJunctors.filter((key) => key in branch).map((key) => `${path}: ${key} inside a junctor`);
  for (const field of [...Object.keys(branch.properties ?? {}), ...(branch.required ?? [])]) {
    const known = outside.properties?.[field];
    if (known === undefined) found.push(`${path}: ${field} only inside a junctor`);
    // Kubernetes fills defaults in before it judges, ajv as it goes: they would disagree.
    else if (known.default !== undefined) found.push(`${path}: ${field} has a default and takes part in a junctor`);
    const below = branch.properties?.[field];
    if (known !== undefined && below !== undefined) found.push(...junctorComplaints(below, known, `${path}.${field}`));
  }
  for (const inner of [...(branch.oneOf ?? []), ...(branch.anyOf ?? []), ...(branch.allOf ?? []), ...(branch.not ? [branch.not] : [])]) {
    found.push(...junctorComplaints(inner, outside, path));
  }
  return found;
}

function everyField(schema: Schema, path: string): { path: string; schema: Schema }[] {
  const below = Object.entries(schema.properties ?? {}).flatMap(([field, inner]) => everyField(inner, `${path}.${field}`));
  return [{ path, schema }, ...below, ...(schema.items ? everyField(schema.items, `${path}[]`) : [])];
}

describe('the structural checker', () => {
  it.each([
    ['a default that takes part in a oneOf', { type: 'object', oneOf: [{ required: ['a'] }], properties: { a: { type: 'string', default: 'x' } } }],
    ['a type inside a junctor', { type: 'object', anyOf: [{ properties: { a: { type: 'string' } } }], properties: { a: { type: 'string' } } }],
    ['a field that only a junctor knows', { type: 'object', not: { required: ['b'] }, properties: {} }],
    ['additionalProperties beside properties', { type: 'object', additionalProperties: false, properties: {} }],
    ['a look-ahead', { type: 'string', pattern: '^(?=a)' }],
    ['no type', { properties: {} }],
    ['a list key that is not required', { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['a'], items: { type: 'object', properties: { a: { type: 'string' } } } }],
  ])('finds %s', (_, schema) => {
    expect(complaints(schema as Schema, 'x')).not.toEqual([]);
  });
});

describe.each(crds)('crds/$file', ({ file, crd }) => {
  const schema = schemaOf(crd);

  it('names itself as Kubernetes wants', () => {
    expect(crd.apiVersion).toBe('apiextensions.k8s.io/v1');
    expect(crd.spec.group).toBe('sexton.dev');
    expect(crd.spec.scope).toBe('Namespaced');
    expect(crd.metadata.name).toBe(`${crd.spec.names.plural}.sexton.dev`);
    expect(file).toBe(`${crd.metadata.name}.yaml`);
    expect(crd.spec.names.categories).toEqual(['sexton']);
    expect(crd.spec.versions[0]).toMatchObject({ name: 'v1alpha1', served: true, storage: true, subresources: { status: {} } });
    expect(schema.required).toEqual(['spec']);
  });

  it('is structural', () => {
    expect(complaints(schema, '')).toEqual([]);
    // An API server refuses anything more here.
    expect(schema.properties?.['metadata']).toEqual({ type: 'object' });
  });

  it('describes every field in a sentence', () => {
    const silent = everyField(schema, '').filter(({ path, schema: { description = '' } }) => path !== '.metadata' && !/^.{4,}[.]$/.test(description));
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  it('has words for every pattern', () => {
    const patterns = everyField(schema, '').flatMap(({ schema: { pattern } }) => (pattern === undefined ? [] : [pattern]));
    expect(patterns.filter((pattern) => patternForm(pattern) === null)).toEqual([]);
  });

  it('bounds every text, list and number that people write', () => {
    const loose = everyField(schema.properties!['spec']!, 'spec').filter(({ schema: node }) => {
      if (node.type === 'string') return node.enum === undefined && node.pattern === undefined && node.maxLength === undefined;
      if (node.type === 'array') return node.maxItems === undefined;
      return node.type === 'integer' && (node.minimum === undefined || (node.maximum === undefined && !node.description!.includes('contact id')));
    });
    expect(loose.map(({ path }) => path)).toEqual([]);
  });

  it('satisfies JSON Schema in the strict mode of ajv, and its defaults are valid', () => {
    const ajv = new Ajv({ strict: true, strictRequired: false, strictTypes: false, useDefaults: true, formats: { 'date-time': true } });
    ajv.addVocabulary(['x-kubernetes-list-type', 'x-kubernetes-list-map-keys']);
    expect(() => ajv.compile(schema)).not.toThrow();
    for (const { path, schema: node } of everyField(schema.properties!['spec']!, 'spec')) {
      const { default: fallback, ...rest } = node;
      if (fallback !== undefined) expect(ajv.validate(rest, structuredClone(fallback)), path).toBe(true);
    }
  });

  it('prints columns that are scalars of the schema', () => {
    const columns = crd.spec.versions[0]!.additionalPrinterColumns;
    expect(columns.map(({ name }) => name)).toEqual(expect.arrayContaining(['Ready', 'Age']));
    for (const { type, jsonPath } of columns) {
      if (jsonPath.startsWith('.metadata.') || jsonPath.includes('[?(')) continue;
      const node = jsonPath.split('.').slice(1).reduce<Schema | undefined>((at, step) => at?.properties?.[step], schema);
      expect({ jsonPath, type: node?.type }).toEqual({ jsonPath, type });
    }
  });
});

describe('the generated files', () => {
  it('match crds/', () => {
    expect(() => execFileSync(process.execPath, ['.dev/generate-api.mjs', '--check'], { cwd: root, stdio: 'pipe' })).not.toThrow();
  });

  it('know every kind, in the order of the flow', () => {
    expect(Object.keys(definitions)).toEqual(kinds);
    expect(crds.map(({ crd }) => crd.spec.names.kind).sort()).toEqual([...kinds].sort());
  });

  it('let every kind but SafeHours be suspended', () => {
    const suspendable = kinds.filter((kind) => definitions[kind].spec.properties?.['suspend'] !== undefined);
    expect(suspendable).toEqual(kinds.filter((kind) => kind !== 'SafeHours'));
  });
});
