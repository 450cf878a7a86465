import { readFile, rm } from 'node:fs/promises';
import { writeDurably } from '../../runtime/durable-file.js';
import { errorCode } from '../../runtime/errors.js';
import { isRecord } from '../../runtime/record.js';
import { stateVersions } from '../../runtime/state-versions.js';
import { weekdays, type TimeRange, type UnifiSchedule, type WeekSchedule } from '../../unifi/access-controller.js';

/** A schedule as it was before a fence test opened it. */
export type ScheduleBefore = Pick<UnifiSchedule, 'id' | 'name' | 'week' | 'holidayGroupId' | 'holidaySchedule'>;

/** There exactly while a fence test has a schedule in its hands: one that was killed is put back by whoever finds it. */
export interface FenceRecord {
  /** Null: no test was broken off. 'Unreadable': one was, and nobody knows any longer what was there. @throws never */
  read(): Promise<ScheduleBefore | 'Unreadable' | null>;
  /** On the disk before the first change in UniFi. */
  write(before: ScheduleBefore): Promise<void>;
  clear(): Promise<void>;
}

export function fenceRecord(path: string): FenceRecord {
  return {
    async read() {
      let text: string;
      try {
        text = await readFile(path, 'utf8');
      } catch (error) {
        return errorCode(error) === 'ENOENT' ? null : 'Unreadable';
      }
      return decoded(text) ?? 'Unreadable';
    },
    write: ({ id, name, week, holidayGroupId, holidaySchedule }) =>
      writeDurably({ path, content: `${JSON.stringify({ version: stateVersions.fenceTest, id, name, week, holidayGroupId, holidaySchedule })}\n`, mode: 0o640 }),
    clear: () => rm(path, { force: true }),
  };
}

function decoded(text: string): ScheduleBefore | null {
  try {
    const value: unknown = JSON.parse(text);
    if (!isRecord(value) || value['version'] !== stateVersions.fenceTest) return null;
    const { id, name, week, holidayGroupId, holidaySchedule } = value;
    if (typeof id !== 'string' || typeof name !== 'string' || typeof holidayGroupId !== 'string' || !areRanges(holidaySchedule)) return null;
    return isRecord(week) && weekdays.every((day) => areRanges(week[day])) ? { id, name, week: week as WeekSchedule, holidayGroupId, holidaySchedule } : null;
  } catch {
    return null;
  }
}

function areRanges(value: unknown): value is readonly TimeRange[] {
  return Array.isArray(value) && value.every((each) => isRecord(each) && typeof each['start'] === 'string' && typeof each['end'] === 'string');
}
