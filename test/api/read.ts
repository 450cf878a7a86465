import { parseDocuments } from '../../src/api/documents.js';
import { formatProblem } from '../../src/api/problem.js';
import type { Resource } from '../../src/api/resource.js';
import { validateResource } from '../../src/api/validate.js';

/** Everything wrong with a file, in the form that commands print. */
export function problemsOf(text: string | Uint8Array): string[] {
  const { documents, problems } = parseDocuments('f.yaml', text);
  return [...problems, ...documents.flatMap((document) => validateResource(document).problems)].map(formatProblem);
}

export function warningsOf(text: string): string[] {
  return parseDocuments('f.yaml', text).documents.flatMap((document) => validateResource(document).warnings).map(formatProblem);
}

/** The resources of a text that has to be valid. */
export function resourcesOf(text: string, file = 'f.yaml'): Resource[] {
  const { documents, problems } = parseDocuments(file, text);
  const judged = documents.map((document) => validateResource(document));
  const wrong = [...problems, ...judged.flatMap((each) => each.problems)];
  if (wrong.length > 0) throw new Error(wrong.map(formatProblem).join('\n'));
  return judged.flatMap(({ resource }) => (resource === null ? [] : [resource]));
}

/** A document of a kind whose spec begins in line 5. */
export function withSpec(kind: string, spec: string): string {
  return `apiVersion: sexton.dev/v1alpha1\nkind: ${kind}\nmetadata: { name: it }\nspec:\n${spec.replaceAll(/^/gm, '  ')}\n`;
}
