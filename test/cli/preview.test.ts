import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { loadView } from '../../src/cli/load-view.js';
import { timelineText } from '../../src/cli/preview-timeline.js';
import { displayWidth } from '../../src/cli/display-width.js';
import { localTime } from '../../src/desired/calendar/local-time.js';
import { previewRows, type PreviewRow } from '../../src/status/preview.js';
import { previewSvg } from '../../src/status/preview-svg.js';
import type { GroupWindowsView, View } from '../../src/status/view.js';
import type { Site } from '../support/site.js';
import { commandsOf, start } from './decision-site.js';
import { makeSite } from './harness.js';
import { calmView, hostile } from './view-fixture.js';
import picocolors from 'picocolors';

let site: Site | undefined;
afterEach(async () => {
  vi.unstubAllEnvs();
  await site?.close();
  site = undefined;
});

type Window = GroupWindowsView['windows'][number];
const window = (start: string, end: string, text: string, held = false): Window => ({ start, end, held, causes: [{ kind: 'event', ref: `event/10@${start}`, text }] });
const now = Date.parse('2026-11-20T14:12:00Z');

const week: View = {
  ...calmView(),
  windows: [
    {
      doorGroup: 'front-lobby',
      windows: [window('2026-11-20T14:00:00Z', '2026-11-20T17:00:00Z', 'Breakfast'), window('2026-11-22T04:15:00Z', '2026-11-22T06:15:00Z', `Night ${hostile}`, true)],
    },
    { doorGroup: 'gym', windows: [window('2026-11-21T13:00:00Z', '2026-11-21T13:10:00Z', 'Delivery')] },
  ],
};

const chart = `Fri 2026-11-20 0     3     6     9     12    15    18    21
  front-lobby  ··················┃█████························
  gym          ··················│·····························

Sat 2026-11-21 0     3     6     9     12    15    18    21
  front-lobby  ··············································░░
  gym          ················█·······························

█ open  ░ held: waits for approval, stays shut  │ now
`;

const wideChart = `Fri 2026-11-20 0  3  6  9  12 15 18 21
  front-lobby  ·········┃██············
    09:00-12:00  event/10@2026-11-20T14:00:00Z: Breakfast
  gym          ·········│··············

Sat 2026-11-21 0  3  6  9  12 15 18 21
  front-lobby  ·······················░
    23:15-24:00  held  event/10@2026-11-22T04:15:00Z: Night =cmd|"hsaw" <b>[31mred
  gym          ········█···············
    08:00-08:10  event/10@2026-11-21T13:00:00Z: Delivery

█ open  ░ held: waits for approval, stays shut  │ now
`;

describe('preview', () => {
  it('draws a line a door group and day, with the held and the open apart and now marked', async () => {
    const { code, out } = await makeSite().run(['preview', '--days', '2'], { view: week, now });
    expect([code, out]).toEqual([0, chart]);
  });

  it('-o wide tells why', async () => {
    const { code, out } = await makeSite().run(['preview', '--days', '2', '-o', 'wide'], { view: week, now, environment: { COLUMNS: '40' } });
    expect([code, out]).toEqual([0, wideChart]);
  });

  it('no line of the chart is wider than the terminal, and all hours stand above one another', () => {
    const local = localTime('America/New_York');
    const rows = previewRows([{ doorGroup: 'a-rather-long-name-of-a-door-group', windows: week.windows[0]?.windows ?? [] }, ...week.windows], { from: '2026-11-20', days: 3, local });
    for (let width = 13; width <= 200; width += 1) {
      const lines = timelineText(rows, { now, local, width, colors: picocolors.createColors(false), wide: false }).split('\n');
      const bars = lines.filter((line) => /^ {2}\S.*[·█░]{4}/.test(line));
      expect(bars).toHaveLength(9);
      expect(Math.max(...bars.map(displayWidth))).toBeLessThanOrEqual(width);
      expect(new Set(bars.map(displayWidth)).size).toBe(1);
    }
  });

  it('-o json: a row per door group and date, cut at local midnight', async () => {
    const { code, out } = await makeSite().run(['preview', '--from', '2026-11-21', '--days', '2', '-o', 'json'], { view: week, now });
    const rows = JSON.parse(out) as readonly PreviewRow[];
    expect(code).toBe(0);
    expect(rows.map(({ doorGroup, date, windows }) => [doorGroup, date, windows.map(({ start, end, held }) => [start, end, held])])).toEqual([
      ['front-lobby', '2026-11-21', [['2026-11-22T04:15:00Z', '2026-11-22T05:00:00Z', true]]],
      ['gym', '2026-11-21', [['2026-11-21T13:00:00Z', '2026-11-21T13:10:00Z', false]]],
      ['front-lobby', '2026-11-22', [['2026-11-22T05:00:00Z', '2026-11-22T06:15:00Z', true]]],
      ['gym', '2026-11-22', []],
    ]);
    expect(rows[1]?.windows[0]?.causes).toEqual([{ kind: 'event', ref: 'event/10@2026-11-21T13:00:00Z', text: 'Delivery' }]);
  });

  it('ends with 2 when it cannot be told: a source that never answered, days that are gone, no reader', async () => {
    const { status } = week;
    const never = { ...week, status: { ...status, sources: status.sources.map((source) => ({ ...source, readAt: null, complete: false, error: 'down' })) } };
    expect(await makeSite().run(['preview'], { view: never, now })).toMatchObject({ code: 2, out: '', err: expect.stringContaining('down') as string });
    expect(await makeSite().run(['preview', '--from', '2026-11-01'], { view: week, now })).toMatchObject({ code: 2, out: '' });
    expect((await makeSite().run(['preview'], { now })).code).toBe(2);
  });

  it('looks further ahead than the daemon where it is asked to, at hours and bookings', async () => {
    site = await start([{ id: '77', name: 'Concert', at: [['2026-12-20T22:00:00Z', '2026-12-20T23:00:00Z']] }]);
    for (const [name, value] of Object.entries(site.credentials)) vi.stubEnv(name, value);
    const words = ['preview', '--from', '2026-12-20', '--days', '2', '--now', '2026-11-21T15:00:00Z', '-o', 'json'];
    const { code, out } = await commandsOf(site)(words, { readers: { loadView } });
    expect(code).toBe(0);
    const opened = (JSON.parse(out) as readonly PreviewRow[]).flatMap(({ doorGroup, windows }) => windows.map(({ start, causes }) => [doorGroup, start, causes[0]?.text]));
    expect(opened).toEqual([
      ['lobby', '2026-12-20T21:45:00Z', 'Concert (Sanctuary)'],
      ['lobby', '2026-12-21T14:00:00Z', 'monday 09:00-12:00'],
    ]);
  });
});

