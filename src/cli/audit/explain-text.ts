import type { AuditCause } from '../../apply/audit/record.js';
import { isoInstant } from '../../runtime/instant.js';
import type { SiteTime } from '../../runtime/site-time.js';
import type { Instant } from '../../desired/model.js';
import type { Explanation } from './explain.js';
import type { AuditItem } from './items.js';

/** `gym-front, Sat 2026-11-21 18:45: Sexton had it open` and why, line by line. */
export function explanationText({ open, refusals, unsure }: Explanation, door: string, at: Instant, time: SiteTime): string {
  const head = `${door}, ${time.full(isoInstant(at))}: `;
  const refused = refusals.map(({ verb, message, place }) => `  refused     ${verb}: ${message} (${place})`);
  const unknown = unsure.map((item) => `  not sure    ${recordText(item, time)}: nobody saw what became of it`);
  if (open.length === 0) {
    return lines([
      `${head}Sexton had nothing there that opens it; if it stood open, a person, or something else in UniFi, did that (see \`sexton describe door/…\` and UniFi's own log)`,
      ...refused,
      ...unknown,
    ]);
  }
  return lines([
    `${head}open`,
    ...open.flatMap(({ doorGroups, window, inForce, first }) => [
      `  window      ${time.range(window.start, window.end)} of ${doorGroups.join(', ') || inForce.object.name}, by ${inForce.object.kind} "${inForce.object.name}"`,
      ...window.causes.map((cause) => `  because     ${causeText(cause)}`),
      ...approvedText(first),
      `  put there   ${recordText(first, time)}`,
      ...(inForce.seq === first.seq ? [] : [`  in force    ${recordText(inForce, time)}`]),
    ]),
    ...refused,
    ...unknown,
  ]);
}

function causeText({ ref, text, file, generation, by, reason }: AuditCause): string {
  const where = file === undefined ? '' : `, ${file}${generation === undefined ? '' : ` (generation ${generation})`}`;
  const who = by === undefined ? '' : `, by ${by}${reason === undefined ? '' : `: ${reason}`}`;
  return `${ref}  ${text}${where}${who}`;
}

function approvedText({ approved }: AuditItem): readonly string[] {
  if (approved === null) return [];
  return [`  approved    plan/${approved.plan} by ${approved.by}${approved.uid === null ? '' : ` (uid ${approved.uid})`}, ${approved.at}`];
}

function recordText({ seq, at, place, reconcile, revision }: AuditItem, time: SiteTime): string {
  return `${time.full(at)}, record ${seq} (${place})${reconcile === null ? '' : `, ${reconcile}`}${revision === null ? '' : `, revision ${revision}`}`;
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('');
}
