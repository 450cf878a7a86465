import { admissionWarnings } from './admission-warnings.js';
import type { ParsedDocument } from './documents.js';
import { keepKnown } from './known-fields.js';
import { isKind, suggestKind, findKind } from './kinds.js';
import { readMetadata } from './metadata.js';
import type { Problem } from './problem.js';
import { apiVersion, kinds } from './resource.js';
import type { Kind, Resource } from './resource.js';
import type { Schema } from './schema.js';
import { maxProblems, validateSpec } from './spec-validation.js';
import { closest } from './suggest.js';
import { found, quoted } from './wording.js';

export interface Admission {
  /** With every default filled in; null when there are problems. */
  readonly resource: Resource | null;
  /** In the order of the file. */
  readonly problems: readonly Problem[];
  /** Accepted all the same. */
  readonly warnings: readonly Problem[];
}

const topLevel: Schema = { properties: { apiVersion: {}, kind: {}, metadata: {}, spec: {}, status: {} } };

/**
 * Judges one document as an API server would: all problems at once, each with its place.
 * `namespace`: the site's name, the only namespace that a document may give. @throws never
 */
export function validateResource(document: ParsedDocument, options: { readonly namespace?: string } = {}): Admission {
  if (document.problems.length > 0) return { resource: null, problems: document.problems, warnings: document.warnings };
  const fields = document.value as Readonly<Record<string, unknown>>;
  const problems = keepKnown(fields, topLevel).unknown.slice(0, maxProblems).map(({ path, message }) => document.problemAt(path, 'key', message()));
  problems.push(...versionProblems(document, fields['apiVersion']));
  const kind = readKind(document, fields['kind']);
  const { metadata, problems: metadataProblems } = readMetadata(document, fields['metadata'], options.namespace);
  problems.push(...metadataProblems);
  if ('problem' in kind) problems.push(kind.problem);
  const spec = 'kind' in kind ? readSpec(document, kind.kind, fields) : { value: null, problems: [] };
  problems.push(...spec.problems);
  if (problems.length > 0 || metadata === null || !('kind' in kind)) {
    return { resource: null, problems: problems.sort((a, b) => a.line - b.line || a.column - b.column), warnings: document.warnings };
  }
  const resource = { apiVersion, kind: kind.kind, metadata, spec: spec.value } as Resource;
  return { resource, problems, warnings: [...document.warnings, ...admissionWarnings(resource, document)] };
}

function readSpec(document: ParsedDocument, kind: Kind, fields: Readonly<Record<string, unknown>>): { readonly value: unknown; readonly problems: readonly Problem[] } {
  const { spec, status } = fields;
  if (spec !== undefined && spec !== null) return validateSpec(kind, spec, document);
  const message = status === undefined ? '`spec` is missing: it says what should be' : '`spec` is missing: this looks like a status, which only Sexton writes';
  return { value: null, problems: [document.problemAt([], 'value', message)] };
}

function versionProblems(document: ParsedDocument, value: unknown): readonly Problem[] {
  if (value === apiVersion) return [];
  if (value === undefined || value === null) return [document.problemAt([], 'value', `\`apiVersion\` is missing: write apiVersion: ${apiVersion}`)];
  return [document.problemAt(['apiVersion'], 'value', `${found(value)} is not ${apiVersion}`)];
}

function readKind(document: ParsedDocument, value: unknown): { readonly kind: Kind } | { readonly problem: Problem } {
  if (value === undefined || value === null) return { problem: document.problemAt([], 'value', `\`kind\` is missing: one of ${kinds.join(', ')}`) };
  if (typeof value === 'string' && isKind(value)) return { kind: value };
  const meant = typeof value === 'string' ? kindMeant(value) : null;
  const hint = meant === null ? `; the kinds are ${kinds.join(', ')}` : `; did you mean \`${meant}\`?`;
  return { problem: document.problemAt(['kind'], 'value', `${typeof value === 'string' ? quoted(value) : found(value)} is not a kind${hint}`) };
}

function kindMeant(word: string): Kind | null {
  return findKind(word) ?? findKind(closest(word, kinds) ?? '') ?? findKind(suggestKind(word) ?? '');
}
