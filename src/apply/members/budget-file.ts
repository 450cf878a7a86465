import type { Instant } from '../../desired/model.js';
import { emptyBudget, notAfter, type Budget, type BudgetHour } from '../../plan/members/budget.js';
import type { MemberVerb } from '../../plan/members/changes.js';
import { isoInstant } from '../../runtime/instant.js';
import { isRecord } from '../../runtime/record.js';
import { openStateFile, writeFirst, type OnStateTrouble } from '../../runtime/state-file.js';
import { stateVersions } from '../../runtime/state-versions.js';

/** What the brakes remember, in memory and on disk: a change is on the disk before the write to UniFi that it counts. */
export interface BudgetBook {
  current(): Budget;
  update(change: (budget: Budget) => Budget): Promise<void>;
}

export interface BudgetFileOptions {
  readonly path: string;
  readonly now: Instant;
  /** False: neither disk nor memory changes. */
  readonly writable: boolean;
  /** This installation has worked with members before: a missing file is a lost one. */
  readonly expected: boolean;
  readonly onDiskWrite: (what: string) => void;
  readonly onTrouble?: OnStateTrouble | undefined;
}

/** `lost`: a sentence when the counts of the last 24 h are gone; the brakes are then tight for a day. */
export async function openBudget({ path, now, writable, expected, onDiskWrite, onTrouble }: BudgetFileOptions): Promise<{ readonly budget: BudgetBook; readonly lost: string | null }> {
  const file = openStateFile<Budget>({
    path,
    version: stateVersions.budget,
    what: `how many members changed in the last 24 h; for a day guards.minimum changes of one sort wait for approval`,
    label: 'budget',
    readOnly: !writable,
    onDiskWrite,
    onTrouble,
    decode,
  });
  const { value, lost } = await file.read();
  const missing = value === null && lost === null && expected ? `${path} is missing: it told how many members changed in the last 24 h; for a day guards.minimum changes of one sort wait for approval` : null;
  const gone = lost ?? missing;
  let current = value === null ? { ...emptyBudget, lostAt: gone === null ? null : isoInstant(now) } : notAfter(value, now);
  // At once: the next start must not take the loss for a fresh beginning, nor its day for a new one.
  if (gone !== null && writable) await writeFirst(file, current);
  const budget: BudgetBook = {
    current: () => current,
    async update(change) {
      if (!writable) return;
      current = change(current);
      await file.write(current);
    },
  };
  return { budget, lost: gone };
}

/** Null when the shape is wrong: the file is then set aside, and the brakes are tight. */
function decode({ hours, waiting, decided, guards, bootstrapSince, lostAt }: Readonly<Record<string, unknown>>): Budget | null {
  if (!Array.isArray(hours) || !isTexts(waiting) || !isVerbs(decided) || typeof guards !== 'string' || !isMoment(bootstrapSince) || !isMoment(lostAt)) return null;
  const read = hours.map(decodeHour);
  const sound = read.filter((each) => each !== null);
  return sound.length < read.length ? null : { hours: sound, waiting, decided, guards, bootstrapSince, lostAt };
}

const verbs: ReadonlySet<string> = new Set(['add', 'deactivate', 'rename', 'policy', 'card'] satisfies MemberVerb[]);

function decodeHour(value: unknown): BudgetHour | null {
  if (!isRecord(value)) return null;
  const { hour, last, active, changes, started } = value;
  if (typeof hour !== 'string' || typeof last !== 'string' || !isMoment(last) || !isCount(active) || !isRecord(changes) || !isTexts(started)) return null;
  if (!Object.entries(changes).every(([verb, count]) => verbs.has(verb) && isCount(count))) return null;
  return { hour, last, active, changes, started };
}

function isMoment(value: unknown): value is string | null {
  return value === null || (typeof value === 'string' && !Number.isNaN(Date.parse(value)));
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

function isVerbs(value: unknown): value is MemberVerb[] {
  return isTexts(value) && value.every((each) => verbs.has(each));
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
