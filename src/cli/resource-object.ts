import type { Condition } from '../api/conditions.js';
import { formatProblem } from '../api/problem.js';
import { apiVersion } from '../api/resource.js';
import type { Kind, ObjectMeta } from '../api/resource.js';
import type { AbsentResource, StoredResource } from '../store/resource-store.js';

/** A resource as it is printed. The spec is the version in force; it is absent where none ever was. */
export interface ResourceObject {
  readonly apiVersion: typeof apiVersion;
  readonly kind: Kind;
  readonly metadata: ObjectMeta;
  readonly spec?: unknown;
  readonly status?: ResourceStatus;
}

export interface ResourceStatus {
  readonly observedGeneration?: number;
  readonly specHash?: string;
  readonly conditions?: readonly Condition[];
  readonly [field: string]: unknown;
}

/** What the status file says, and over it what this reading knows better: whether the document is refused now. */
export function resourceObject(stored: StoredResource, site: string): ResourceObject {
  const { kind, name, file, line, accepted } = stored;
  const metadata = wholeMetadata({ ...(accepted?.metadata ?? { name, namespace: site }), file, line });
  const status = statusOf(stored);
  return { apiVersion, kind, metadata, ...(accepted === null ? {} : { spec: accepted.spec }), ...(status === null ? {} : { status }) };
}

/** Its document is gone; it is in force until that is certain. */
export function absentObject({ kind, accepted }: AbsentResource): ResourceObject {
  return { apiVersion, kind, metadata: wholeMetadata(accepted.metadata), spec: accepted.spec };
}

/** A program that reads it finds both maps, also where there is nothing in them. */
function wholeMetadata({ labels = {}, annotations = {}, file, line, ...rest }: ObjectMeta): ObjectMeta {
  return { ...rest, labels, annotations, ...(file === undefined ? {} : { file }), ...(line === undefined ? {} : { line }) };
}

function statusOf({ status: written, refused, accepted }: StoredResource): ResourceStatus | null {
  const status = written as ResourceStatus | null;
  if (refused === null) return status;
  const message = refused.problems.map(formatProblem).join('; ');
  const generation = accepted?.metadata.generation;
  const refusal = (type: 'Accepted' | 'Ready'): Condition => ({
    type,
    status: 'False',
    reason: refused.reason,
    message,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    lastTransitionTime: refused.since,
  });
  const others = (status?.conditions ?? []).filter(({ type }) => type !== 'Accepted' && type !== 'Ready');
  return {
    ...status,
    conditions: [refusal('Accepted'), ...others, refusal('Ready')],
    refused: { since: refused.since, problems: refused.problems },
  };
}
