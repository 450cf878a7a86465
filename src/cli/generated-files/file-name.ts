import { createHash } from 'node:crypto';
import { isoSeconds } from '../../runtime/instant.js';
import type { Instant } from '../../desired/model.js';
import { generatedFolder } from '../../store/file-names.js';

export const decisionActions = ['approve', 'deny', 'cancel'] as const;
export type DecisionAction = (typeof decisionActions)[number];

export interface GeneratedName {
  /** `generated/approve-140-20261121T180000Z.yaml`, relative to the resource directory. */
  readonly file: string;
  /** `metadata.name`: the same in lower case. */
  readonly name: string;
}

/** The name of a generated file; one per action, event or door group, and instant. */
export function generatedName(action: DecisionAction | 'open' | 'lock', id: string, at: Instant): GeneratedName {
  const stem = `${action}-${safe(id)}-${isoSeconds(at).replaceAll(/[-:]/g, '')}`;
  return { file: `${generatedFolder}/${stem}.yaml`, name: stem.toLowerCase() };
}

/** An id from outside must neither leave the folder nor break a name; two that look alike once cleaned stay apart. */
function safe(id: string): string {
  if (id.length <= 120 && /^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(id)) return id;
  const words = id.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-+|-+$/g, '').slice(0, 40);
  const digest = createHash('sha256').update(id).digest('hex').slice(0, 8);
  return [words.replace(/-+$/, ''), digest].filter((part) => part !== '').join('-');
}
