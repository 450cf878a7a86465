import { mkdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Document, parseDocument } from 'yaml';
import { parseDocuments } from '../../api/documents.js';
import { formatProblem, type Problem } from '../../api/problem.js';
import { apiVersion } from '../../api/resource.js';
import { validateResource } from '../../api/validate.js';
import { loadConfiguration } from '../../runtime/config.js';
import { writeDurably } from '../../runtime/durable-file.js';
import { ConfigurationError, errorCode } from '../../runtime/errors.js';
import { isRecord } from '../../runtime/record.js';
import { CommandError, exit } from '../exit.js';
import { validateFiles } from '../validation.js';
import type { Imported, ImportedDocument, NotCarried } from './imported.js';

export interface ImportTarget {
  /** Made if it is missing. */
  readonly directory: string;
  readonly site: string;
  readonly timeZone: string;
}

export interface WrittenImport {
  /** Paths, in the order written. */
  readonly written: readonly string[];
  /** What was left out while writing. */
  readonly notCarried: readonly NotCarried[];
  /** What is wrong with the result as a whole; formatted. */
  readonly problems: readonly string[];
}

interface Planned {
  readonly path: string;
  readonly content: string;
  readonly mode: number;
}

/**
 * Writes `sexton.yaml`, `resources/` and `credentials/`, joining a configuration that another import left there.
 * Nobody's file is replaced.
 * @throws CommandError (1) before anything is written when a file stands in the way; ConfigurationError when the directory cannot be written
 */
export async function writeImported(imported: Imported, target: ImportTarget): Promise<WrittenImport> {
  const { directory, site } = target;
  const notCarried: NotCarried[] = [];
  const planned: Planned[] = [];
  const configuration = join(directory, 'sexton.yaml');
  if (Object.keys(imported.configuration).length > 0) {
    const before = await readFile(configuration, 'utf8').catch(() => null);
    const { text, kept } = configurationText(before, imported, target);
    notCarried.push(...kept);
    if (text !== before) planned.push({ path: configuration, content: text, mode: 0o644 });
  }
  const files = imported.files.map(({ file, comment, documents }) => {
    const { texts, invalid } = resourceTexts(documents, site);
    notCarried.push(...invalid);
    const heading = comment.split('\n').map((line) => `# ${line}\n`).join('');
    return { path: join(directory, 'resources', file), content: texts.length === 0 ? '' : `${heading}${texts.join('---\n')}`, mode: 0o644 };
  });
  const secrets = Object.entries(imported.credentials).map(([name, value]) => ({ path: join(directory, 'credentials', name), content: value, mode: 0o600 }));
  for (const each of [...files.filter(({ content }) => content !== ''), ...secrets]) {
    const before = await readFile(each.path, 'utf8').catch(() => null);
    if (before === each.content) continue;
    if (before !== null && each.mode === 0o600) {
      notCarried.push({ from: `credentials/${basename(each.path)}`, reason: 'another one stands there already, and stays' });
      continue;
    }
    if (before !== null) throw new CommandError(exit.failed, `${each.path} stands there already and says something else; nothing was written. Move it, or name another directory with --out`);
    planned.push(each);
  }
  await writeAll(planned);
  const problems = [...configurationProblems(configuration, imported), ...(await resourceProblems(join(directory, 'resources'), site))];
  return { written: planned.map(({ path }) => path), notCarried, problems };
}

async function writeAll(planned: readonly Planned[]): Promise<void> {
  for (const { path, content, mode } of planned) {
    try {
      // Secrets stand in a directory that nobody else enters.
      await mkdir(dirname(path), { recursive: true, mode: mode === 0o600 ? 0o700 : 0o755 });
      await writeDurably({ path, content, mode });
    } catch (error) {
      const code = errorCode(error);
      throw new ConfigurationError(`${path} cannot be written (${code})`, { code, cause: error });
    }
  }
}

