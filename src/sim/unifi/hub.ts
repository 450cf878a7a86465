import { intersect, type Span, spanAt, subtract, union } from './intervals.js';
import type { Emergency, Holiday, LockRule, Range, Week } from './model.js';
import { offsetSpans, wallClockSpans, wallSpansToInstants, weeklySpans } from './wall-time.js';

/** How a hub reads what its maker does not document; the values of the quirks of the same name. */
export interface HubReading {
  readonly emptyHoliday: 'deny' | 'weekly';
  readonly holidayZone: 'utc' | 'local';
  readonly holidayEnd: 'exclusive' | 'inclusive';
  readonly customOverSchedule: 'extend' | 'replace';
}

export interface UnlockProgram {
  readonly weekly: Week;
  readonly timeZone: string;
  readonly holidays?: readonly Holiday[];
  readonly holidaySchedule?: readonly Range[];
}

export const plainReading: HubReading = {
  emptyHoliday: 'deny',
  holidayZone: 'utc',
  holidayEnd: 'exclusive',
  customOverSchedule: 'extend',
};

const day = 86_400_000;

/** The years in which an annual holiday can touch [from, to), as copies of it. */
function occurrences(holiday: Holiday, from: number, to: number): readonly Span[] {
  if (!holiday.repeat) return [{ from: holiday.start, to: holiday.end }];
  const start = new Date(holiday.start);
  const spans: Span[] = [];
  for (let year = new Date(from).getUTCFullYear() - 1; year <= new Date(to).getUTCFullYear() + 1; year += 1) {
    const shifted = new Date(start);
    shifted.setUTCFullYear(year);
    // 29 February does not move to 1 March in other years.
    if (shifted.getUTCMonth() !== start.getUTCMonth()) continue;
    spans.push({ from: shifted.getTime(), to: shifted.getTime() + holiday.end - holiday.start });
  }
  return spans;
}

function withEnd(span: Span, reading: HubReading): Span {
  if (reading.holidayEnd === 'exclusive') return span;
  return { from: span.from, to: span.to + (span.to % day === 0 ? day : 1_000) };
}

/** When one of the holidays is on. */
function holidaySpans(
  holidays: readonly Holiday[],
  timeZone: string,
  from: number,
  to: number,
  reading: HubReading,
): readonly Span[] {
  const literal = union(
    holidays
      .flatMap((holiday) => occurrences(holiday, from - 2 * day, to + 2 * day))
      .map((span) => withEnd(span, reading)),
  );
  const instants =
    reading.holidayZone === 'utc' ? literal : wallSpansToInstants(offsetSpans(timeZone, from, to), literal);
  return intersect(instants, [{ from, to }]);
}

export function holidayAt(program: UnlockProgram, instant: number, reading: HubReading): Holiday | undefined {
  const holidays = program.holidays ?? [];
  return holidays.find(
    (holiday) => holidaySpans([holiday], program.timeZone, instant, instant + 1, reading).length > 0,
  );
}

/**
 * When a hub that follows this schedule holds its door unlocked, within [from, to): sorted, disjoint,
 * exact to the second.
 * During a holiday only the holiday schedule counts.
 */
export function unlockedIntervals(
  program: UnlockProgram,
  from: number,
  to: number,
  reading: HubReading = plainReading,
): readonly Span[] {
  const offsets = offsetSpans(program.timeZone, from, to);
  const weekly = weeklySpans(offsets, program.weekly);
  const { holidays = [], holidaySchedule = [] } = program;
  if (holidays.length === 0) return weekly;
  if (holidaySchedule.length === 0 && reading.emptyHoliday === 'weekly') return weekly;
  const off = holidaySpans(holidays, program.timeZone, from, to, reading);
  const onHolidays = intersect(
    wallClockSpans(offsets, () => holidaySchedule),
    off,
  );
  return union([...subtract(weekly, off), ...onHolidays]);
}

export interface Hub {
  /** Absent: nobody pointed the hub at a schedule. */
  readonly program?: UnlockProgram;
  readonly rule?: LockRule;
  readonly emergency: Emergency;
}

function withRule(scheduled: readonly Span[], rule: LockRule, reading: HubReading): readonly Span[] {
  const held = { from: rule.started, to: rule.ended };
  switch (rule.type) {
    case 'keep_unlock':
      return union([...scheduled, held]);
    case 'custom': {
      // Replaced: when the temporary unlock ends, the door locks for the rest of the range that it ended in.
      const rest = reading.customOverSchedule === 'replace' ? spanAt(scheduled, rule.ended) : undefined;
      const kept = rest === undefined ? scheduled : subtract(scheduled, [{ from: rule.ended, to: rest.to }]);
      return union([...kept, held]);
    }
    case 'keep_lock':
    case 'lock_early':
    case 'lock_now':
    case 'reset':
      return subtract(scheduled, [held]);
  }
}

/** A schedule is looked at beyond the asked range, so that the range that a rule ends in is seen whole. */
const margin = 2 * day;

function scheduled(hub: Hub, from: number, to: number, reading: HubReading): readonly Span[] {
  return hub.program === undefined ? [] : unlockedIntervals(hub.program, from, to, reading);
}

/** When the hub holds its door unlocked within [from, to): emergency over lock rule over schedule. */
export function hubIntervals(hub: Hub, from: number, to: number, reading: HubReading): readonly Span[] {
  if (hub.emergency.evacuation) return from < to ? [{ from, to }] : [];
  if (hub.emergency.lockdown) return [];
  const { rule } = hub;
  const base = scheduled(hub, from - margin, to + margin, reading);
  const ruled = rule === undefined ? base : withRule(base, rule, reading);
  return intersect(ruled, [{ from, to }]);
}

/** The scheduled range that is on at the instant, whatever rules say. */
export function scheduleSpanAt(hub: Hub, instant: number, reading: HubReading): Span | undefined {
  return spanAt(scheduled(hub, instant - margin, instant + 10 * day, reading), instant);
}

/** The rule that still shows: `lock_now` until a scheduled range begins after it, `lock_early` until its range ends. */
export function shownRule(hub: Hub, instant: number, reading: HubReading): LockRule | undefined {
  const { rule } = hub;
  if (rule === undefined || rule.type === 'reset') return undefined;
  if (rule.type !== 'lock_now') return instant < rule.ended ? rule : undefined;
  const since = Math.max(rule.ended, instant - 8 * day);
  return scheduled(hub, since, instant + 1, reading).some((span) => span.from > since) ? undefined : rule;
}
