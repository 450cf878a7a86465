import { Hono } from 'hono';
import { ControlError } from '../kit/faults.js';
import { formatInstant, parseInstant } from '../kit/simulated-clock.js';
import { hubOf, hubReading, isUnlocked } from './doors.js';
import type { Site } from './endpoint.js';
import { holidayAt, hubIntervals, unlockedIntervals } from './hub.js';
import type { Door } from './model.js';

const longest = 366 * 86_400_000;

/** Why the door is as it is: `schedule`, `holiday`, `lock_rule`, `emergency` or `idle`, a colon and text. */
function reason(site: Site, door: Door, instant: number): string {
  const hub = hubOf(site, door.id);
  const reading = hubReading(site);
  const { program, rule, emergency } = hub;
  if (emergency.evacuation) return 'emergency: evacuation';
  if (emergency.lockdown) return 'emergency: lockdown';
  const unlocked = isUnlocked(site, door.id, instant);
  const scheduled = program !== undefined && unlockedIntervals(program, instant, instant + 1, reading).length > 0;
  if (rule !== undefined && rule.started <= instant) {
    const until = formatInstant(rule.ended);
    if (unlocked !== scheduled) return `lock_rule: ${rule.type} until ${until}`;
    if (instant < rule.ended && rule.type !== 'reset') return `lock_rule: ${rule.type} until ${until}`;
  }
  if (program === undefined) return 'idle: no unlock schedule';
  const name = site.state.schedules.get(site.state.unlockSchedules.get(door.id) ?? '')?.name ?? '';
  const ignored = reading.emptyHoliday === 'weekly' && (program.holidaySchedule ?? []).length === 0;
  const holiday = ignored ? undefined : holidayAt(program, instant, reading);
  if (holiday !== undefined) return `holiday: ${holiday.name} in ${name}`;
  return unlocked ? `schedule: ${name}` : `idle: outside the ranges of ${name}`;
}

function required(value: string | undefined, name: string): number {
  const instant = parseInstant(value);
  if (instant === undefined) throw new ControlError(`${name} must be an instant such as 2026-11-21T18:00:00Z`);
  return instant;
}

/** `/doors` under the control plane: what the simulated hubs do at an instant, or from one to another. */
export function doorControl(site: Site): Hono {
  const app = new Hono();
  app.get('/doors', (c) => {
    const { at, from, to } = c.req.query();
    const doors = [...site.state.doors.values()];
    if (from === undefined && to === undefined) {
      const instant = at === undefined ? site.now() : required(at, 'at');
      return c.json(
        doors.map((door) => ({
          id: door.id,
          name: door.name,
          unlocked: isUnlocked(site, door.id, instant),
          because: reason(site, door, instant),
        })),
      );
    }
    const start = required(from, 'from');
    const end = required(to, 'to');
    if (at !== undefined) throw new ControlError('give either at, or from and to');
    if (end < start) throw new ControlError('to is before from');
    if (end - start > longest) throw new ControlError('from and to are more than a year apart');
    return c.json(
      doors.map((door) => ({
        id: door.id,
        name: door.name,
        unlocked: hubIntervals(hubOf(site, door.id), start, end, hubReading(site)).map((span) => ({
          from: formatInstant(span.from),
          to: formatInstant(span.to),
        })),
      })),
    );
  });
  return app;
}
