import type { Configuration } from '../../runtime/config.js';
import { gitOpsNotes } from '../../status/git-ops-notes.js';
import type { PlaneView, StatusView, View } from '../../status/view.js';
import { failed, ok, skipped, warning, type Check } from './check.js';
import { gitOpsChecks } from './telling-checks.js';

/** What a look at the whole site tells: its sources, its planes, its door groups, and what is wrong or left out. */
export function viewChecks({ status }: View, configuration: Configuration): readonly Check[] {
  const now = Date.parse(status.now);
  const gitOps = status.gitOps ?? null;
  const told = new Set([...gitOpsNotes(gitOps, now), ...status.planes.map(({ message }) => message)]);
  return [
    ...sourceChecks(status, configuration),
    ...gitOpsChecks(gitOps, now),
    // What a source lacks is told there.
    ...status.planes.filter(({ ready, message }) => ready || !status.sources.some(({ name, error }) => name !== 'unifi' && error !== null && error === message)).flatMap((plane) => planeCheck(plane, configuration)),
    ...groupChecks(status),
    ...status.held.filter(({ kind }) => kind === 'plan').map(({ ref, summary, release }) => warning('held', `${ref}: ${summary}`, `look at \`sexton diff\` first; ${release}`)),
    ...status.notes.filter((note) => !told.has(note)).map((note) => warning('site', note)),
  ];
}

const sources = {
  planningCenter: 'check planningCenter in the configuration, the token, and the network',
  civicrm: 'check civicrm in the configuration, the permissions of the API user, and the network',
} as const;

function sourceChecks({ sources: seen }: StatusView, { planningCenter, civicrm }: Configuration): readonly Check[] {
  const configured = { planningCenter: planningCenter !== null, civicrm: civicrm !== null } as const;
  return (['planningCenter', 'civicrm'] as const).map((name) => {
    const label = `source.${name}`;
    const source = seen.find((each) => each.name === name);
    if (!configured[name]) return skipped(label, 'not configured');
    if (source === undefined) return failed(label, 'it was not read', sources[name]);
    if (source.error !== null) return failed(label, source.error, sources[name]);
    if (!source.complete) return failed(label, 'its answer is not complete; what is in force stays', sources[name]);
    return source.items === 0 ? nothingThere(name, label) : ok(label, `${source.items} read`);
  });
}

/** To a caller who may not see them, CiviCRM shows no contacts instead of refusing. */
function nothingThere(name: keyof typeof sources, label: string): Check {
  if (name === 'civicrm') return failed(label, 'it shows nobody who has a card', 'give the API user\'s role "view all contacts", and check civicrm.cardField');
  return warning(label, 'it shows no booking in the days ahead', 'is the calendar empty? If not, look whether the person behind the token sees its rooms');
}

const planeRemedies: Readonly<Record<string, string>> = {
  NotOwner: '`sexton adopt controller`, once you know that no other installation writes there',
  ControllerReplaced: '`sexton adopt controller`, once you know why UniFi is another',
  ClockSkew: 'set the clocks of this machine and of UniFi by NTP',
  Suspended: 'nothing, if it is meant; else take `suspend` back, or bring the files back',
};

/** Why nothing is written, if nothing is: a plane that is well has nothing to add to its door groups and members. */
function planeCheck({ plane, ready, reason, message }: PlaneView, { civicrm }: Configuration): readonly Check[] {
  const name = `plane.${plane}`;
  if (ready) return [ok(name, 'what UniFi should hold can be worked out')];
  if (reason === null || reason === 'NotImplemented' || (plane === 'members' && civicrm === null)) return [];
  const said = message === null ? reason : `${reason}: ${message}`;
  return [(reason === 'Suspended' ? warning : failed)(name, said, planeRemedies[reason] ?? 'look at what is wrong above; `sexton status` says more')];
}

function groupChecks({ doorGroups, mode }: StatusView): readonly Check[] {
  return doorGroups.map(({ name, ready }) => {
    const label = `DoorGroup/${name}`;
    if (ready) return ok(label, 'Ready');
    if (mode === 'DryRun') return warning(label, 'UniFi does not hold it yet', 'see `sexton diff doors`; it is programmed once `mode: Apply`');
    return failed(label, 'not Ready', `sexton describe dg/${name} says why`);
  });
}
