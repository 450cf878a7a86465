import type { Instant } from '../../desired/model.js';
import type { RuleMemory } from '../../plan/doors/lock-rules.js';
import { openStateFile, writeFirst, type OnStateTrouble } from '../../runtime/state-file.js';
import { stateVersions } from '../../runtime/state-versions.js';
import { isRecord } from '../../runtime/record.js';

/** `rules.json`: the lock rules that Sexton set, by door id. What it forgets is treated as a person's rule. */
export interface RuleMemories {
  of(doorId: string): RuleMemory | null;
  doorIds(): readonly string[];
  /** All memory was lost then: windows that were on at that instant are not opened. Null: never. */
  readonly lostSince: Instant | null;
  /** Of what is to be sent: on the disk (fsync) when it resolves, else nothing is remembered. Null forgets the door. @throws TransientError */
  remember(doorId: string, memory: RuleMemory | null): Promise<void>;
  /** Of what was seen or sent: true whatever the disk says, which takes it now or with a later call. @throws never */
  learn(doorId: string, memory: RuleMemory | null): Promise<void>;
  /** Tries again what the disk did not take; nothing of that: no write. @throws never */
  flush(): Promise<void>;
}

interface RulesFile {
  readonly lostSince: Instant | null;
  readonly doors: Readonly<Record<string, RuleMemory>>;
}

interface OpenRuleMemory {
  readonly path: string;
  readonly writable: boolean;
  /** True: this state directory is new, so that a missing file means that there never was one. */
  readonly fresh: boolean;
  readonly now: Instant;
  readonly onDiskWrite: (what: string) => void;
  readonly onTrouble?: OnStateTrouble | undefined;
}

/** `lost`: a sentence when the file was damaged, or gone from a state directory that is in use. */
export async function openRuleMemory(options: OpenRuleMemory): Promise<{ readonly rules: RuleMemories; readonly lost: string | null }> {
  const { path, writable, fresh, now, onDiskWrite, onTrouble } = options;
  const file = openStateFile<RulesFile>({
    path,
    version: stateVersions.rules,
    what: 'which lock rules are Sexton\'s',
    label: 'rules',
    readOnly: !writable,
    onDiskWrite,
    onTrouble,
    decode,
  });
  const { value, lost: damaged } = await file.read();
  const missing = value === null && damaged === null && !fresh;
  let state: RulesFile = value ?? { lostSince: damaged !== null || missing ? now : null, doors: {} };
  // Written at once, so that a missing file is a loss from now on.
  if (value === null && writable) await writeFirst(file, state);
  let kept = true;
  /** What fails is told by the file. */
  const save = async (): Promise<void> => {
    kept = await file.write(state).then(() => true, () => false);
  };
  const consequence = 'running lock rules are treated as a person\'s, and windows that are on now are not opened.';
  return {
    rules: {
      of: (doorId) => state.doors[doorId] ?? null,
      doorIds: () => Object.keys(state.doors),
      get lostSince() {
        return state.lostSince;
      },
      async remember(doorId, memory) {
        if (!writable) return;
        const next = withDoor(state, doorId, memory);
        await file.write(next);
        state = next;
        kept = true;
      },
      async learn(doorId, memory) {
        if (!writable) return;
        state = withDoor(state, doorId, memory);
        await save();
      },
      async flush() {
        if (!kept) await save();
      },
    },
    lost: damaged === null ? (missing ? `${path} is missing: ${consequence}` : null) : `${damaged} So ${consequence}`,
  };
}

function withDoor(state: RulesFile, doorId: string, memory: RuleMemory | null): RulesFile {
  const others = Object.entries(state.doors).filter(([id]) => id !== doorId);
  const doors = memory === null ? others : [...others, [doorId, memory] as const];
  return { ...state, doors: Object.fromEntries(doors) };
}

function decode({ lostSince, doors }: Readonly<Record<string, unknown>>): RulesFile | null {
  if (!(lostSince === null || isInstant(lostSince)) || !isRecord(doors)) return null;
  const memories = Object.entries(doors).map(([id, value]) => [id, decodeMemory(value)] as const);
  const sound = memories.flatMap(([id, memory]) => (memory === null ? [] : [[id, memory] as const]));
  return sound.length === memories.length ? { lostSince, doors: Object.fromEntries(sound) } : null;
}

const stops: readonly unknown[] = [null, 'Person', 'Unconfirmed', 'MemoryLost'] satisfies RuleMemory['stopped'][];

/** One unreadable entry makes the whole file a loss: which door it was about is then unknown. */
function decodeMemory(value: unknown): RuleMemory | null {
  if (!isRecord(value) || !isRecord(value['window'])) return null;
  const { doorGroups, window, sentAt, expected, endedTime, longest, stopped, before } = value;
  // An older version did not know it.
  const endingSince = (value['endingSince'] ?? null) as number | null;
  const { start, end, causes } = window;
  const sound =
    isTexts(doorGroups) && isTexts(causes) && [start, end, sentAt, expected].every(isInstant) && [endedTime, longest, endingSince].every((each) => each === null || isInstant(each));
  const replaced = before === null ? null : decodeMemory(before);
  if (!sound || !stops.includes(stopped) || (before !== null && replaced === null)) return null;
  return { ...(value as unknown as RuleMemory), before: replaced, endingSince };
}

function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
