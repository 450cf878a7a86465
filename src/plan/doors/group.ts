import type { SpecOf } from '../../api/resource.js';
import type { WeekSchedule } from '../../unifi/access-controller.js';

export interface DesiredGroup {
  readonly name: string;
  readonly spec: SpecOf<'DoorGroup'>;
  readonly suspended: boolean;
  /** ISO 8601: of two groups that quarrel, the one accepted first stays. */
  readonly acceptedAt: string;
  readonly week: WeekSchedule;
  /** Why the week cannot be told yet; what UniFi holds then stays as it is. */
  readonly unknown: string | null;
  /** Why nothing may go yet of what UniFi holds for the group; null: it may. */
  readonly keeps: string | null;
  /** What closures leave: nothing beyond it stays open, though `unknown` or `keeps` says that the rest does. Null: they close nothing. */
  readonly most: WeekSchedule | null;
}

/** What the inventory remembers of one group. */
export interface OwnedGroup {
  readonly scheduleId: string | null;
  readonly scheduleName: string | null;
  readonly policyId: string | null;
  readonly policyCreated: boolean;
  /** Doors that it was last programmed for; null: not known. */
  readonly doorIds: readonly string[] | null;
}

/** What the inventory remembers for this plane. */
export interface Remembered {
  readonly doorGroups: Readonly<Record<string, OwnedGroup>>;
  /** This installation has seen its own mark in UniFi: it never makes one again. */
  readonly ownerSeen: boolean;
}

export function scheduleNameOf(name: string, spec: SpecOf<'DoorGroup'>): string {
  return spec.unlock.schedule.name ?? defaultScheduleName(name);
}

export function defaultScheduleName(doorGroup: string): string {
  return `Sexton ${doorGroup}`;
}

export function policyNameOf(name: string, spec: SpecOf<'DoorGroup'>): string {
  return spec.policy.name ?? `Sexton ${name}`;
}
