import type { HttpObservation } from '../runtime/http.js';
import type { StatusUpdate } from '../store/resource-store.js';
import type { Plane, View } from '../status/view.js';
import type { QueueObserver } from './work-queue.js';

/** Where the controller's numbers go; the daemon keeps them for `/metrics`, one-shot commands drop them. No label holds a person. */
export interface ControllerObserver {
  readonly queue: QueueObserver;
  reconciled(plane: Plane, result: 'success' | 'error', seconds: number): void;
  /** Changes written, by verb. */
  changed(plane: Plane, verb: string, count: number): void;
  published(view: View, statuses: readonly StatusUpdate[]): void;
  readonly http: (observation: HttpObservation) => void;
  readonly diskWrite: (what: string) => void;
  /** An attempt of a transport, by its name in the configuration. */
  readonly alertDelivery: (transport: string, ok: boolean) => void;
}

export const noObserver: ControllerObserver = {
  queue: { added: () => undefined, depth: () => undefined, started: () => undefined, finished: () => undefined, retried: () => undefined },
  reconciled: () => undefined,
  changed: () => undefined,
  published: () => undefined,
  http: () => undefined,
  diskWrite: () => undefined,
  alertDelivery: () => undefined,
};
