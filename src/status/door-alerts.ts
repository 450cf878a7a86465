import type { KeptItems } from '../sources/source.js';
import type { DoorAlert, DoorsReport, OpeningsReport } from './report.js';

/** What the run before did not tell yet. */
export function doorAlerts(openings: OpeningsReport, kept: KeptItems | null, previous: Pick<DoorsReport, 'openings' | 'source'> | null): DoorAlert[] {
  const told = previous?.source.state?.snapshot?.kept ?? null;
  return [
    ...(kept !== null && kept.since !== told?.since ? [{ reason: 'SuddenLoss' as const, message: kept.text }] : []),
    ...(openings.hash !== null && openings.hash !== previous?.openings.hash ? [{ reason: 'SuddenGain' as const, message: openings.reason }] : []),
  ];
}
