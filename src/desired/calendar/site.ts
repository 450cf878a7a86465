import type { Resource, SpecOf } from '../../api/resource.js';
import type { Instant } from '../model.js';

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
export function calendarDeclarations(resources: readonly Resource[], now: Instant): CalendarDeclarations {
  const byName = <Spec>(declared: readonly Declared<Spec>[]): Declared<Spec>[] =>
    [...declared].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    doorGroups: byName(resources.flatMap((r) => (r.kind === 'DoorGroup' ? [declare(r.metadata.name, r.spec, now)] : []))),
    roomMappings: byName(resources.flatMap((r) => (r.kind === 'RoomMapping' ? [declare(r.metadata.name, r.spec, now)] : []))),
    officeHours: byName(resources.flatMap((r) => (r.kind === 'OfficeHours' ? [declare(r.metadata.name, r.spec, now)] : []))),
    eventOverrides: byName(resources.flatMap((r) => (r.kind === 'EventOverride' ? [declare(r.metadata.name, r.spec, now)] : []))),
    safeHours: resources.flatMap((r) => (r.kind === 'SafeHours' ? [{ name: r.metadata.name, spec: r.spec, suspended: false }] : []))[0] ?? null,
  };
}

interface Suspendable {
  readonly suspend?: boolean;
  readonly suspendUntil?: string;
}

export function isSuspended(spec: Suspendable, now: Instant): boolean {
  return spec.suspend === true && (spec.suspendUntil === undefined || now < Date.parse(spec.suspendUntil));
}

function declare<Spec extends Suspendable>(name: string, spec: Spec, now: Instant): Declared<Spec> {
  return { name, spec, suspended: isSuspended(spec, now) };
}
