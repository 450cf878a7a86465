import type { SpecOf } from '../../api/resource.js';
import type { Instant, Interval } from '../model.js';
import type { LocalTime } from './local-time.js';
import { closures, openings } from './office-hours.js';
import type { Declared } from './site.js';

/** What of an OfficeHours is in force or to come; its file outlives it. */
export interface HoursOutlook {
  readonly weekly: number;
  readonly closures: number;
  readonly openings: number;
  /** Of closures and openings, the one that is on or begins first. */
  readonly next: (Interval & { readonly what: 'closure' | 'opening' }) | null;
}

export function hoursOutlook(declared: Declared<SpecOf<'OfficeHours'>>, local: LocalTime, now: Instant): HoursOutlook {
  const { spec } = declared;
  const coming = <I extends Interval>(spans: readonly I[]): readonly I[] => spans.filter(({ end }) => now < end);
  const closed = coming(closures(declared, local));
  const opened = spec.openings
    .map((opening) => coming(openings({ ...declared, spec: { ...spec, openings: [opening] }, suspended: false }, local)))
    .filter((spans) => spans.length > 0);
  const dated = [
    ...closed.map(({ start, end }) => ({ start, end, what: 'closure' as const })),
    ...opened.flat().map(({ start, end }) => ({ start, end, what: 'opening' as const })),
  ];
  return { weekly: spec.weekly.length, closures: closed.length, openings: opened.length, next: dated.sort((a, b) => a.start - b.start || a.end - b.end)[0] ?? null };
}
