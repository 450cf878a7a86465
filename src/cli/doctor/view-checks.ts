import type { Configuration } from '../../runtime/config.js';
import type { View } from '../../status/view.js';
import { failed, ok, skipped, warning, type Check } from './check.js';

/** What a look at the whole site tells: its sources, its door groups, and what is wrong or left out. */
export function viewChecks({ status }: View, { planningCenter, civicrm }: Configuration): readonly Check[] {
  const configured = { planningCenter: planningCenter !== null, civicrm: civicrm !== null } as const;
  const sources = (['planningCenter', 'civicrm'] as const).map((name): Check => {
    const source = status.sources.find((each) => each.name === name);
    if (!configured[name]) return skipped(`source.${name}`, 'not configured');
    if (source === undefined) return failed(`source.${name}`, 'it was not read');
    if (source.error !== null) return failed(`source.${name}`, source.error);
    return source.complete ? ok(`source.${name}`, `${source.items} read`) : failed(`source.${name}`, 'its answer is not complete');
  });
  const groups = status.doorGroups.map(({ name, ready }) =>
    ready ? ok(`DoorGroup/${name}`, 'Ready') : failed(`DoorGroup/${name}`, 'not Ready', `sexton describe dg/${name} says why`),
  );
  return [...sources, ...groups, ...status.notes.map((note) => warning('site', note))];
}