describe('days on which the clocks change', () => {
  const cells = (zone: string, date: string, start: string, end: string): string => {
    const local = localTime(zone);
    const rows = previewRows([{ doorGroup: 'gym', windows: [window(start, end, 'Vigil')] }], { from: date, days: 1, local });
    const text = timelineText(rows, { now: 0, local, width: 40, colors: picocolors.createColors(false), wide: true });
    return text.split('\n').slice(1, 3).map((line) => line.trim().replace('gym', '').trim().split('  ')[0] ?? '').join(' ');
  };

  it.each([
    ['the repeated hour, first time only', 'America/New_York', '2026-11-01', '2026-11-01T05:00:00Z', '2026-11-01T06:00:00Z', '·█······················ 01:00-02:00'],
    ['both of its times', 'America/New_York', '2026-11-01', '2026-11-01T04:00:00Z', '2026-11-01T08:00:00Z', '███····················· 00:00-03:00'],
    ['the missing hour', 'America/New_York', '2026-03-08', '2026-03-08T06:00:00Z', '2026-03-08T08:00:00Z', '·█·█···················· 01:00-04:00'],
    ['half an hour on Lord Howe', 'Australia/Lord_Howe', '2026-10-04', '2026-10-03T15:00:00Z', '2026-10-03T16:00:00Z', '·██····················· 01:30-03:00'],
    ['a whole day of 25 hours', 'Europe/Berlin', '2026-10-25', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z', '████████████████████████ 00:00-24:00'],
  ])('%s', (_, zone, date, start, end, shown) => {
    expect(cells(zone, date, start, end)).toBe(shown);
  });
});

describe('--svg', () => {
  it('writes one self-contained picture with a title, a description and everything escaped', async () => {
    const own = makeSite();
    const lobby = (color: string): string => `apiVersion: sexton.dev/v1alpha1\nkind: DoorGroup\nmetadata: { name: front-lobby }\nspec: { displayName: "Lobby <& \\"co\\">", color: "${color}", doors: [{ name: Lobby }] }\n`;
    own.write('resources/doors.yaml', lobby('#3b82f6'));
    const path = join(mkdtempSync(join(tmpdir(), 'sexton-svg-')), 'a week.svg');
    expect(await own.run(['preview', '--days', '3', '--svg', path], { view: week, now })).toMatchObject({ code: 0, out: `${path}\n` });
    const svg = readFileSync(path, 'utf8');
    expect(wellFormed(svg)).toBe(true);
    expect(svg).toMatch(/<svg [^>]*role="img" aria-labelledby="title desc"/);
    expect(svg).toContain('2 door groups. Hatched times wait for approval');
    expect(svg).toContain('Lobby &#60;&#38; &#34;co&#34;&#62;');
    expect(svg).toContain('fill="#3b82f6"');
    expect(svg).toContain('fill="url(#held-0)"');
    expect(svg).toContain('now 09:12');
    expect(svg).not.toMatch(/<b>|\u202e|\u001b|href|http(?!:\/\/www\.w3\.org)/);
    expect(await own.run(['preview', '--svg', join(path, 'no', 'x.svg')], { view: week, now })).toMatchObject({ code: 2, out: '' });
  });

  it('draws nothing at all without door groups, and still a picture', () => {
    const local = localTime('America/New_York');
    expect(wellFormed(previewSvg([], { site: 'empty', now, local, groups: [] }))).toBe(true);
  });
});

/** Every tag is closed in its turn, and no bare `<` or `&` stands in text. */
function wellFormed(xml: string): boolean {
  const open: string[] = [];
  let at = 0;
  for (const { 0: tag, 1: closing, 2: name = '', 3: empty, index } of xml.matchAll(/<(\/?)([a-zA-Z]+)(?:\s+[\w:-]+="[^"<]*")*\s*(\/?)>/g)) {
    if (/[<>]|&(?!#\d+;)/.test(xml.slice(at, index))) return false;
    at = index + tag.length;
    if (closing === '/' ? open.pop() !== name : false) return false;
    if (closing === '' && empty === '') open.push(name);
  }
  return open.length === 0 && !/[<>]/.test(xml.slice(at));
}
