import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Document} from 'yaml';
import { isMap, isScalar, parseAllDocuments, stringify, visit } from 'yaml';
import { parseDocuments } from '../../src/api/documents.js';
import { formatProblem } from '../../src/api/problem.js';
import { kinds } from '../../src/api/resource.js';
import { template } from '../../src/api/templates.js';
import { validateResource } from '../../src/api/validate.js';
import { problemsOf, resourcesOf, warningsOf, withSpec } from './read.js';

const spec = (kind: string, text: string): string[] => problemsOf(withSpec(kind, text)).map((problem) => problem.replace('f.yaml:', ''));
const head = (text: string): string[] => problemsOf(`${text}\nspec: {}\n`).map((problem) => problem.replace('f.yaml:', ''));

describe('what every document needs', () => {
  it('names everything that is missing at once', () => {
    expect(problemsOf('spec: {}').map((problem) => problem.replace(/^f.yaml:1:1:? /, ''))).toEqual([
      '`apiVersion` is missing: write apiVersion: sexton.dev/v1alpha1',
      '`metadata` is missing: it holds the name',
      '`kind` is missing: one of DoorGroup, RoomMapping, OfficeHours, EventOverride, SafeHours, TierMapping',
    ]);
  });

  const safe = 'apiVersion: sexton.dev/v1alpha1\nkind: SafeHours\n';
  it.each([
    ['another version', 'apiVersion: sexton.dev/v1\nkind: SafeHours\nmetadata: { name: a }', '1:13 apiVersion: "sexton.dev/v1" is not sexton.dev/v1alpha1'],
    ['a mistyped kind', 'apiVersion: sexton.dev/v1alpha1\nkind: SaveHours\nmetadata: { name: a }', '2:7 kind: "SaveHours" is not a kind; did you mean `SafeHours`?'],
    ['a kind in lower case', 'apiVersion: sexton.dev/v1alpha1\nkind: safehours\nmetadata: { name: a }', '2:7 kind: "safehours" is not a kind; did you mean `SafeHours`?'],
    ['a foreign kind', 'apiVersion: sexton.dev/v1alpha1\nkind: Deployment\nmetadata: { name: a }', '2:7 kind: "Deployment" is not a kind; the kinds are DoorGroup, RoomMapping, OfficeHours, EventOverride, SafeHours, TierMapping'],
    ['no name', `${safe}metadata: {}`, '3:1 metadata: `name` is missing'],
    ['a name that is none', `${safe}metadata: { name: Front_Lobby }`, '3:19 metadata.name: "Front_Lobby" is not a resource name (lower-case letters, digits, "-" and ".", a letter or digit at both ends)'],
    ['a name that is a number', `${safe}metadata: { name: 7 }`, '3:19 metadata.name: text is expected, not the number 7; put it in quotes'],
    ['a name too long for a file', `${safe}metadata: { name: ${'a'.repeat(201)} }`, `3:19 metadata.name: "${'a'.repeat(60)}…" is too long: at most 200 characters`],
    ['an unknown field of metadata', `${safe}metadata: { name: a, lables: {} }`, '3:22 metadata.lables: there is no such field; did you mean `labels`?'],
    ['a label that is no text', `${safe}metadata: { name: a, labels: { floor: 2 } }`, '3:39 metadata.labels.floor: text is expected, not the number 2; put it in quotes'],
    ['a label that is too free', `${safe}metadata: { name: a, labels: { a: "b c" } }`, '3:35 metadata.labels.a: "b c" is not a label (letters, digits, "-", "_" and ".", at most 63); use an annotation'],
    ['an unknown field beside spec', `${safe}metadata: { name: a }\nspecs: {}`, '4:1 specs: there is no such field; did you mean `spec`?'],
  ])('refuses %s', (_, text, problem) => {
    expect(head(text)).toEqual([problem]);
  });

  it('tells a status document from a resource', () => {
    expect(problemsOf(`${safe}metadata: { name: a }\nstatus: {}`)).toEqual(['f.yaml:1:1: `spec` is missing: this looks like a status, which only Sexton writes']);
  });

  it('takes what an API server adds, and leaves it out', () => {
    const [resource] = resourcesOf(`${safe}metadata: { name: a, uid: x, generation: 3, resourceVersion: "7" }\nspec: {}\nstatus: { pendingCount: 1 }`);
    expect(resource).toEqual({
      apiVersion: 'sexton.dev/v1alpha1',
      kind: 'SafeHours',
      metadata: { name: 'a', file: 'f.yaml', line: 1 },
      spec: { default: '05:00-23:00', days: {}, preApproved: [], outside: 'Hold' },
    });
  });

  it('takes no other namespace than the site', () => {
    const judge = (namespace: string) => validateResource(parseDocuments('f.yaml', `${safe}metadata: { name: a, namespace: ${namespace} }\nspec: {}`).documents[0]!, { namespace: 'first-church' });
    expect(judge('first-church').resource?.metadata.namespace).toBe('first-church');
    expect(judge('second-church').problems.map(formatProblem)).toEqual(['f.yaml:3:33 metadata.namespace: "second-church" is not this site (first-church); leave namespace out']);
  });
});

