import type { Instant } from '../desired/model.js';

/** One look at one door: what it did, and what it should have done at that moment. */
export interface DoorSample {
  readonly at: Instant;
  readonly desired: 'Open' | 'Closed';
  /** An edge of its windows is within two minutes: then it counts for nothing. */
  readonly nearEdge: boolean;
  readonly lock: 'Locked' | 'Unlocked';
  /** Why this look says nothing: no hub, offline, an emergency. Null: it counts. */
  readonly unknown: string | null;
  /** The lock rule's type when the door was not as desired; '' when idle, null when not asked or not told. */
  readonly rule: string | null;
}

/** Whether a door does what is declared, judged over its last samples. */
export interface DoorFollowing {
  readonly status: 'True' | 'False' | 'Unknown';
  /** The samples that are contradicted; null unless False. */
  readonly fault: { readonly desired: 'Open' | 'Closed'; readonly since: Instant; readonly rule: string | null } | null;
  /** For people; '' when True. */
  readonly why: string;
}

const edgeMargin = 120_000;
const wantedSamples = 3;
const wantedSpan = 120_000;

/** True within two minutes of a start or an end. */
export function isNearEdge(windows: readonly { readonly start: Instant; readonly end: Instant }[], now: Instant): boolean {
  return windows.some(({ start, end }) => Math.abs(now - start) < edgeMargin || Math.abs(now - end) < edgeMargin);
}

/**
 * False after three equal samples over at least two minutes that contradict what is desired; a verdict holds until the
 * next conclusive sample, so that no edge of a window makes it waver.
 * @param samples oldest first
 */
export function judgeFollowing(samples: readonly DoorSample[]): DoorFollowing {
  const latest = samples.at(-1);
  if (latest === undefined) return unknown('the door has not been looked at yet');
  if (latest.unknown !== null) return unknown(latest.unknown);
  const counted = samples.filter((sample) => sample.unknown === null && !sample.nearEdge);
  let index = counted.length - 1;
  while (index >= 0) {
    const sample = counted[index];
    if (sample === undefined) break;
    if (agrees(sample)) return { status: 'True', fault: null, why: '' };
    const run = equalBefore(counted, index);
    const first = run[0] ?? sample;
    if (run.length >= wantedSamples && sample.at - first.at >= wantedSpan) {
      return { status: 'False', fault: { desired: sample.desired, since: first.at, rule: sample.rule }, why: whyNot(sample) };
    }
    index -= run.length;
  }
  return unknown('not looked at long enough to tell');
}

function agrees({ desired, lock }: DoorSample): boolean {
  return (desired === 'Open') === (lock === 'Unlocked');
}

/** The samples up to `index` that say the same as it, without a gap. */
function equalBefore(samples: readonly DoorSample[], index: number): readonly DoorSample[] {
  const last = samples[index];
  let from = index;
  while (from > 0 && samples[from - 1]?.lock === last?.lock && samples[from - 1]?.desired === last?.desired) from -= 1;
  return samples.slice(from, index + 1);
}

function unknown(why: string): DoorFollowing {
  return { status: 'Unknown', fault: null, why };
}

const causes = 'the hub\'s unlock schedule in UniFi is not pointed at this group\'s schedule, First-Person-In is on, the console\'s time zone is another one, or a person set a rule';

function whyNot({ desired, rule }: DoorSample): string {
  const what = desired === 'Open' ? 'is locked within a window' : 'is open outside every window';
  if (rule === 'schedule') return `${what}: a schedule in UniFi holds it`;
  if (rule !== null && rule !== '' && rule !== 'reset') return `${what}: the lock rule "${rule}" holds it`;
  return `${what}; usual causes: ${causes}`;
}

/** A group follows when all its doors do; one that does not is enough for False. */
export function groupFollowing(doors: readonly { readonly name: string; readonly following: DoorFollowing }[]): DoorFollowing {
  const named = (each: { readonly name: string; readonly following: DoorFollowing }): string => `door "${each.name}" ${each.following.why}`;
  const wrong = doors.filter(({ following }) => following.status === 'False');
  const fault = (wrong.find(({ following }) => following.fault?.desired === 'Closed') ?? wrong[0])?.following.fault;
  if (fault != null) return { status: 'False', fault, why: wrong.map(named).join('; ') };
  if (doors.length === 0) return unknown('the group has no doors');
  const unsure = doors.filter(({ following }) => following.status === 'Unknown');
  if (unsure.length > 0) return unknown(unsure.map(({ name, following }) => `door "${name}": ${following.why}`).join('; '));
  return { status: 'True', fault: null, why: '' };
}
