import { findCondition } from '../api/conditions.js';
import { tableFor } from '../api/columns.js';
import type { Kind } from '../api/resource.js';
import type { ResourceObject } from './resource-object.js';
import type { Cell } from './table.js';
import { qualified } from './targets.js';
import type { Colors } from './terminal.js';

export interface ResourceRows {
  readonly headers: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** The table of one kind: the CRD's columns; `qualify`: names as `doorgroup.sexton.dev/NAME`, where kinds stand together. */
export function resourceRows(
  kind: Kind,
  objects: readonly ResourceObject[],
  { wide, now, qualify, colors }: { readonly wide: boolean; readonly now: number; readonly qualify: boolean; readonly colors: Colors },
): ResourceRows {
  const { headers, rows } = tableFor(kind, objects, { wide, now });
  const readyColumn = headers.indexOf('READY');
  const painted = rows.map((cells, row) => {
    const ready = findCondition(objects[row]?.status?.conditions, 'Ready')?.status;
    return cells.map((text, column): Cell => {
      if (column === 0 && qualify) return { text: `${qualified(kind)}/${text}` };
      if (column !== readyColumn) return { text };
      const paint = ready === 'True' ? colors.green : ready === 'False' ? colors.red : colors.yellow;
      return { text: text === '' ? 'Unknown' : text, paint };
    });
  });
  return { headers, rows: painted };
}
