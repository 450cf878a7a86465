import type { StateFile } from '../runtime/state-file.js';
import { emptyInventory, type Inventory } from './inventory.js';

/** The inventory in memory and on disk: every change is on the disk before the next write to UniFi depends on it. */
export interface Ledger {
  current(): Inventory;
  update(change: (inventory: Inventory) => Inventory): Promise<void>;
}

/** A dry run changes neither disk nor memory. `lost`: a sentence when the file was there and unusable. */
export async function openLedger(file: StateFile<Inventory>, writable: boolean): Promise<{ readonly ledger: Ledger; readonly lost: string | null }> {
  const { value, lost } = await file.read();
  let inventory = value ?? emptyInventory;
  let stored = value !== null;
  const ledger: Ledger = {
    current: () => inventory,
    async update(change) {
      if (!writable) return;
      const next = change(inventory);
      // First in memory: two planes change different parts, and the file writes in turn.
      inventory = next;
      // An empty inventory that was never written stays unwritten.
      if (!stored && JSON.stringify(next) === JSON.stringify(emptyInventory)) return;
      stored = true;
      await file.write(next);
    },
  };
  return { ledger, lost };
}
