import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocuments } from '../api/documents.js';
import type { Problem } from '../api/problem.js';
import { checkReferences } from '../api/references.js';
import type { Resource } from '../api/resource.js';
import { specHash } from '../api/spec-hash.js';
import { validateResource } from '../api/validate.js';
import { errorCode } from '../runtime/errors.js';
import { admit } from '../store/directory/admission.js';
import type { ReadFile } from '../store/directory/file-reader.js';
import { specLine } from '../store/directory/status-text.js';
import { type Blocked, readTree } from '../store/directory/tree.js';

export interface ValidationReport {
  /** By file, then place. */
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  readonly resources: number;
  readonly files: number;
  /** False where only single files were given: the door groups may stand in others. */
  readonly referencesChecked: boolean;
}

interface Found {
  readonly files: readonly ReadFile[];
  readonly blocked: readonly Blocked[];
  readonly problems: readonly Problem[];
  readonly directory: boolean;
}

/** Files and directories judged together, as if they were new. `site`: the only namespace allowed. @throws never */
export async function validateFiles(paths: readonly string[], site: string | undefined): Promise<ValidationReport> {
  const found = await Promise.all([...new Set(paths)].map((path) => findFiles(path, site)));
  const files = unique(found.flatMap((each) => each.files));
  const { resources, unreadable } = admit({ files, blocked: found.flatMap((each) => each.blocked), accepted: new Map(), now: new Date(0).toISOString() });
  const documents = files.flatMap((file) => file.documents);
  const refusals = resources.flatMap(({ refused }) => refused?.problems ?? []);
  const referencesChecked = found.some((each) => each.directory) || documents.every(({ document }) => document.kind === 'DoorGroup');
  const problems = [
    ...found.flatMap((each) => each.problems),
    ...refusals,
    ...unreadable.flatMap((each) => each.problems),
    ...(referencesChecked ? brokenReferences(files) : []),
  ];
  return {
    problems: problems.sort(byPlace),
    warnings: resources.flatMap(({ warnings }) => warnings).sort(byPlace),
    resources: documents.length,
    files: files.length,
    referencesChecked,
  };
}

async function findFiles(path: string, site: string | undefined): Promise<Found> {
  const none = { files: [], blocked: [], problems: [], directory: false };
  const unusable = (error: unknown): Found => ({ ...none, problems: [whole(path, `cannot be read (${errorCode(error)})`)] });
  try {
    if (!(await stat(path)).isDirectory()) return { ...none, files: [await readOne(path, path, site)] };
    const tree = await readTree(path);
    const files: ReadFile[] = [];
    for (const file of tree.files) files.push(await readOne(join(path, file.path), file.absolute, site));
    const blocked = tree.blocked.map(({ path: inside, directory, problem }) => {
      const shown = join(path, inside);
      return { path: shown, directory, problem: { ...problem, file: shown } };
    });
    const misnamed = await Promise.all(tree.statusFiles.map((file) => misnamedResource(join(path, file.path), file.absolute)));
    return { files, blocked, problems: misnamed.flat(), directory: true };
  } catch (error) {
    return unusable(error);
  }
}

async function readOne(shown: string, absolute: string, site: string | undefined): Promise<ReadFile> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(absolute);
  } catch (error) {
    return { path: shown, documents: [], problems: [whole(shown, `the file cannot be read (${errorCode(error)})`)] };
  }
  const { documents, problems } = parseDocuments(shown, bytes);
  const judged = documents.map((document) => {
    const admission = validateResource(document, site === undefined ? {} : { namespace: site });
    return { document, admission, specHash: admission.resource === null ? null : specHash(admission.resource.spec) };
  });
  return { path: shown, documents: judged, problems };
}

async function misnamedResource(shown: string, absolute: string): Promise<readonly Problem[]> {
  const line = specLine(shown, await readFile(absolute, 'utf8').catch(() => ''));
  if (line === null) return [];
  const message = 'this is a resource under the name of a status file and is not read; give it a name that does not end in .status.yaml';
  return [{ file: shown, line, column: 1, path: 'spec', message }];
}

/** A door group whose own document is wrong is there all the same: one mistake is told once. */
function brokenReferences(files: readonly ReadFile[]): readonly Problem[] {
  const documents = files.flatMap((file) => file.documents);
  const valid = documents.flatMap(({ document, admission: { resource } }) => (resource === null ? [] : [{ document, resource }]));
  const documentOf = new Map<Resource, (typeof valid)[number]['document']>(valid.map(({ resource, document }) => [resource, document]));
  const halfThere = new Set(documents.flatMap(({ document, admission }) => (admission.resource === null && document.kind === 'DoorGroup' ? [document.name] : [])));
  return checkReferences(valid.map(({ resource }) => resource))
    .filter(({ doorGroup }) => !halfThere.has(doorGroup))
    .flatMap(({ resource, path, message }) => documentOf.get(resource)?.problemAt(path, 'value', message) ?? []);
}

function unique(files: readonly ReadFile[]): readonly ReadFile[] {
  return [...new Map(files.map((file) => [file.path, file])).values()];
}

function whole(file: string, message: string): Problem {
  return { file, line: 0, column: 0, path: '', message };
}

function byPlace(a: Problem, b: Problem): number {
  return (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column;
}
