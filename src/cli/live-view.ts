import type { ResourceReading } from '../store/resource-store.js';
import type { View } from '../status/view.js';
import type { Configuration } from '../runtime/config.js';

export interface LoadedView {
  readonly view: View;
  /** The daemon's `live.json`, or worked out by this command, which wrote nothing. */
  readonly from: 'daemon' | 'computed';
}

export interface ViewOptions {
  readonly configuration: Configuration;
  /** Milliseconds since the epoch, from `--now`. A view for another instant is always worked out. */
  readonly now: number | null;
  /** Read only what this command shows: `doors` needs no members. Default: both. */
  readonly planes?: readonly ('doors' | 'members')[];
  /** Look at the world even though a daemon runs (`diff`). */
  readonly fresh?: boolean;
  /** Look this many local dates ahead, at standing hours and bookings; with `fresh`. Default: as the daemon does. */
  readonly daysAhead?: number;
}

/** What the read commands show. Sources that cannot be read are part of the view (`status.sources[].error`). */
export type LoadView = (options: ViewOptions) => Promise<LoadedView>;

/** The resource directory as it stands, with status from the status files; writes nothing. */
export type LoadResources = (configuration: Configuration) => Promise<ResourceReading>;
