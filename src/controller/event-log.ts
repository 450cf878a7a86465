import { appendFile, rename, stat } from 'node:fs/promises';
import { escapeJson } from '../runtime/text.js';
import type { ControllerEvent } from '../status/events.js';

const largest = 1_048_576;

/** Appends to `events.jsonl`, one JSON object a line; a full file becomes `.1`, and the one before it is dropped. */
export async function appendEvents(path: string, events: readonly ControllerEvent[], onDiskWrite: (what: string) => void): Promise<void> {
  if (events.length === 0) return;
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size > largest) await rename(path, `${path}.1`);
  await appendFile(path, events.map((event) => `${escapeJson(JSON.stringify(event))}\n`).join(''), { mode: 0o640 });
  onDiskWrite('events');
}
