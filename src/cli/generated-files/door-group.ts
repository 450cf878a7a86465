import type { Resource } from '../../api/resource.js';
import { didYouMean } from '../../api/suggest.js';
import { plain } from '../../runtime/text.js';
import type { ResourceReading } from '../../store/resource-store.js';
import { CommandError, exit } from '../exit.js';

/** The accepted DoorGroup of that name, also written `dg/NAME`. @throws CommandError (1) with what was probably meant */
export function requireDoorGroup({ resources }: ResourceReading, word: string): Resource<'DoorGroup'> {
  const name = word.replace(/^(dg|doorgroups?)\//i, '');
  const groups = resources.flatMap(({ accepted }) => (accepted?.kind === 'DoorGroup' ? [accepted] : []));
  const found = groups.find(({ metadata }) => metadata.name === name);
  if (found !== undefined) return found;
  const names = groups.map(({ metadata }) => metadata.name);
  const refused = resources.find((stored) => stored.kind === 'DoorGroup' && stored.name === name);
  if (refused !== undefined) throw new CommandError(exit.failed, `DoorGroup/${name} in ${refused.file}:${refused.line} was never accepted; see \`sexton describe dg/${name}\``);
  const meant = didYouMean(name, names);
  const hint = meant !== '' ? meant : names.length === 0 ? '; there is none yet' : `; there are ${names.join(', ')}`;
  throw new CommandError(exit.failed, `DoorGroup "${plain(name)}" not found${hint}`);
}
