import type { LocalDate } from '../../desired/calendar/local-time.js';
import type { UnifiHolidayGroup } from '../../unifi/access-controller.js';
import type { FencePlan } from './fence.js';
import type { ObservedDoors } from './observed.js';

export type GroupProblemReason = 'Conflict' | 'ScheduleMissing' | 'SharedSchedule' | 'ForeignHolidays' | 'SourceIncomplete' | 'FenceFailed';

export interface GroupProblem {
  readonly reason: GroupProblemReason;
  readonly message: string;
}

/** What every group's plan looks at. */
export interface PlanContext {
  readonly observed: ObservedDoors;
  readonly fence: FencePlan;
  readonly today: LocalDate;
  /** Schedules that groups in force ask for: never revoked. */
  readonly inUse: ReadonlySet<string>;
  /** `Fence.until` of the fence that a schedule holds; null when it holds none. */
  readonly fencedUntil: (scheduleId: string) => LocalDate | null;
  /** The whole holiday group of a schedule; undefined for UniFi's default. */
  readonly holidaysOf: (scheduleId: string) => UnifiHolidayGroup | undefined;
}
