import type { SpecOf } from '../api/resource.js';

/** A promise that cannot be kept yet suspends the plane, rather than being kept in part. Null: all can be kept. */
export function notEnforcedYet(spec: SpecOf<'TierMapping'>): string | null {
  const fields = [
    ...(spec.blocked.length > 0 ? ['blocked'] : []),
    ...(spec.identity.adoptFrom === undefined ? [] : ['identity.adoptFrom']),
    ...(spec.graceDays === 0 ? [] : ['graceDays']),
  ];
  if (fields.length === 0) return null;
  return `NotImplemented: ${fields.join(', ')} cannot be enforced yet, so no member changes; remove ${fields.length === 1 ? 'it' : 'them'} to go on`;
}
