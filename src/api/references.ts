import type { Path } from './path.js';
import { formatPath } from './path.js';
import type { Resource } from './resource.js';
import { didYouMean } from './suggest.js';

interface BrokenReference {
  /** The resource that points. */
  readonly resource: Resource;
  readonly path: Path;
  /** The door group that does not exist. */
  readonly doorGroup: string;
  /** `spec.rooms[0].doorGroups[1]: there is no DoorGroup ...`, without the path. */
  readonly message: string;
}

/** Door groups that resources name and that none of them is. @throws never */
export function checkReferences(resources: readonly Resource[]): readonly BrokenReference[] {
  const existing = resources.filter((resource) => resource.kind === 'DoorGroup').map((resource) => resource.metadata.name);
  const names = new Set(existing);
  return resources.flatMap((resource) =>
    doorGroupReferences(resource)
      .filter(({ name }) => !names.has(name))
      .map(({ name, path }) => ({ resource, path, doorGroup: name, message: `there is no DoorGroup "${name}"${didYouMean(name, existing)}` })),
  );
}

/** `spec.rooms[0].doorGroups[1]: there is no DoorGroup "gym"`, for a condition's message. */
export function formatReference(broken: BrokenReference): string {
  return `${formatPath(broken.path)}: ${broken.message}`;
}

interface Reference {
  readonly name: string;
  readonly path: Path;
}

/** Every place where a resource names a door group. */
export function doorGroupReferences(resource: Resource): readonly Reference[] {
  const all = (field: string, items: readonly { readonly doorGroups?: readonly string[] }[]): readonly Reference[] =>
    items.flatMap(({ doorGroups = [] }, item) =>
      doorGroups.map((name, index) => ({ name, path: ['spec', field, item, 'doorGroups', index] })),
    );
  switch (resource.kind) {
    case 'RoomMapping':
      return [...all('rooms', resource.spec.rooms), ...all('exclude', resource.spec.exclude)];
    case 'OfficeHours': {
      const { weekly, closures, openings } = resource.spec;
      return [...all('weekly', weekly), ...all('closures', closures), ...all('openings', openings)];
    }
    case 'EventOverride': {
      const { doorGroups = [], approvedWindows = [] } = resource.spec;
      return [
        ...doorGroups.map(({ name }, index) => ({ name, path: ['spec', 'doorGroups', index, 'name'] })),
        ...approvedWindows.map(({ doorGroup }, index) => ({ name: doorGroup, path: ['spec', 'approvedWindows', index, 'doorGroup'] })),
      ];
    }
    case 'DoorGroup':
    case 'SafeHours':
    case 'TierMapping':
      return [];
  }
}
