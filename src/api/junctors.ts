import type { Path } from './path.js';
import type { Schema } from './schema.js';
import { fields, quoted } from './wording.js';

/** A rule between the fields of one mapping that is broken. `path` is the field at fault, or the mapping. */
interface BrokenRule {
  readonly path: Path;
  readonly of: 'key' | 'value';
  readonly message: string;
}

type Mapping = Readonly<Record<string, unknown>>;

/**
 * Says by the fields that are present what a `oneOf` or `not` wants; JSON Schema's own words for that are useless to
 * people. Understands the forms that crds/ uses: alternatives of required fields, alternatives chosen by an enum, and
 * fields that exclude each other.
 */
export function brokenRules(schema: Schema, value: Mapping, path: Path): readonly BrokenRule[] {
  const chosen = chosenBranch(schema, value);
  if (chosen !== null) return forChoice(chosen.branch, chosen.because, value, path);
  const alternatives = (schema.oneOf ?? []).map((branch) => branch.required ?? []);
  const hasChoices = (schema.oneOf ?? []).some((branch) => branch.properties !== undefined);
  return [...(hasChoices ? [] : alternativesBroken(alternatives, value, path)), ...excluding(schema.not, value, path)];
}

function chosenBranch(schema: Schema, value: Mapping): { readonly branch: Schema; readonly because: string } | null {
  for (const branch of schema.oneOf ?? []) {
    for (const [field, wanted] of Object.entries(branch.properties ?? {})) {
      const actual = value[field];
      if (typeof actual === 'string' && wanted.enum?.includes(actual) === true) return { branch, because: `${field}: ${actual}` };
    }
  }
  return null;
}

function forChoice(branch: Schema, because: string, value: Mapping, path: Path): readonly BrokenRule[] {
  const missing = (branch.required ?? []).filter((field) => value[field] === undefined);
  const nested = Object.entries(branch.properties ?? {}).flatMap(([field, { required = [] }]) => {
    const inner = value[field];
    if (typeof inner !== 'object' || inner === null) return [];
    const absent = required.filter((name) => (inner as Mapping)[name] === undefined);
    return absent.length === 0 ? [] : [{ path: [...path, field], of: 'key' as const, message: `\`${because}\` needs ${fields(absent, 'and')} here` }];
  });
  const forbidden = forbiddenFields(branch.not).filter((field) => value[field] !== undefined);
  return [
    ...(missing.length === 0 ? [] : [{ path, of: 'key' as const, message: `\`${because}\` needs ${fields(missing, 'and')}` }]),
    ...nested,
    ...forbidden.map((field) => ({ path: [...path, field], of: 'key' as const, message: `\`${field}\` does not go with \`${because}\`` })),
  ];
}

function alternativesBroken(alternatives: readonly (readonly string[])[], value: Mapping, path: Path): readonly BrokenRule[] {
  if (alternatives.length === 0) return [];
  const all = alternatives.flat();
  const given = Object.keys(value).filter((field) => all.includes(field) && value[field] !== undefined);
  const complete = alternatives.filter((branch) => branch.every((field) => given.includes(field)));
  const [only] = complete;
  if (complete.length === 1 && only !== undefined && given.every((field) => only.includes(field))) return [];
  const single = alternatives.every((branch) => branch.length === 1);
  const wanted = single ? `exactly one of ${fields(all, 'and')}` : `either ${alternatives.map((branch) => fields(branch, 'and')).join(', or ')}`;
  // The first field says what was meant; the one after it is the surprise.
  const first = alternatives.find((branch) => branch.includes(given[0] ?? ''));
  const surplus = given.find((field) => first?.includes(field) === false || (single && field !== given[0]));
  const here = given.length === 0 ? 'none is given' : `given: ${fields(given, 'and')}`;
  return [{ path: surplus === undefined ? path : [...path, surplus], of: 'key', message: `give ${wanted}; ${here}` }];
}

function excluding(not: Schema | undefined, value: Mapping, path: Path): readonly BrokenRule[] {
  const groups = not === undefined ? [] : (not.anyOf ?? [not]).map((branch) => branch.required ?? []);
  return groups
    .filter((group) => group.length > 0 && group.every((field) => value[field] !== undefined))
    .map((group) => {
      const given = Object.keys(value).filter((field) => group.includes(field));
      return { path: [...path, given.at(-1) ?? ''], of: 'key', message: `${fields(given, 'and')} do not go together; keep one` };
    });
}

/** Fields that a branch forbids one by one. */
function forbiddenFields(not: Schema | undefined): readonly string[] {
  return not === undefined ? [] : (not.anyOf ?? [not]).flatMap((branch) => branch.required ?? []);
}

/** The mapping's key in a list, for people: `"gym-front"`. */
export function listKey(values: readonly unknown[]): string {
  return values.map((value) => (typeof value === 'string' ? quoted(value) : String(value))).join(', ');
}
