import type { LocalTime } from '../desired/calendar/local-time.js';
import type { Instant } from '../desired/model.js';
import type { StoredResource } from '../store/resource-store.js';
import type { NextCondition, ReadyInputs } from './conditions.js';

export interface KindStatus {
  readonly conditions: readonly NextCondition[];
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface StatusContext {
  readonly local: LocalTime;
  readonly now: Instant;
  /** What every kind's conditions share. */
  inputs(stored: StoredResource): Omit<ReadyInputs, 'programmed' | 'summary'>;
}
