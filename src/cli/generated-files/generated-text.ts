import { Document } from 'yaml';
import { parseDocuments } from '../../api/documents.js';
import { formatProblem } from '../../api/problem.js';
import { apiVersion } from '../../api/resource.js';
import type { Resource } from '../../api/resource.js';
import { validateResource } from '../../api/validate.js';
import { plain } from '../../runtime/text.js';
import { CommandError, exit } from '../exit.js';
import type { GeneratedName } from './file-name.js';

export const managedBy = { label: 'app.kubernetes.io/managed-by', value: 'sexton' } as const;
export const reasonAnnotation = 'sexton.dev/reason';

export interface GeneratedResource {
  readonly id: GeneratedName;
  readonly kind: 'EventOverride' | 'OfficeHours';
  /** What the file is for; a comment at its top. */
  readonly comment: readonly string[];
  readonly spec: Readonly<Record<string, unknown>>;
  /** Who, and when (ISO 8601 UTC). */
  readonly by: string;
  readonly at: string;
  readonly reason: string | undefined;
}

export interface GeneratedText {
  readonly text: string;
  readonly resource: Resource;
}

/**
 * The text of a generated file, judged as the controller will judge it.
 * @throws CommandError (1) when it would be refused
 */
export function generatedText({ id, kind, comment, spec, by, at, reason }: GeneratedResource, site: string): GeneratedText {
  const metadata = {
    name: id.name,
    labels: { [managedBy.label]: managedBy.value },
    annotations: { 'sexton.dev/by': plain(by), 'sexton.dev/at': at, [reasonAnnotation]: reasonText(reason) ?? 'none given' },
  };
  // Dates and words that a YAML 1.1 program would read as something else than text are quoted.
  const document = new Document({ apiVersion, kind, metadata, spec }, { compat: 'yaml-1.1' });
  document.commentBefore = comment.map((line) => ` ${plain(line)}`).join('\n');
  const text = document.toString({ lineWidth: 0 });
  const { documents, problems } = parseDocuments(id.file, text);
  const admissions = documents.map((parsed) => validateResource(parsed, { namespace: site }));
  const [admission] = admissions;
  const found = [...problems, ...admissions.flatMap((each) => each.problems)];
  if (admission?.resource == null || admissions.length !== 1 || found.length > 0) {
    throw new CommandError(exit.failed, ['nothing was written, since it would be refused:', ...found.map(formatProblem)].join('\n'));
  }
  return { text, resource: admission.resource };
}

/** One line for files and status; undefined when nothing of it is left. */
export function reasonText(reason: string | undefined): string | undefined {
  const text = plain(reason ?? '').trim();
  return text === '' ? undefined : Array.from(text).slice(0, 200).join('');
}
