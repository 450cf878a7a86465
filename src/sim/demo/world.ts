import { demoCalendar } from './calendar.js';
import { churchDays, churchZone } from './church-days.js';
import { demoController } from './controller.js';
import { demoMembers } from './members.js';

/** A seed for each simulator, and the zone they agree on. */
export interface DemoWorld {
  readonly unifi: unknown;
  readonly pco: unknown;
  readonly civicrm: unknown;
  /** IANA name. */
  readonly timeZone: string;
}

/**
 * A church as it might be at `now` (milliseconds since the epoch), to go with `examples/`: six doors in five groups,
 * 40 room bookings in the two weeks ahead, 60 members in three tiers. The same `now` gives the same church. Everybody
 * in it is invented.
 */
export function demoWorld(now: number): DemoWorld {
  const days = churchDays(now);
  return { unifi: demoController(days), pco: demoCalendar(days), civicrm: demoMembers(days), timeZone: churchZone };
}
