import type { Instant } from '../../desired/model.js';
import type { FieldLedger } from './field-ledger.js';

/** What each file of fccPlanner2unifi is about. */
export const fccFiles = {
  mapping: 'room-door-mapping.json',
  officeHours: 'office-hours.json',
  cancelledOfficeHours: 'cancelled-office-hours.json',
  exceptions: 'exception-calendar.json',
  manualAccess: 'manual-access-windows.json',
  overrides: 'event-overrides.json',
  cancelledEvents: 'cancelled-events.json',
  pendingApprovals: 'pending-approvals.json',
  approvedNames: 'approved-event-names.json',
  safeHours: 'safe-hours.json',
} as const;
export type FccFile = keyof typeof fccFiles;

export interface FccSource {
  /** Parsed JSON of the files that are there. */
  readonly files: Readonly<Partial<Record<FccFile, unknown>>>;
  /** Names of other files beside them, which are named as not carried. */
  readonly others: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Where the environment does not say. */
  readonly timeZone: string;
  readonly now: Instant;
}

/** What each part works with. */
export interface FccPart {
  readonly source: FccSource;
  readonly ledger: FieldLedger;
  /** Door group by door key. */
  readonly doorGroups: ReadonlyMap<string, string>;
  readonly timeZone: string;
}
