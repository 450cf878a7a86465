import type { ParsedDocument } from './documents.js';
import type { Problem } from './problem.js';
import type { Resource } from './resource.js';

/** What an operator should know of a resource that is accepted all the same. */
export function admissionWarnings(resource: Resource, document: ParsedDocument): readonly Problem[] {
  switch (resource.kind) {
    case 'DoorGroup': {
      const { unlock, policy } = resource.spec;
      if (!policy.manage || unlock.method === 'Schedule') return [];
      return [document.problemAt(['spec', 'policy', 'manage'], 'value', `has no effect with method ${unlock.method}: a policy links a schedule`)];
    }
    case 'EventOverride':
      if (resource.spec.action !== 'Approve' || (resource.spec.approvedWindows ?? []).length > 0) return [];
      return [document.problemAt(['spec', 'action'], 'value', 'releases nothing without approvedWindows; `sexton approve` fills them in')];
    case 'OfficeHours':
      return resource.spec.openings.flatMap(({ from }, index) =>
        from?.length === 10
          ? [document.problemAt(['spec', 'openings', index, 'from'], 'value', 'a date without a time opens the doors day and night')]
          : [],
      );
    case 'RoomMapping':
    case 'SafeHours':
    case 'TierMapping':
      return [];
  }
}
