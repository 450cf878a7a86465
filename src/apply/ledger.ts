import { writeFirst, type StateFile } from '../runtime/state-file.js';
import { emptyInventory, type Inventory } from './inventory.js';

/** The inventory in memory and on disk: every change is on the disk before the next write to UniFi depends on it. */
export interface Ledger {
  current(): Inventory;
  update(change: (inventory: Inventory) => Inventory): Promise<void>;
}

export interface OpenLedger {
  readonly file: StateFile<Inventory>;
  readonly path: string;
  readonly writable: boolean;
  /** True: this state directory is new, so that a missing file means that there never was one. */
  readonly fresh: boolean;
}

/** A dry run changes neither disk nor memory. `lost`: a sentence when the file was there and unusable, or is gone. */
export async function openLedger({ file, path, writable, fresh }: OpenLedger): Promise<{ readonly ledger: Ledger; readonly lost: string | null }> {
  const { value, lost: damaged } = await file.read();
  let inventory = value ?? emptyInventory;
  const missing = value === null && damaged === null && !fresh;
  // Written at once, so that a missing file is a loss from now on.
  if (value === null && writable) await writeFirst(file, inventory);
  const consequence = 'what Sexton owns in UniFi is found again by its names; what a removed file left there is not, and closes by its fence.';
  const ledger: Ledger = {
    current: () => inventory,
    async update(change) {
      if (!writable) return;
      const next = change(inventory);
      // First in memory: two planes change different parts, and the file writes in turn.
      inventory = next;
      await file.write(next);
    },
  };
  return { ledger, lost: damaged === null ? (missing ? `${path} is missing: ${consequence}` : null) : `${damaged} ${capital(consequence)}` };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
