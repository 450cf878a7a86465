// Writes src/api/generated/ from crds/, the single truth. `--check` writes nothing and exits with 1 when a file is stale.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import { parse } from 'yaml';

const root = new URL('../', import.meta.url);
const generated = new URL('src/api/generated/', root);
const kindOrder = ['DoorGroup', 'RoomMapping', 'OfficeHours', 'EventOverride', 'SafeHours', 'TierMapping'];
const banner = '// Generated from crds/ by .dev/generate-api.mjs; do not edit.\n';
/** Parts of every status that have hand-written types. */
const shared = { conditions: 'readonly Condition[]', refused: 'RefusedVersion' };

function readCrds() {
  const folder = new URL('crds/', root);
  const documents = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => parse(readFileSync(new URL(name, folder), 'utf8')));
  return documents.sort((a, b) => kindOrder.indexOf(a.spec.names.kind) - kindOrder.indexOf(b.spec.names.kind));
}

function describe(document) {
  const { names, versions } = document.spec;
  const [version] = versions;
  const schema = version.schema.openAPIV3Schema;
  return {
    kind: names.kind,
    plural: names.plural,
    singular: names.singular,
    shortNames: names.shortNames,
    description: schema.description,
    columns: version.additionalPrinterColumns,
    spec: schema.properties.spec,
    status: schema.properties.status,
  };
}

const pascal = (word) => word[0].toUpperCase() + word.slice(1);
const comment = (text, indent) => `${indent}/** ${text.replaceAll('*/', '* /')} */\n`;

/** Interfaces for one schema and everything below it, the outermost first. */
function interfaces(name, schema, isStatus) {
  const nested = [];
  const typeOf = (node, path) => {
    const type = baseType(node, path);
    return node.nullable === true ? `${type} | null` : type;
  };
  const baseType = (node, path) => {
    if (node.type === 'object') {
      nested.push(interfaces(path, node, isStatus));
      return path;
    }
    if (node.type === 'array') {
      const item = typeOf(node.items, path.replace(/s$/, ''));
      return item.includes(' ') ? `readonly (${item})[]` : `readonly ${item}[]`;
    }
    if (node.enum !== undefined) return node.enum.map((value) => `'${value}'`).join(' | ');
    if (node.type === 'integer') return 'number';
    return node.type;
  };
  const fields = Object.entries(schema.properties).map(([field, node]) => {
    const given = (schema.required ?? []).includes(field) || node.default !== undefined;
    const type = (isStatus && shared[field]) || typeOf(node, name + pascal(field));
    return `${comment(node.description, '  ')}  readonly ${field}${given ? '' : '?'}: ${type};\n`;
  });
  return `${comment(schema.description, '')}export interface ${name} {\n${fields.join('')}}\n${nested.map((text) => `\n${text}`).join('')}`;
}

function typesFile(crds) {
  const map = (suffix) => crds.map(({ kind }) => `  readonly ${kind}: ${kind}${suffix};\n`).join('');
  return [
    `${banner}import type { Condition, RefusedVersion } from '../conditions.js';\n`,
    ...crds.flatMap((crd) => [interfaces(`${crd.kind}Spec`, crd.spec, false), interfaces(`${crd.kind}Status`, crd.status, true)]),
    `export interface Specs {\n${map('Spec')}}\n`,
    `export interface Statuses {\n${map('Status')}}\n`,
  ].join('\n');
}

function crdsFile(crds) {
  const entries = crds.map((crd) => `  ${crd.kind}: ${JSON.stringify(crd)},\n`).join('');
  return `${banner}import type { KindDefinition } from '../schema.js';\nimport type { Specs } from './types.js';\n
/** What the program needs of crds/, so that no command parses YAML when it starts. */
export const definitions: { readonly [K in keyof Specs]: KindDefinition & { readonly kind: K } } = {\n${entries}};\n`;
}

/** Descriptions are data of crds.ts; the validators need none. */
function withoutTexts(schema) {
  const { properties, items, ...rest } = schema;
  delete rest.description;
  return {
    ...rest,
    ...(items === undefined ? {} : { items: withoutTexts(items) }),
    ...(properties === undefined ? {} : { properties: Object.fromEntries(Object.entries(properties).map(([key, inner]) => [key, withoutTexts(inner)])) }),
  };
}

/** ajv's validators of the specs as source: compiling them at every start would take longer than most commands. */
function validatorsFile(crds) {
  const ajv = new Ajv({ allErrors: true, useDefaults: true, strictRequired: false, strictTypes: false, messages: false, code: { source: true, esm: true } });
  ajv.addVocabulary(['x-kubernetes-list-type', 'x-kubernetes-list-map-keys']);
  for (const { kind, spec } of crds) ajv.addSchema(withoutTexts(spec), kind);
  const source = standalone.default(ajv, Object.fromEntries(crds.map(({ kind }) => [kind, kind])));
  const code = source
    .replace(/^"use strict";/, '')
    .replaceAll(/const (\w+) = require\("ajv\/dist\/runtime\/ucs2length"\)\.default;?/g, 'const $1 = countCharacters;')
    .replaceAll(/export const \w+ = \w+;/g, (line) => line.replace('export ', ''));
  if (code.includes('require(')) throw new Error('ajv wants a module at run time that this generator does not know');
  return [
    '// @ts-nocheck -- the body is ajv\'s.',
    `${banner}import type { SpecValidator } from '../schema.js';`,
    `import type { Specs } from './types.js';\n`,
    'const countCharacters = (text) => [...text].length;',
    code.trim(),
    `export const validators: { readonly [K in keyof Specs]: SpecValidator } = { ${crds.map(({ kind }) => kind).join(', ')} };\n`,
  ].join('\n');
}

const crds = readCrds().map(describe);
const files = { 'types.ts': typesFile(crds), 'crds.ts': crdsFile(crds), 'validators.ts': validatorsFile(crds) };
const current = (name) => {
  try {
    return readFileSync(new URL(name, generated), 'utf8');
  } catch {
    return null;
  }
};
const stale = Object.keys(files).filter((name) => current(name) !== files[name]);
if (process.argv.includes('--check')) {
  for (const name of stale) process.stderr.write(`src/api/generated/${name} does not match crds/: run node .dev/generate-api.mjs\n`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  mkdirSync(generated, { recursive: true });
  for (const name of stale) writeFileSync(new URL(name, generated), files[name]);
}
