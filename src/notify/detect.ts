import type { Look } from './alert.js';
import { detectDoors, detectMembers } from './detect-doors.js';
import { detectFiles, detectGitOps, detectTransports, detectTroubles } from './detect-files.js';
import { detectPlanes } from './detect-planes.js';
import type { AlertFacts, Detect } from './facts.js';

const areas: readonly Detect[] = [detectPlanes, detectDoors, detectMembers, detectFiles, detectGitOps, detectTroubles, detectTransports];

/** Everything that a person should know of now. Pure. */
export function detect(facts: AlertFacts): Look {
  const looks = areas.map((area) => area(facts));
  return {
    holding: looks.flatMap(({ holding }) => holding),
    unknown: (key) => looks.some(({ unknown }) => unknown(key)),
  };
}
