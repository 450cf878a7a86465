import type { Problem } from '../../api/problem.js';
import type { Kind } from '../../api/resource.js';
import { isKind } from '../../api/kinds.js';
import { canonicalJson } from '../../api/spec-hash.js';
import { compareText } from '../../runtime/text.js';
import type { AdmissionReason, ResourceReading } from '../resource-store.js';
import { type AcceptedEntry, type AcceptedVersion, type ResourceKey, keyText } from './accepted-versions.js';
import type { ReadDocument, ReadFile } from './file-reader.js';
import type { Blocked } from './tree.js';

export interface AdmittedResource extends ResourceKey {
  readonly file: string;
  readonly line: number;
  /** What is in force; null: nothing. */
  readonly version: AcceptedVersion | null;
  readonly refused: { readonly reason: Exclude<AdmissionReason, 'Valid'>; readonly problems: readonly Problem[] } | null;
  readonly warnings: readonly Problem[];
}

export interface AdmissionResult {
  readonly resources: readonly AdmittedResource[];
  /** Accepted earlier, and nothing in the directory speaks of it. */
  readonly absent: readonly AcceptedEntry[];
  readonly unreadable: ResourceReading['unreadable'];
  /** Versions to keep: new, changed or moved. */
  readonly accepts: readonly AcceptedEntry[];
}

export interface AdmissionInput {
  /** By path, documents in their order: without history the lowest comes first. */
  readonly files: readonly ReadFile[];
  readonly blocked: readonly Blocked[];
  readonly accepted: ReadonlyMap<string, AcceptedEntry>;
  /** ISO 8601 UTC. */
  readonly now: string;
}

interface Candidate extends ReadDocument, ResourceKey {
  readonly file: string;
  readonly line: number;
}

const SINGLETONS: ReadonlySet<Kind> = new Set<Kind>(['TierMapping', 'SafeHours']);

/** Which version of everything is in force, given what the files say and what was accepted before. Pure. */
export function admit(input: AdmissionInput): AdmissionResult {
  const { files, blocked, accepted } = input;
  const documents = files.flatMap((file) => file.documents.map((read) => ({ read, candidate: candidateOf(read, file.path) })));
  const groups = new Map<string, Candidate[]>();
  for (const { candidate } of documents) {
    if (candidate !== null) groups.set(keyText(candidate), [...(groups.get(keyText(candidate)) ?? []), candidate]);
  }
  const unreadable = [
    ...blocked.map(({ path, problem }) => ({ file: path, line: 0, problems: [problem] })),
    ...files.filter((file) => file.problems.length > 0).map(({ path, problems }) => ({ file: path, line: problems[0]?.line ?? 0, problems })),
    ...documents.filter(({ candidate }) => candidate === null).map(({ read }) => ({
      file: read.document.file,
      line: read.document.line,
      problems: read.admission.problems,
    })),
  ].sort((a, b) => compareText(a.file, b.file) || a.line - b.line);

  const holders = [...groups.values()].map((group) => ({ group, holder: holderOf(group, accepted.get(keyText(group[0] as Candidate))) }));
  const seats = singletonSeats(accepted.values(), holders.flatMap(({ holder }) => holder ?? []));
  const resources: AdmittedResource[] = [];
  const accepts: AcceptedEntry[] = [];
  for (const { group, holder } of holders) {
    for (const candidate of group) {
      const before = candidate === holder ? accepted.get(keyText(candidate)) : undefined;
      const refused = refusalOf(candidate, holder, seats);
      const seated = seats.get(candidate.kind)?.name ?? candidate.name;
      const version = refused === null ? acceptedVersion(candidate, before?.version, input.now) : seated === candidate.name ? (before?.version ?? null) : null;
      if (refused === null && version !== null && version !== before?.version) accepts.push({ kind: candidate.kind, name: candidate.name, version });
      const { kind, name, file, line } = candidate;
      resources.push({ kind, name, file, line, version, refused, warnings: candidate.admission.warnings });
    }
  }

  // Where nothing says anything any longer, the directory as a whole is in doubt.
  const says = resources.length + unreadable.length > 0;
  const emptied = files.filter((each) => says && each.emptied === true).map(({ path }) => path);
  const absent: AcceptedEntry[] = [];
  for (const entry of accepted.values()) {
    if (groups.has(keyText(entry))) continue;
    const problems = doubtsAbout(entry.version.file, { emptied, unreadable, blocked, resources });
    if (problems.length === 0) absent.push(entry);
    else resources.push(heldBack(entry, problems));
  }
  return { resources: resources.sort(byKindNameFile), absent, unreadable, accepts };
}

function candidateOf(read: ReadDocument, file: string): Candidate | null {
  const { kind, name, line } = read.document;
  return kind !== null && name !== null && isKind(kind) ? { ...read, kind, name, file, line } : null;
}

