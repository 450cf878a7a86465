import type { Kind } from '../api/resource.js';
import type { OutputForm } from './options.js';

export interface GetOptions {
  readonly config?: string;
  readonly output?: OutputForm;
  readonly watch?: boolean;
  readonly selector?: string;
  /** Milliseconds since the epoch. */
  readonly now?: number;
}

export interface KindTarget {
  readonly kind: Kind;
  readonly names: readonly string[];
}
