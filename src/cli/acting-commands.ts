import type { Registry } from './program.js';

/** Commands that reconcile, or ask the daemon to. */
export function registerActing(_registry: Registry): void {
  return;
}
