import type { Specs, Statuses } from './generated/types.js';

export const apiVersion = 'sexton.dev/v1alpha1';

export type Kind = keyof Specs;

export const kinds: readonly Kind[] = ['DoorGroup', 'RoomMapping', 'OfficeHours', 'EventOverride', 'SafeHours', 'TierMapping'];

export type SpecOf<K extends Kind> = Specs[K];
export type StatusOf<K extends Kind> = Statuses[K];

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly generation?: number;
  /** ISO 8601 UTC; in a directory, when it was accepted. */
  readonly creationTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Relative to the resource directory. */
  readonly file?: string;
  /** The first line of the document, from 1. */
  readonly line?: number;
}

/** One resource; `Resource` alone is the union, which narrows by `kind`. The spec holds every default. */
export type Resource<K extends Kind = Kind> = K extends Kind
  ? {
      readonly apiVersion: typeof apiVersion;
      readonly kind: K;
      readonly metadata: ObjectMeta;
      readonly spec: SpecOf<K>;
      readonly status?: StatusOf<K>;
    }
  : never;
