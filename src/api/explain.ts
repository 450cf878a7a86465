import { findKind, kindInfo, suggestKind } from './kinds.js';
import { patternForm } from './patterns.js';
import { apiVersion, kinds } from './resource.js';
import type { KindDefinition, Schema } from './schema.js';
import { closest } from './suggest.js';

type Explanation = { readonly text: string } | { readonly problem: string };

/** What `dg.unlock.method` means, from the CRDs. `spec.` may be left out. A problem names what was probably meant. */
export function explain(path: string): Explanation {
  const [word = '', ...given] = path.split('.').map((step) => step.replace(/\[\d*\]$/, ''));
  const kind = findKind(word);
  if (kind === null) {
    const meant = suggestKind(word);
    return { problem: `there is no kind \`${word}\`${meant === null ? `; there are ${kinds.map((each) => kindInfo(each).plural).join(', ')}` : suggestion(meant)}` };
  }
  const info = kindInfo(kind);
  const root = rootSchema(info);
  const steps = given.length > 0 && !Object.hasOwn(root.properties ?? {}, given[0] ?? '') ? ['spec', ...given] : given;
  let schema = root;
  let parent: Schema | null = null;
  for (const [index, step] of steps.entries()) {
    const properties = fieldsOf(schema);
    const next: Schema | undefined = Object.hasOwn(properties, step) ? properties[step] : undefined;
    if (next === undefined) {
      const known = Object.keys(properties);
      const where = [info.kind, ...steps.slice(0, index)].join('.');
      const meant = closest(step, known);
      const list = known.length === 0 ? '; it has no fields' : `; its fields are ${known.join(', ')}`;
      return { problem: `${where} has no field \`${step}\`${meant === null ? list : suggestion(meant)}` };
    }
    parent = schema;
    schema = next;
  }
  return { text: render(info, steps, schema, parent) };
}

function suggestion(meant: string | null): string {
  return meant === null ? '' : `; did you mean \`${meant}\`?`;
}

function rootSchema(info: KindDefinition): Schema {
  return { type: 'object', description: info.description, required: ['spec'], properties: { spec: info.spec, status: info.status } };
}

/** Of a list, the fields of its items. */
function fieldsOf(schema: Schema): Readonly<Record<string, Schema>> {
  return schema.properties ?? (schema.items === undefined ? {} : fieldsOf(schema.items));
}

function requiredOf(schema: Schema): readonly string[] {
  return schema.properties === undefined && schema.items !== undefined ? requiredOf(schema.items) : (schema.required ?? []);
}

function render(info: KindDefinition, steps: readonly string[], schema: Schema, parent: Schema | null): string {
  const name = steps.at(-1);
  const required = name !== undefined && parent !== null && requiredOf(parent).includes(name);
  const field = name === undefined ? [] : [`FIELD:    ${steps.join('.')} <${typeName(schema)}>${required ? ' -required-' : ''}`];
  const facts = [...factsOf(schema), ...(schema.items === undefined ? [] : factsOf(schema.items).map((fact) => `each: ${fact}`))];
  const itemText = schema.items?.description;
  const description = [schema.description ?? '', ...(itemText === undefined ? [] : [`Each entry: ${itemText}`])];
  const fields = Object.entries(fieldsOf(schema));
  return [
    `KIND:     ${info.kind}`,
    `VERSION:  ${apiVersion}`,
    ...field,
    '',
    'DESCRIPTION:',
    ...description.flatMap((line) => wrap(line, 5)),
    ...facts.flatMap((fact) => wrap(fact, 5)),
    ...(fields.length === 0 ? [] : ['', 'FIELDS:']),
    ...fields.flatMap(([key, inner]) => fieldLines(key, inner, requiredOf(schema).includes(key))),
    '',
  ].join('\n');
}

function fieldLines(name: string, schema: Schema, required: boolean): readonly string[] {
  const fallback = schema.default === undefined || typeof schema.default === 'object' ? '' : `  (default ${literal(schema.default)})`;
  return [`  ${name} <${typeName(schema)}>${required ? ' -required-' : ''}${fallback}`, ...wrap(schema.description ?? '', 5), ''];
}

/** kubectl's notation: `[]Object`, `[]string`. */
function typeName(schema: Schema): string {
  if (schema.type === 'array') return `[]${typeName(schema.items ?? {})}`;
  return schema.type === 'object' ? 'Object' : (schema.type ?? 'any');
}

function factsOf(schema: Schema): readonly string[] {
  const bounds = (name: string, low: number | undefined, high: number | undefined): readonly string[] => {
    if (low === undefined && high === undefined) return [];
    if (low === undefined) return [`${name}: at most ${high ?? ''}`];
    return [`${name}: ${high === undefined ? `at least ${low}` : `${low} to ${high}`}`];
  };
  return [
    ...(schema.enum === undefined ? [] : [`one of: ${schema.enum.join(', ')}`]),
    ...(schema.default === undefined ? [] : [`default: ${literal(schema.default)}`]),
    ...(schema.pattern === undefined ? [] : [`form: ${patternForm(schema.pattern) ?? schema.pattern}`]),
    ...bounds('value', schema.minimum, schema.maximum),
    ...bounds('characters', schema.minLength, schema.maxLength),
    ...bounds('entries', schema.minItems, schema.maxItems),
  ];
}

function literal(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function wrap(text: string, indent: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > 80) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].map((each) => `${' '.repeat(indent)}${each}`);
}
