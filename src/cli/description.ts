import type { Configuration } from '../runtime/config.js';
import type { Session } from './session.js';
import type { SiteTime } from '../runtime/site-time.js';

export interface DescribeContext {
  readonly session: Session;
  readonly configuration: Configuration;
  readonly time: SiteTime;
  readonly now: number | undefined;
}

/** What is known, and what kept more from being known: exit 69, the rest is printed all the same. */
export interface Description {
  readonly lines: readonly string[];
  readonly trouble: string | null;
}