describe('a spec', () => {
  it.each<[string, string, string, string[]]>([
    ['an unknown field', 'RoomMapping', 'rooms:\n  - { name: Hall, doorGrups: [a], doorGroups: [a] }', ['6:21 spec.rooms[0].doorGrups: there is no such field; did you mean `doorGroups`?']],
    ['a missing field', 'DoorGroup', 'displayName: A', ['4:1 spec: `doors` is missing: The doors of the group, each by its id or by its name in UniFi. A door belongs to one Schedule group only.']],
    ['an empty list', 'DoorGroup', 'doors: []', ['5:10 spec.doors: the list is empty; leave the field out, or name something']],
    ['a door with id and name', 'DoorGroup', 'doors: [{ id: a, name: b }]', ['5:20 spec.doors[0].name: give exactly one of `id` and `name`; given: `id` and `name`']],
    ['a door that is nothing', 'DoorGroup', 'doors: [{}]', ['5:11 spec.doors[0]: give exactly one of `id` and `name`; none is given']],
    ['a door that is a text', 'DoorGroup', 'doors: [Front]', ['5:11 spec.doors[0]: a mapping is expected, not "Front"']],
    ['a number for a text', 'RoomMapping', 'rooms:\n  - { resourceId: 463975, doorGroups: [a] }', ['6:21 spec.rooms[0].resourceId: text is expected, not the number 463975; put it in quotes']],
    ['a word in another case', 'DoorGroup', 'doors: [{ id: a }]\nunlock: { method: schedule }', ['6:21 spec.unlock.method: "schedule" is not one of Schedule, LockRule, None; did you mean `Schedule`?']],
    ['a duration in words', 'DoorGroup', 'doors: [{ id: a }]\nunlock: { lead: 15 minutes }', ['6:19 spec.unlock.lead: "15 minutes" is not a duration (90s, 15m, 1h30m)']],
    ['an empty duration', 'DoorGroup', 'doors: [{ id: a }]\nunlock: { lag: "" }', ['6:18 spec.unlock.lag: "" is not a duration (90s, 15m, 1h30m)']],
    ['a lead above a day', 'DoorGroup', 'doors: [{ id: a }]\nunlock: { lead: 24h1s, lag: 24h }', ['6:19 spec.unlock.lead: "24h1s" is too long: at most 24h']],
    ['a colour by name', 'DoorGroup', 'doors: [{ id: a }]\ncolor: red', ['6:10 spec.color: "red" is not a colour (#rrggbb)']],
    ['a contains of two letters', 'RoomMapping', 'rooms:\n  - { nameContains: ab, doorGroups: [a] }', ['6:23 spec.rooms[0].nameContains: "ab" is too short: at least 3 characters']],
    ['a contains of white space', 'RoomMapping', 'rooms:\n  - { nameContains: "a   b", doorGroups: [a] }\n  - { nameContains: "  a  ", doorGroups: [a] }', ['7:23 spec.rooms[1].nameContains: "  a  " is too short without its white space: at least 3 characters']],
    ['a blank name', 'RoomMapping', 'rooms:\n  - { name: " ", doorGroups: [a] }', ['6:15 spec.rooms[0].name: is blank']],
    ['a door group twice', 'RoomMapping', 'rooms:\n  - { name: A, doorGroups: [a, b, a] }', ['6:37 spec.rooms[0].doorGroups[2]: "a" is given twice; keep one']],
    ['an exclude of nothing', 'RoomMapping', 'rooms: []\nexclude: [{ doorGroups: [a] }]', ['6:13 spec.exclude[0]: give exactly one of `eventName`, `eventNameContains` and `roomContains`; none is given']],
    ['doors of an excluded room', 'RoomMapping', 'rooms: []\nexclude: [{ roomContains: abc, doorGroups: [a] }]', ['6:34 spec.exclude[0].doorGroups: `roomContains` and `doorGroups` do not go together; keep one']],
    ['hours that are none', 'OfficeHours', 'weekly:\n  - { days: [monday], hours: ["9-17"], doorGroups: [a] }', ['6:33 spec.weekly[0].hours[0]: "9-17" is not a range of times (HH:MM-HH:MM, 00:00 to 24:00)']],
    ['a day that is none', 'OfficeHours', 'weekly:\n  - { days: [Monday], hours: ["09:00-17:00"], doorGroups: [a] }', ['6:16 spec.weekly[0].days[0]: "Monday" is not one of monday, tuesday, wednesday, thursday, friday, saturday, sunday; did you mean `monday`?']],
    ['a date that is not in the calendar', 'OfficeHours', 'closures:\n  - { from: "2026-02-28", to: "2026-02-29" }', ['6:33 spec.closures[0].to: "2026-02-29" is not in the calendar']],
    ['an end before its start', 'OfficeHours', 'closures:\n  - { from: "2026-12-26", to: "2026-12-24" }', ['6:33 spec.closures[0].to: "2026-12-24" is before from (2026-12-26)']],
    ['a date with a time beside one without', 'OfficeHours', 'closures:\n  - { from: "2026-12-26", to: "2026-12-26T12:00" }', ['6:33 spec.closures[0].to: from and to must both be dates, or both be dates with times']],
    ['an empty range', 'OfficeHours', 'closures:\n  - { from: "2026-12-26T12:00", to: "2026-12-26T12:00" }', ['6:39 spec.closures[0].to: "2026-12-26T12:00" is the same as from: the range is empty']],
    ['an opening in both forms', 'OfficeHours', 'openings:\n  - { from: "2026-12-26T12:00", to: "2026-12-26T13:00", hours: ["09:00-10:00"], doorGroups: [a] }', ['6:59 spec.openings[0].hours: give either `from` and `to`, or `date` and `hours`; given: `from`, `to` and `hours`']],
    ['half an opening', 'OfficeHours', 'openings:\n  - { date: "2026-12-26", doorGroups: [a] }', ['6:7 spec.openings[0]: give either `from` and `to`, or `date` and `hours`; given: `date`']],
    ['a match by two things', 'EventOverride', 'match: { eventName: A, eventId: "1" }\naction: Deny', ['5:26 spec.match.eventId: give exactly one of `eventName`, `eventNameContains` and `eventId`; given: `eventName` and `eventId`']],
    ['a match by nothing', 'EventOverride', 'match: { date: "2026-12-26" }\naction: Deny', ['5:3 spec.match: give exactly one of `eventName`, `eventNameContains` and `eventId`; none is given']],
    ['a date and an instant', 'EventOverride', 'match: { eventId: "1", date: "2026-12-26", startsAt: "2026-12-26T10:00:00Z" }\naction: Deny', ['5:46 spec.match.startsAt: `date` and `startsAt` do not go together; keep one']],
    ['an instant without a zone', 'EventOverride', 'match: { eventId: "1", startsAt: "2026-12-26T10:00:00" }\naction: Deny', ['5:36 spec.match.startsAt: "2026-12-26T10:00:00" is not an instant (YYYY-MM-DDTHH:MM:SSZ, or with an offset such as -05:00)']],
    ['an Adjust of nothing', 'EventOverride', 'match: { eventName: A }\naction: Adjust', ['4:1 spec: `action: Adjust` needs `doorGroups`']],
    ['an Approve of any occurrence', 'EventOverride', 'match: { eventName: A }\naction: Approve', ['5:3 spec.match: `action: Approve` needs `eventId` and `startsAt` here']],
    ['a Cancel of some doors', 'EventOverride', 'match: { eventName: A }\naction: Cancel\ndoorGroups: [{ name: a }]', ['7:3 spec.doorGroups: `doorGroups` does not go with `action: Cancel`']],
    ['windows with a lead', 'EventOverride', 'match: { eventName: A }\naction: Adjust\ndoorGroups: [{ name: a, windows: [], lead: 0m }]', ['7:40 spec.doorGroups[0].lead: `windows` and `lead` do not go together; keep one']],
    ['a time of day that is none', 'EventOverride', 'match: { eventName: A }\naction: Adjust\ndoorGroups: [{ name: a, windows: [{ open: "25:99", close: "24:00" }] }]', ['7:45 spec.doorGroups[0].windows[0].open: "25:99" is not a time of day (HH:MM, 00:00 to 24:00)']],
    ['an approved window that ends first', 'EventOverride', 'match: { eventId: "1", startsAt: "2026-12-26T10:00:00Z" }\naction: Approve\napprovedWindows: [{ doorGroup: a, start: "2026-12-26T10:00:00Z", end: "2026-12-26T05:00:00-05:00" }]', ['7:73 spec.approvedWindows[0].end: "2026-12-26T05:00:00-05:00" is not after start (2026-12-26T10:00:00Z)']],
    ['a day of the week that is none', 'SafeHours', 'days: { fryday: "05:00-23:00" }', ['5:11 spec.days.fryday: there is no such field; did you mean `friday`?']],
    ['a suspended gate', 'SafeHours', 'suspend: true', ['5:3 spec.suspend: there is no such field; known here: default, days, preApproved, outside']],
  ])('is refused for %s', (_, kind, text, problems) => {
    expect(spec(kind, text)).toEqual(problems);
  });

  const tiers = (text: string): string[] => spec('TierMapping', `cards: { facilityCode: 1, aliasPrefix: a- }\nrules: [{ membershipType: A, access: None }]\n${text}`);
  it.each([
    ['a number template without a letter', 'identity: { employeeNumber: "{id}" }', '7:31 spec.identity.employeeNumber: "{id}" needs a letter besides {id}, so that it is never taken for somebody else\'s number'],
    ['a number template without the id', 'identity: { employeeNumber: "civicrm" }', '7:31 spec.identity.employeeNumber: "civicrm" is not a text with {id} exactly once and no other braces'],
    ['a number template with two ids', 'identity: { employeeNumber: "c{id}{id}" }', '7:31 spec.identity.employeeNumber: "c{id}{id}" is not a text with {id} exactly once and no other braces'],
    ['a percentage above 100', 'guards: { maxAdd: 101% }', '7:21 spec.guards.maxAdd: "101%" is not a percentage (0% to 100%, without decimals)'],
    ['a contact blocked twice', 'blocked: [{ contact: 7 }, { contact: 7 }]', '7:40 spec.blocked[1].contact: 7 is given twice; keep one'],
    ['a fraction of a day', 'graceDays: 1.5', '7:14 spec.graceDays: a whole number is expected, not the number 1.5'],
    ['a year and more of grace', 'graceDays: 366', '7:14 spec.graceDays: 366 is too large: at most 365'],
  ])('of members is refused for %s', (_, text, problem) => {
    expect(tiers(text)).toEqual([problem]);
  });

  it('of members is refused for half the cards, policies without access, and access without policies', () => {
    expect(spec('TierMapping', 'cards: { aliasPrefix: card1 }\nrules:\n  - { membershipType: A, access: Policy }\n  - { membershipType: A, access: Ignore, policies: [B] }')).toEqual([
      '5:3 spec.cards: `facilityCode` is missing: The facility code printed on, or ordered with, the cards.',
      '5:25 spec.cards.aliasPrefix: "card1" is not a prefix (a letter, then letters, digits, ".", "_" and "-", no digit at the end)',
      '7:7 spec.rules[0]: `access: Policy` needs `policies`',
      '8:25 spec.rules[1].membershipType: "A" is given twice; keep one',
      '8:44 spec.rules[1].policies: `policies` does not go with `access: Ignore`',
    ]);
  });

  it('treats null as not given', () => {
    const [resource] = resourcesOf(withSpec('EventOverride', 'match: { eventName: A, date: ~ }\naction: Deny\npriority:\ndoorGroups: null'));
    expect(resource?.spec).toEqual({ match: { eventName: 'A' }, action: 'Deny', priority: 0, suspend: false });
  });

  it('lists a bounded number of problems', () => {
    const problems = spec('OfficeHours', `openings:\n${'  - { when: now }\n'.repeat(300)}`);
    expect(problems).toHaveLength(51);
    expect(problems).toContain('4:1 spec: there are more problems than are listed here');
  });
});