/** What stands there already stays as it is; fields that it does not have are added. */
function configurationText(before: string | null, { configuration }: Imported, { site, timeZone }: ImportTarget): { readonly text: string; readonly kept: readonly NotCarried[] } {
  const kept: NotCarried[] = [];
  const document = before === null ? new Document({ apiVersion: 'config.sexton.dev/v1alpha1', kind: 'SextonConfiguration', site }) : parseDocument(before);
  if (document.errors.length > 0) throw new CommandError(exit.failed, 'sexton.yaml in the target directory is no YAML; nothing was written');
  const wanted = { timeZone, mode: 'DryRun', resources: 'resources', ...configuration };
  const there = document.toJS() as Readonly<Record<string, unknown>>;
  for (const [field, value] of Object.entries(wanted)) {
    const { merged, lost } = joined(there[field], value, `sexton.yaml ${field}`);
    if (!isDeepStrictEqual(merged, there[field])) document.set(field, document.createNode(merged));
    if (field in configuration) kept.push(...lost.map((from) => ({ from, reason: 'the configuration has it already, and says something else; compare the two' })));
  }
  if (before === null) document.commentBefore = ' Imported. It writes nothing to UniFi until `mode` is Apply.';
  return { text: document.toString({ lineWidth: 0 }), kept };
}

/** Lists are united, fields that are missing are added; what stands there wins. */
function joined(there: unknown, value: unknown, path: string): { readonly merged: unknown; readonly lost: readonly string[] } {
  if (there === undefined) return { merged: value, lost: [] };
  if (Array.isArray(there) && Array.isArray(value)) {
    const added = (value as readonly unknown[]).filter((each) => !there.some((known) => isDeepStrictEqual(known, each)));
    return { merged: [...(there as readonly unknown[]), ...added], lost: [] };
  }
  if (isRecord(there) && isRecord(value)) {
    const fields = Object.entries(value).map(([field, inner]) => [field, joined(there[field], inner, `${path}.${field}`)] as const);
    return { merged: { ...there, ...Object.fromEntries(fields.map(([field, { merged }]) => [field, merged])) }, lost: fields.flatMap(([, { lost }]) => lost) };
  }
  return { merged: there, lost: isDeepStrictEqual(there, value) ? [] : [`${path} (${JSON.stringify(value)})`] };
}

/** A document that would be refused is left out, and its problems are named. */
function resourceTexts(documents: readonly ImportedDocument[], site: string): { readonly texts: readonly string[]; readonly invalid: readonly NotCarried[] } {
  const texts: string[] = [];
  const invalid: NotCarried[] = [];
  for (const document of documents) {
    const { text, problems } = judged(document, site);
    const label = `${document.kind}/${document.name}`;
    invalid.push(...problems.map(({ path, message }) => ({ from: `${label} ${path}`, reason: `it would be refused: ${message}` })));
    const rest = problems.length === 0 ? { text, problems } : judged(withoutOpenings(document, problems.map(({ path }) => path)), site);
    if (rest.problems.length === 0) texts.push(rest.text);
    else invalid.push({ from: label, reason: 'for this it was left out as a whole; correct it in the source and import again' });
  }
  return { texts, invalid };
}

function judged({ kind, name, spec }: ImportedDocument, site: string): { readonly text: string; readonly problems: readonly Problem[] } {
  const text = new Document({ apiVersion, kind, metadata: { name }, spec }, { compat: 'yaml-1.1' }).toString({ lineWidth: 0, flowCollectionPadding: true });
  const { documents: parsed, problems } = parseDocuments(`${kind}/${name}`, text);
  return { text, problems: [...problems, ...parsed.flatMap((document) => validateResource(document, { namespace: site }).problems)] };
}

/** Lists in which an entry that is missing opens less: a closure, an exclusion or a rule is never left out alone. */
const openings = ['rooms', 'openings', 'weekly'] as const;

function withoutOpenings(document: ImportedDocument, paths: readonly string[]): ImportedDocument {
  const spec = Object.fromEntries(
    Object.entries(document.spec).map(([field, value]) => {
      if (!openings.some((each) => each === field) || !Array.isArray(value)) return [field, value];
      return [field, value.filter((_, index) => !paths.some((path) => path === `spec.${field}[${index}]` || path.startsWith(`spec.${field}[${index}].`)))];
    }),
  );
  return { ...document, spec };
}

function configurationProblems(path: string, { configuration }: Imported): readonly string[] {
  if (Object.keys(configuration).length === 0) return [];
  return (loadConfiguration(path).problems ?? []).map(formatProblem);
}

async function resourceProblems(path: string, site: string): Promise<readonly string[]> {
  const { problems } = await validateFiles([path], site);
  return problems.map(formatProblem);
}
