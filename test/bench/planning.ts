import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { median, type Figure, type Measurement } from './figure.js';
import type { PlanningReport } from './planning-worker.js';

const loader = join(import.meta.dirname, '../../.dev/ts-node.mjs');
const worker = join(import.meta.dirname, 'planning-worker.ts');
const groups = 100;

/** Desired and plan, nothing else, each size in a process of its own: the first time and once the program is warm. */
export function planning(aimed: number, ...others: readonly number[]): Measurement {
  return {
    name: 'planning',
    async measure() {
      const reports = new Map<number, PlanningReport>();
      for (const bookings of [aimed, ...others]) {
        const { stdout } = await promisify(execFile)(process.execPath, ['--import', loader, worker, String(bookings), String(groups)]);
        reports.set(bookings, JSON.parse(stdout) as PlanningReport);
      }
      const base = warm(reports.get(aimed));
      return [...reports]
        .sort(([a], [b]) => a - b)
        .flatMap(([bookings, report]): readonly Figure[] => {
          const name = `desired + plan, ${bookings.toLocaleString('en-US')} bookings, ${groups} door groups: CPU`;
          const value = warm(report);
          const growth = bookings === aimed ? '' : `; ${(value / base).toFixed(2)} times ${aimed.toLocaleString('en-US')} bookings`;
          const fastest = Math.round(Math.min(...report.later.map(both)));
          return [
            {
              name,
              unit: 'ms',
              value,
              ...(bookings === aimed ? { aim: { below: 100 } } : {}),
              note: `of it plan ${median(report.later.map(({ plan }) => plan)).toFixed(1)}; fastest ${fastest}${growth}; ${report.windows} windows; median of ${report.later.length}`,
            },
            { name: `${name}, first`, unit: 'ms', value: both(report.first), note: 'in a new process, before anything is compiled' },
          ];
        });
    },
  };
}

function both({ desired, plan }: PlanningReport['first']): number {
  return desired + plan;
}

function warm(report: PlanningReport | undefined): number {
  return median((report?.later ?? []).map(both));
}
