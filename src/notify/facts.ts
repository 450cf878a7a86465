import type { Instant } from '../desired/model.js';
import type { SiteTime } from '../runtime/site-time.js';
import type { HeartbeatView, Plane, TransportView, View } from '../status/view.js';
import type { ResourceReading, StatusUpdate } from '../store/resource-store.js';
import type { Look } from './alert.js';

/** Everything that alerts are told from. */
export interface AlertFacts {
  readonly now: Instant;
  readonly time: SiteTime;
  readonly view: View;
  readonly statuses: readonly StatusUpdate[];
  /** Null: the directory has not been read yet. */
  readonly reading: Pick<ResourceReading, 'resources' | 'unreadable' | 'suspended'> | null;
  /** Planes that run in this process. */
  readonly planes: readonly Plane[];
  /** Planes that have looked at the world in this process: what they do not say is not so. */
  readonly reported: readonly Plane[];
  /** Milliseconds without a finished run after which a plane is stuck. */
  readonly stuckAfter: number;
  readonly transports: readonly TransportView[];
  readonly heartbeat: HeartbeatView | null;
}

/** One area of what may be wrong, and where it cannot be told. */
export type Detect = (facts: AlertFacts) => Look;
