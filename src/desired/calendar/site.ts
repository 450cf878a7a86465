import type { Resource, SpecOf } from '../../api/resource.js';
import type { Instant } from '../model.js';
import { pointInTime } from './clock-range.js';
import type { LocalTime } from './local-time.js';

/** A calendar resource in force, reduced to what the plane reads. */
export interface Declared<Spec> {
  readonly name: string;
  readonly spec: Spec;
  /** `spec.suspend`, unless `suspendUntil` is past. */
  readonly suspended: boolean;
}

/** Everything that operators declare about doors. */
export interface CalendarDeclarations {
  readonly doorGroups: readonly Declared<SpecOf<'DoorGroup'>>[];
  readonly roomMappings: readonly Declared<SpecOf<'RoomMapping'>>[];
  readonly officeHours: readonly Declared<SpecOf<'OfficeHours'>>[];
  readonly eventOverrides: readonly Declared<SpecOf<'EventOverride'>>[];
  /** Null: the default gate. */
  readonly safeHours: Declared<SpecOf<'SafeHours'>> | null;
}

/** Sorts accepted resources by kind. */
export function calendarDeclarations(resources: readonly Resource[], now: Instant, local: LocalTime): CalendarDeclarations {
  const sorted = [...resources].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const declare = <Spec extends Suspendable>(name: string, spec: Spec): Declared<Spec> => ({
    name,
    spec,
    suspended: isSuspended(spec, now, local),
  });
  return {
    doorGroups: sorted.flatMap((each) => (each.kind === 'DoorGroup' ? [declare(each.metadata.name, each.spec)] : [])),
    roomMappings: sorted.flatMap((each) => (each.kind === 'RoomMapping' ? [declare(each.metadata.name, each.spec)] : [])),
    officeHours: sorted.flatMap((each) => (each.kind === 'OfficeHours' ? [declare(each.metadata.name, each.spec)] : [])),
    eventOverrides: sorted.flatMap((each) => (each.kind === 'EventOverride' ? [declare(each.metadata.name, each.spec)] : [])),
    safeHours: sorted.flatMap((each) => (each.kind === 'SafeHours' ? [{ name: each.metadata.name, spec: each.spec, suspended: false }] : []))[0] ?? null,
  };
}

interface Suspendable {
  readonly suspend: boolean;
  readonly suspendUntil?: string;
}

export function isSuspended(spec: Suspendable, now: Instant, local: LocalTime): boolean {
  if (!spec.suspend) return false;
  const end = suspensionEnd(spec, local);
  return end === null || now < end;
}

/** When a suspension ends by itself; null when it does not. A date is included. */
export function suspensionEnd({ suspend, suspendUntil }: Suspendable, local: LocalTime): Instant | null {
  return suspend && suspendUntil !== undefined ? pointInTime(suspendUntil, local, 'close') : null;
}
