import type { TrailLine } from '../../apply/audit/read-trail.js';
import type { Approver, AuditCause, AuditRecord } from '../../apply/audit/record.js';

/** One change, refusal or order, with what became of it. Cards and contacts as the trail holds them. */
export interface AuditItem {
  readonly seq: number;
  readonly at: string;
  readonly type: 'Change' | 'Refusal' | 'Order' | 'Trail';
  readonly outcome: 'Done' | 'Failed' | 'Unknown' | 'Refused' | 'Lifted' | 'Given' | 'Told';
  readonly reconcile: string | null;
  readonly revision: string | null;
  readonly verb: string;
  readonly object: { readonly kind: string; readonly id: string | null; readonly name: string };
  readonly contact: number | null;
  readonly doorGroups: readonly string[];
  readonly doors: readonly { readonly id: string; readonly name: string }[];
  readonly before: unknown;
  readonly after: unknown;
  readonly windows: readonly { readonly start: string; readonly end: string; readonly causes: readonly AuditCause[] }[];
  readonly causes: readonly AuditCause[];
  readonly approved: Approver | null;
  readonly message: string;
  readonly error: { readonly code: string; readonly message: string } | null;
  /** When a refusal ended; null: it stands, or is none. */
  readonly until: string | null;
  /** `audit.jsonl:12` */
  readonly place: string;
}

/** Oldest first. A change waits for its outcome: without one it is Unknown. */
export async function auditItems(lines: AsyncIterable<TrailLine>): Promise<readonly AuditItem[]> {
  const items = new Map<number, AuditItem>();
  for await (const { record, torn, file, line } of lines) {
    if (record === null || torn) continue;
    if (record.type === 'Outcome') settle(items, record);
    else if (record.type === 'Lifted') lift(items, record);
    else items.set(record.seq, itemOf(record, `${file}:${line}`));
  }
  return [...items.values()];
}

function settle(items: Map<number, AuditItem>, { reconcile, first, last, failed, unknown }: Extract<AuditRecord, { type: 'Outcome' }>): void {
  const errors = new Map(failed.map(({ seq, code, message }) => [seq, { code, message }]));
  for (let seq = first; seq <= last; seq += 1) {
    const item = items.get(seq);
    if (item?.type !== 'Change' || item.reconcile !== reconcile || item.message !== '') continue;
    const error = errors.get(seq) ?? null;
    const outcome = unknown !== undefined ? 'Unknown' : error === null ? 'Done' : 'Failed';
    items.set(seq, { ...item, outcome, error, message: unknown ?? error?.message ?? reasonOf(item) });
  }
}

function lift(items: Map<number, AuditItem>, { of, at }: Extract<AuditRecord, { type: 'Lifted' }>): void {
  const item = items.get(of);
  if (item !== undefined) items.set(of, { ...item, outcome: 'Lifted', until: at });
}

function reasonOf({ causes, windows }: Pick<AuditItem, 'causes' | 'windows'>): string {
  const events = [...new Set((windows.length > 0 ? windows.flatMap((window) => window.causes) : causes).map(({ ref, text }) => `${ref} ${text}`))];
  const shown = events.length > 0 ? events : causes.map(({ ref, text }) => `${ref} ${text}`);
  return `${shown.slice(0, 3).join('; ')}${shown.length > 3 ? `; and ${shown.length - 3} more` : ''}`;
}

function itemOf(record: Exclude<AuditRecord, { type: 'Outcome' | 'Lifted' }>, place: string): AuditItem {
  const { seq, at } = record;
  const empty = {
    seq,
    at,
    place,
    reconcile: null,
    revision: null,
    contact: null,
    doorGroups: [],
    doors: [],
    before: null,
    after: null,
    windows: [],
    causes: [],
    approved: null,
    error: null,
    until: null,
  };
  switch (record.type) {
    case 'Change': {
      const { reconcile, revision, verb, object, contact, doorGroups, doors, before, after, causes, windows, approved } = record;
      return {
        ...empty,
        type: 'Change',
        outcome: 'Unknown',
        message: '',
        reconcile,
        revision: revision ?? null,
        verb,
        object,
        contact: contact ?? null,
        doorGroups: doorGroups ?? [],
        doors: doors ?? [],
        before,
        after,
        causes,
        windows: (windows ?? []).map(({ start, end, causes: places }) => ({ start, end, causes: places.flatMap((index) => causes[index] ?? []) })),
        approved: approved ?? null,
      };
    }
    case 'Refused': {
      const { reconcile, reason, object, message, contact, doorGroups } = record;
      return { ...empty, type: 'Refusal', outcome: 'Refused', reconcile, verb: reason, object: { ...object, id: null }, message, contact: contact ?? null, doorGroups: doorGroups ?? [] };
    }
    case 'Ordered': {
      const { order, ref, by, uid, files, reason } = record;
      const [kind = '', name = ''] = ref.includes('/') ? ref.split('/', 2) : ['Event', ref];
      const who = `${by}${uid === null ? '' : ` (uid ${uid})`}`;
      const contact = /^contact\/(\d+)$/.exec(ref)?.[1];
      return { ...empty, type: 'Order', outcome: 'Given', verb: order, object: { kind, id: null, name }, contact: contact === undefined ? null : Number(contact), message: `by ${who}${reason === undefined ? '' : `: ${reason}`}${files.length === 0 ? '' : `; ${files.join(', ')}`}` };
    }
    default:
      return { ...empty, type: 'Trail', outcome: 'Told', verb: record.type, object: { kind: 'State', id: null, name: 'audit.jsonl' }, message: trailMessage(record) };
  }
}

function trailMessage(record: Exclude<AuditRecord, { type: 'Change' | 'Refused' | 'Ordered' | 'Outcome' | 'Lifted' }>): string {
  switch (record.type) {
    case 'Repaired':
      return 'a power cut left half a line before this one';
    case 'Resumed':
      return record.message;
    case 'Retired':
      return `${record.file} was old enough to go, with records up to ${record.through.seq}`;
    case 'Delayed':
      return `records ${record.first} to ${record.last} waited in memory since ${record.since} (${record.code})${record.omitted === 0 ? '' : `; ${record.omitted} more were not kept`}`;
    default:
      return 'of a later version of sexton';
  }
}