describe('warnings', () => {
  it.each([
    ['an unquoted word', withSpec('EventOverride', 'match: { eventName: No }\naction: Deny'), ['f.yaml:5:23 spec.match.eventName: No without quotes is a boolean to kubectl; write "No"']],
    ['a quoted one', withSpec('EventOverride', 'match: { eventName: "No" }\naction: Deny'), []],
    ['an approval of nothing', withSpec('EventOverride', 'match: { eventId: "1", startsAt: "2026-12-26T10:00:00Z" }\naction: Approve'), ['f.yaml:6:11 spec.action: releases nothing without approvedWindows; `sexton approve` fills them in']],
    ['a policy without a schedule', withSpec('DoorGroup', 'doors: [{ id: a }]\nunlock: { method: None }\npolicy: { manage: true }'), ['f.yaml:7:21 spec.policy.manage: has no effect with method None: a policy links a schedule']],
    ['an opening of whole days', withSpec('OfficeHours', 'openings:\n  - { from: "2026-12-26", to: "2026-12-26", doorGroups: [a] }'), ['f.yaml:6:15 spec.openings[0].from: a date without a time opens the doors day and night']],
  ])('for %s leave it accepted', (_, text, warnings) => {
    expect(problemsOf(text)).toEqual([]);
    expect(warningsOf(text)).toEqual(warnings);
  });
});

