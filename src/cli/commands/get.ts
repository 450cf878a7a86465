import type { GetOptions } from '../get-request.js';
import { parseSelector } from '../selector.js';
import type { Session } from '../session.js';
import { parseTargets } from '../targets.js';
import type { ListName } from '../targets.js';
import { UsageError } from '../exit.js';

/** `get KIND [NAME…]`: exit 0, 1 when a name is not found, 69 when a source could not be read. */
export async function getCommand(session: Session, words: readonly string[], options: GetOptions): Promise<number> {
  const targets = parseTargets(words);
  const ofKinds = targets.flatMap((target) => ('kind' in target ? [target] : []));
  const ofLists = targets.flatMap((target) => ('list' in target ? [target] : []));
  const selector = options.selector === undefined ? null : parseSelector(options.selector);
  if (ofKinds.length > 0 && ofLists.length > 0) throw new UsageError(`${nameOf(ofLists[0])} stand in no file; get them by themselves`);
  const [list, second] = ofLists;
  if (list === undefined) {
    const { getResources } = await import('./get-resources.js');
    return getResources(session, { targets: ofKinds, selector, all: words[0]?.toLowerCase() === 'all', options });
  }
  if (second !== undefined) throw new UsageError(`${list.list} and ${second.list}: get one list at a time`);
  if (selector !== null) throw new UsageError(`${list.list} have no labels; -l selects resources, such as \`sexton get dg -l ...\``);
  const { getList } = await import('./get-list.js');
  return getList(session, { list: list.list, names: list.names, options });
}

function nameOf(target: { readonly list: ListName } | undefined): string {
  return target?.list ?? '';
}
