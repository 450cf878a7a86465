import type { SpecOf } from '../../api/resource.js';
import type { BookedEvent } from '../model.js';
import type { LocalTime } from './local-time.js';
import { nameContains, sameName } from './names.js';

type Match = SpecOf<'EventOverride'>['match'];

/** True when an override's `match` names this occurrence. Every given field must agree. */
export function matchesEvent(match: Match, event: BookedEvent, local: LocalTime): boolean {
  if (match.eventId !== undefined && match.eventId !== event.id) return false;
  if (match.eventName !== undefined && !sameName(match.eventName, event.name)) return false;
  if (match.eventNameContains !== undefined && !nameContains(event.name, match.eventNameContains)) return false;
  // Setup or public start: operators know the one that their calendar shows them.
  const starts = [event.startsAt, event.publishedStartsAt];
  if (match.startsAt !== undefined && !starts.includes(Date.parse(match.startsAt))) return false;
  if (match.date !== undefined && !starts.some((start) => local.dateOf(start) === match.date)) return false;
  return true;
}