describe('laws', () => {
  const templates = kinds.map((kind) => template(kind));

  it('a resource with its defaults filled in is the same resource', () => {
    for (const text of templates) {
      const [resource] = resourcesOf(text);
      expect(resourcesOf(stringify({ ...resource, metadata: { name: 'again' } }))[0]?.spec).toEqual(resource?.spec);
    }
  });

  it('a field too many is found where it stands, wherever that is', () => {
    fc.assert(
      fc.property(fc.constantFrom(...templates), fc.nat(), (text, pick) => {
        const document = parseAllDocuments(text)[0] as Document.Parsed;
        let maps = 0;
        visit(document, { Map: () => void (maps += 1) });
        let seen = 0;
        visit(document, {
          Map: (_, map) => {
            if (seen++ === pick % maps) map.add(document.createPair('zzzzzzzz', 1));
          },
        });
        const changed = document.toString();
        const line = changed.split('\n').findIndex((each) => each.includes('zzzzzzzz')) + 1;
        const problems = parseDocuments('f.yaml', changed).documents.flatMap((each) => validateResource(each).problems);
        expect(problems.map((problem) => problem.line)).toContain(line);
      }),
    );
  });

  it('a value of another kind is refused, or it was free to be anything', () => {
    fc.assert(
      fc.property(fc.constantFrom(...templates), fc.nat(), fc.constantFrom<unknown>([], {}, 3, true, ['x'], { x: 1 }), (text, pick, wrong) => {
        const document = parseAllDocuments(text)[0] as Document.Parsed;
        const pairs: { value: unknown }[] = [];
        visit(document, { Pair: (_, pair) => void pairs.push(pair) });
        const pair = pairs[pick % pairs.length]!;
        const before = isScalar(pair.value) ? typeof pair.value.value : isMap(pair.value) ? 'object' : 'array';
        fc.pre(before !== (Array.isArray(wrong) ? 'array' : typeof wrong));
        pair.value = document.createNode(wrong);
        expect(problemsOf(document.toString())).not.toEqual([]);
      }),
    );
  });
});