/** The document that speaks for the resource: of the file it was accepted from, else the first that could be accepted. */
function holderOf(group: readonly Candidate[], entry: AcceptedEntry | undefined): Candidate | null {
  const valid = group.find((candidate) => candidate.specHash !== null) ?? null;
  if (entry === undefined) return valid;
  const { file, specHash } = entry.version;
  const home = group.filter((candidate) => candidate.file === file);
  const unchanged = (candidate: Candidate): boolean => candidate.specHash === specHash;
  return home.find(unchanged) ?? home.find((candidate) => candidate.specHash !== null) ?? home[0] ?? group.find(unchanged) ?? valid ?? group[0] ?? null;
}

/** Who holds the one seat of each singleton kind: the one accepted first, also while its document is gone. */
function singletonSeats(accepted: Iterable<AcceptedEntry>, holders: readonly Candidate[]): ReadonlyMap<Kind, ResourceKey & { readonly file: string }> {
  const seats = new Map<Kind, ResourceKey & { readonly file: string }>();
  const incumbents = [...accepted].sort((a, b) => compareText(a.version.createdAt, b.version.createdAt) || compareText(a.name, b.name));
  const seekers = holders.filter((holder) => holder.specHash !== null).sort((a, b) => compareText(a.file, b.file) || a.line - b.line);
  for (const { kind, name, file } of [...incumbents.map(({ kind, name, version }) => ({ kind, name, file: version.file })), ...seekers]) {
    if (SINGLETONS.has(kind) && !seats.has(kind)) seats.set(kind, { kind, name, file });
  }
  return seats;
}

function refusalOf(
  candidate: Candidate,
  holder: Candidate | null,
  seats: ReadonlyMap<Kind, ResourceKey & { readonly file: string }>,
): AdmittedResource['refused'] {
  if (candidate.specHash === null) return { reason: 'Invalid', problems: candidate.admission.problems };
  const atName = (message: string): readonly Problem[] => [candidate.document.problemAt(['metadata', 'name'], 'value', message)];
  if (holder !== null && candidate !== holder) {
    const place = `${holder.file}:${holder.line}`;
    return { reason: 'Duplicate', problems: atName(`${keyText(candidate)} stands in ${place} already; rename or remove one of the two`) };
  }
  const seat = seats.get(candidate.kind);
  if (seat !== undefined && seat.name !== candidate.name) {
    const message = `there is one ${candidate.kind} only, and ${seat.name} (${seat.file}) is in force; remove one of the two`;
    return { reason: 'Singleton', problems: atName(message) };
  }
  return null;
}

/** The same object as `before` when nothing is new. */
function acceptedVersion({ admission, specHash, file }: Candidate, before: AcceptedVersion | undefined, now: string): AcceptedVersion | null {
  if (admission.resource === null || specHash === null) return null;
  const { spec, metadata } = admission.resource;
  const version: AcceptedVersion = {
    ...(before?.specHash === specHash
      ? { generation: before.generation, specHash, acceptedAt: before.acceptedAt, createdAt: before.createdAt }
      : { generation: (before?.generation ?? 0) + 1, specHash, acceptedAt: now, createdAt: before?.createdAt ?? now }),
    file,
    ...(metadata.labels === undefined ? {} : { labels: metadata.labels }),
    ...(metadata.annotations === undefined ? {} : { annotations: metadata.annotations }),
    spec: spec as unknown as Readonly<Record<string, unknown>>,
  };
  return before !== undefined && canonicalJson(before) === canonicalJson(version) ? before : version;
}

/**
 * Why a resource that nothing speaks of may still be meant by its file: the file or a document in it cannot be read,
 * nothing at all is left of it, or a document in it that was never accepted is wrong (its name mistyped, say). Absence
 * is evidence only without doubt.
 */
function doubtsAbout(
  file: string,
  { emptied, unreadable, blocked, resources }: Pick<AdmissionResult, 'unreadable' | 'resources'> & Pick<AdmissionInput, 'blocked'> & { readonly emptied: readonly string[] },
): readonly Problem[] {
  const above = blocked.filter(({ path, directory }) => directory && file.startsWith(`${path}/`)).map(({ problem }) => problem);
  const within = unreadable.filter((entry) => entry.file === file).flatMap(({ problems }) => problems);
  const wrong = resources.filter((resource) => resource.file === file && resource.version === null && resource.refused?.reason === 'Invalid');
  const nothing = emptied.includes(file) ? [emptiedProblem(file)] : [];
  return [...above, ...within, ...nothing, ...wrong.flatMap(({ refused }) => refused?.problems ?? [])];
}

function emptiedProblem(file: string): Problem {
  return { file, line: 1, column: 1, path: '', message: 'the file is empty, and what it held stays in force; write it again, or remove it' };
}

function heldBack({ kind, name, version }: AcceptedEntry, problems: readonly Problem[]): AdmittedResource {
  return { kind, name, file: version.file, line: problems[0]?.line ?? 0, version, refused: { reason: 'Invalid', problems }, warnings: [] };
}

function byKindNameFile(a: AdmittedResource, b: AdmittedResource): number {
  return compareText(a.kind, b.kind) || compareText(a.name, b.name) || compareText(a.file, b.file) || a.line - b.line;
}
