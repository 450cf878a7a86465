import { describe, expect, it } from 'vitest';
import { checkReferences, formatReference } from '../../src/api/references.js';
import { resourcesOf, withSpec } from './read.js';

const group = (name: string): string => withSpec('DoorGroup', 'doors: [{ id: a }]').replace('name: it', `name: ${name}`);

describe('references', () => {
  it('are found in every place that names a door group', () => {
    const texts = [
      group('gym-front'),
      withSpec('RoomMapping', 'rooms: [{ name: A, doorGroups: [gym-front, gym-frnt] }]\nexclude: [{ eventName: A, doorGroups: [b] }]'),
      withSpec('OfficeHours', 'weekly: [{ days: [monday], hours: ["09:00-10:00"], doorGroups: [c] }]\nclosures: [{ from: "2026-12-24", to: "2026-12-24", doorGroups: [d] }, { from: "2026-12-24", to: "2026-12-24" }]\nopenings: [{ date: "2026-12-24", hours: ["09:00-10:00"], doorGroups: [e] }]'),
      withSpec('EventOverride', 'match: { eventName: A }\naction: Adjust\ndoorGroups: [{ name: ff }]'),
      withSpec('EventOverride', 'match: { eventId: "1", startsAt: "2026-12-24T10:00:00Z" }\naction: Approve\napprovedWindows: [{ doorGroup: gg, start: "2026-12-24T10:00:00Z", end: "2026-12-24T11:00:00Z" }]'),
      withSpec('EventOverride', 'match: { eventName: A }\naction: Deny'),
    ];
    expect(checkReferences(resourcesOf(texts.join('---\n'))).map(formatReference)).toEqual([
      'spec.rooms[0].doorGroups[1]: there is no DoorGroup "gym-frnt"; did you mean `gym-front`?',
      'spec.exclude[0].doorGroups[0]: there is no DoorGroup "b"',
      'spec.weekly[0].doorGroups[0]: there is no DoorGroup "c"',
      'spec.closures[0].doorGroups[0]: there is no DoorGroup "d"',
      'spec.openings[0].doorGroups[0]: there is no DoorGroup "e"',
      'spec.doorGroups[0].name: there is no DoorGroup "ff"',
      'spec.approvedWindows[0].doorGroup: there is no DoorGroup "gg"',
    ]);
  });
});
