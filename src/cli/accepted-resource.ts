import { formatProblem } from '../api/problem.js';
import type { Kind, Resource } from '../api/resource.js';
import { didYouMean } from '../api/suggest.js';
import { plain } from '../runtime/text.js';
import type { ResourceReading, StoredResource } from '../store/resource-store.js';
import { CommandError, exit } from './exit.js';

export interface AcceptedResource {
  readonly stored: StoredResource;
  readonly accepted: Resource;
}

/** The document in force. @throws CommandError (1) when there is none, or when the one that stands there is refused */
export function requireAccepted({ resources }: ResourceReading, kind: Kind, name: string): AcceptedResource {
  const named = resources.filter((stored) => stored.kind === kind && stored.name === name);
  const good = named.find(({ refused }) => refused === null);
  if (good?.accepted != null) return { stored: good, accepted: good.accepted };
  const [bad] = named;
  if (bad === undefined) {
    const known = resources.filter((stored) => stored.kind === kind).map((stored) => stored.name);
    throw new CommandError(exit.failed, `${kind} "${plain(name)}" not found${didYouMean(name, known)}`);
  }
  const problems = (bad.refused?.problems ?? []).map((problem) => `  ${formatProblem(problem)}`);
  throw new CommandError(exit.failed, [`${bad.file}:${bad.line} is refused as it stands; repair it first:`, ...problems].join('\n'));
}

/** The one of a kind that a site has once. @throws CommandError (1) as `requireAccepted` */
export function requireOnly(reading: ResourceReading, kind: 'TierMapping' | 'SafeHours'): AcceptedResource {
  const found = reading.resources.find((stored) => stored.kind === kind && stored.refused === null) ?? reading.resources.find((stored) => stored.kind === kind);
  if (found === undefined) throw new CommandError(exit.failed, `there is no ${kind} in the resource directory; \`sexton new ${kind.toLowerCase()}\` prints one to start from`);
  return requireAccepted(reading, kind, found.name);
}
