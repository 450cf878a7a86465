import type { SpecOf } from '../../api/resource.js';
import type { Interval } from '../model.js';
import type { Window } from '../windows.js';
import { clockRange, pointInTime } from './clock-range.js';
import { datesBetween, weekdayOf, type LocalDate, type LocalTime } from './local-time.js';
import type { Declared } from './site.js';

export interface GroupWindow extends Window {
  readonly doorGroup: string;
}

export interface Closure extends Interval {
  readonly scope: 'OfficeHours' | 'Everything';
  /** Null: all. */
  readonly doorGroups: readonly string[] | null;
  readonly ref: string;
}

export function concerns({ doorGroups }: Closure, doorGroup: string): boolean {
  return doorGroups === null || doorGroups.includes(doorGroup);
}

/** Weekly hours as dated windows, for every date from `from` to `to`. A suspended OfficeHours adds none. */
export function weeklyHours(
  { name, spec, suspended }: Declared<SpecOf<'OfficeHours'>>,
  range: { readonly from: LocalDate; readonly to: LocalDate },
  local: LocalTime,
): GroupWindow[] {
  if (suspended) return [];
  const ref = `OfficeHours/${name}`;
  return datesBetween(range.from, range.to).flatMap((date) =>
    spec.weekly
      .filter(({ days }) => days.includes(weekdayOf(date)))
      .flatMap(({ hours, doorGroups }) =>
        hours.flatMap((text) => {
          const window = clockRange(text, date, local);
          if (window === null) return [];
          const causes = [{ kind: 'hours' as const, ref, text: `${weekdayOf(date)} ${text}` }];
          return doorGroups.map((doorGroup) => ({ start: window.start, end: window.end, doorGroup, causes }));
        }),
      ),
  );
}

/** Closures count also while their OfficeHours is suspended: suspending never opens. */
export function closures({ name, spec }: Declared<SpecOf<'OfficeHours'>>, local: LocalTime): Closure[] {
  return spec.closures.map((closure) => ({
    start: pointInTime(closure.from, local, 'open'),
    end: pointInTime(closure.to, local, 'close'),
    scope: closure.scope,
    doorGroups: closure.doorGroups ?? null,
    ref: `OfficeHours/${name}`,
  }));
}

/** One-off openings. A suspended OfficeHours adds none. */
export function openings({ name, spec, suspended }: Declared<SpecOf<'OfficeHours'>>, local: LocalTime): GroupWindow[] {
  if (suspended) return [];
  return spec.openings.flatMap(({ from, to, date, hours, doorGroups, reason }) => {
    const spans =
      from === undefined || to === undefined
        ? (hours ?? []).flatMap((text) => clockRange(text, date ?? '', local) ?? [])
        : [{ start: pointInTime(from, local, 'open'), end: pointInTime(to, local, 'close') }];
    const causes = [{ kind: 'opening' as const, ref: `OfficeHours/${name}`, text: reason ?? 'opening' }];
    return spans.filter(({ start, end }) => start < end).flatMap((span) => doorGroups.map((doorGroup) => ({ ...span, doorGroup, causes })));
  });
}
