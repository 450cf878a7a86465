import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { displayWidth } from '../../src/cli/display-width.js';
import { bookedEvent, churchFiles, churchUnifi, header, person, tierMapping } from '../support/church.js';
import { hoursFromNow, install, type Installation } from '../support/installation.js';
import { compiledProgram, until } from '../support/process.js';
import { call } from '../support/sim.js';

const program = compiledProgram();
let here: Installation | null = null;
afterEach(async () => {
  await program.endAll();
  await here?.close();
  here = null;
});
afterAll(() => program.remove());

/** Formula, markup, quotes, line ends, bell, escape sequence, bidi override and isolate, tag, byte order mark, emoji. */
const hostile = (mark: string): string =>
  `=HYPERLINK("http://evil.example/?q=1","${mark}")<script>alert('x')</script>"';\`$(id)\n- ${mark}: two\r\n\t\u0000\u0007\u001b[31m\u202egpj.exe\u2066\u2028\u{e0041}\ufeff 🎹 ${mark}`;

/** No argument of a process can hold a NUL. */
const typed = (mark: string): string => hostile(mark).replaceAll('\u0000', '');

const forms = [[], ['-o', 'wide'], ['-o', 'yaml'], ['-o', 'json'], ['-o', 'name']] as const;
/** No control character but the end of a line, no format character but the joiners that emoji need. */
const unsafe = /(?![\n\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** Everything that the program says or leaves behind, by where. */
async function everything(site: Installation, extra: Readonly<Record<string, string>>): Promise<ReadonlyMap<string, string>> {
  const found = new Map(Object.entries(extra));
  const ask = async (...words: readonly string[]): Promise<void> => {
    const { out, err } = await site.sexton(...words);
    found.set(`sexton ${words.join(' ')}`, `${out}${err}`);
  };
  await Promise.all(forms.map((form) => ask('get', 'bookings', ...form)));
  const lists = [['get', 'all'], ['status'], ['diff'], ['events'], ['get', 'members'], ['get', 'doors'], ['get', 'sources']] as const;
  await Promise.all([
    ...lists.flatMap((list) => [ask(...list), ask(...list, '-o', 'wide'), ask(...list, '-o', 'json')]),
    ...['booking/e1', 'booking/e2', 'dg/lobby', 'rm/rooms', 'tm/tiers', 'member/1', 'member/2', 'member/3', 'door/door-lobby'].map((what) => ask('describe', what)),
    ask('describe', `booking/${typed('EVENTMARK')}`),
    ask('get', 'bookings', typed('NOSUCH')),
    ask('get', typed('KIND')),
  ]);
  for (const [name, text] of Object.entries(await site.files('state', 'run', 'resources'))) {
    if (text !== 'directory') found.set(name, text.replace(/^\S+ \S+ /, ''));
  }
  return found;
}

describe('hostile names', () => {
  it('reach no output raw, break no line and no table; members are nowhere', async () => {
    const site = await install(program, {
      files: {
        ...churchFiles(),
        'doors.yaml': ['lobby', 'gym'].map((name) => `${header('DoorGroup', name)}spec:\n  doors: [{ id: door-${name} }]\n  unlock: { method: Schedule, schedule: { name: "${name} hours" } }\n`).join('---\n'),
        'rooms.yaml': `${header('RoomMapping', 'rooms')}spec:\n  rooms:\n    - { nameContains: MAPPED, doorGroups: [lobby] }\n`,
      },
      unifi: {
        doors: [
          { id: 'door-lobby', name: hostile('DOORMARK') },
          { id: 'door-gym', name: 'Gym' },
        ],
        users: churchUnifi('UTC')['users'],
      },
      rooms: [
        { id: 'r1', name: `${hostile('ROOMMARK')} MAPPED`, kind: 'Room' },
        { id: 'r2', name: hostile('ROOMMARK'), kind: 'Room' },
      ],
      events: [
        bookedEvent('e1', hostile('EVENTMARK'), hoursFromNow(-1), hoursFromNow(2), 'r1'),
        bookedEvent('e2', hostile('EVENTMARK'), hoursFromNow(20), hoursFromNow(22), 'r2'),
        bookedEvent('e3', 'Plain', hoursFromNow(20), hoursFromNow(22), 'r1'),
      ],
      contacts: [
        person(1, '48213', 'Gold', { first_name: hostile('MEMBERMARK'), last_name: hostile('MEMBERMARK') }),
        person(2, hostile('CARDMARK'), 'Gold', { last_name: 'MEMBERMARK' }),
        person(3, '48215', hostile('TYPEMARK'), { last_name: 'MEMBERMARK' }),
      ],
    });
    here = site;
    const daemon = await site.daemon();
    expect(await site.openDoors()).toHaveLength(1);
    await site.sexton('reconcile');
    const metrics = (await daemon.get('/metrics')).text;
    const found = await everything(site, { metrics, log: daemon.out(), readyz: (await daemon.get('/readyz')).text });
    const raw = [...found].filter(([, text]) => unsafe.test(text)).map(([where, text]) => `${where}: ${JSON.stringify(/.{0,80}\r.{0,80}/s.exec(text)?.[0] ?? unsafe.exec(text)?.[0])}`);
    expect(raw).toEqual([]);
    const named = [...found].filter(([where, text]) => /MEMBERMARK|CARDMARK|48213|48215/.test(text) && !where.startsWith('sexton describe member')).map(([where]) => where);
    expect(named).toEqual([]);
    expect([...found].filter(([, text]) => text.includes('EVENTMARK')).map(([where]) => where)).toEqual(expect.arrayContaining(['sexton get bookings', 'run/live.json', 'sexton describe dg/lobby']));

    for (const where of ['sexton get bookings', 'sexton get bookings -o wide']) {
      const [head = '', ...rows] = (found.get(where) ?? '').trimEnd().split('\n');
      expect(rows).toHaveLength(3);
      const at = head.indexOf('WHEN');
      for (const row of rows) expect(atColumn(row, at)).toMatch(/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) /);
    }
    const bookings = JSON.parse(found.get('sexton get bookings -o json') ?? '') as { readonly items: readonly unknown[] };
    expect(bookings.items).toHaveLength(3);
    const lines = (found.get('log') ?? '').trimEnd().split('\n');
    for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
  });
});

/** What a terminal shows from this column on. */
function atColumn(row: string, column: number): string {
  for (let index = 0; index <= row.length; index += 1) if (displayWidth(row.slice(0, index)) === column) return row.slice(index);
  return '';
}

describe('privacy', () => {
  it('no name, e-mail, card or token in anything that stays, also where the other side repeats them in its errors', async () => {
    const contacts = [1, 2, 3, 4].map((id) =>
      person(id, String(48_210 + id), 'Gold', { first_name: `Xaverius${id}`, last_name: `Quillfeather${id}`, display_name: `Xaverius${id} Quillfeather${id}`, email: `xaverius${id}@members.example` }),
    );
    const site = await install(program, { contacts, files: { ...churchFiles(), 'members.yaml': tierMapping('Allow, minimum: 100') } });
    here = site;
    const echo = 'Xaverius1 Quillfeather1 xaverius1@members.example 48211 sync-48211 sim-unifi-token sim-civicrm-key sim-secret';
    await site.unifi.sim('/fault', { match: 'POST .*/users$', times: 3, code: 'CODE_PARAMS_INVALID', msg: echo });
    await site.unifi.sim('/fault', { match: 'PUT .*/nfc_cards$', times: 2, status: 500, body: echo });
    await site.unifi.sim('/fault', { match: 'POST .*/import', times: 1, code: 'CODE_SYSTEM_ERROR', msg: echo });
    await site.unifi.sim('/fault', { match: 'GET .*/schedules', times: 1, status: 200, body: `<html>${echo}</html>` });
    await site.civicrm.sim('/fault', { match: 'POST', times: 2, status: 200, body: JSON.stringify({ values: [], error_code: 1, error_message: echo }) });
    await site.pco.sim('/fault', { match: 'GET', times: 2, status: 500, body: echo });
    const child = program.start(['run'], { environment: { ...site.environment, LOG_LEVEL: 'debug' }, cwd: site.directory });
    const url = await until('it listens', () => /"url":"([^"]+)"/.exec(child.out())?.[1]);
    const said: string[] = [];
    await until('all members are there with their cards', async () => {
      said.push(await site.read('run/live.json').catch(() => ''), ...Object.values(await site.files('state', 'resources')));
      return (await site.users()).filter((user) => (user['nfc_cards'] as readonly unknown[]).length === 1).length === 4;
    }, 40_000);
    // One leaves, one has a new card, two swap, one joins with the leaver's card, while UniFi fails and talks about it.
    for (const match of ['PUT .*/nfc_cards/delete', 'PUT .*/nfc_cards$', 'PUT .*/users/[^/]+$', 'GET .*/users\\?', 'GET .*/tokens\\?']) {
      await site.unifi.sim('/fault', { match, times: 1, code: 'CODE_SYSTEM_ERROR', msg: echo });
    }
    await site.civicrm.sim('/fault', { match: 'POST', times: 1, status: 500, body: JSON.stringify({ error_code: 0, error_message: echo, status: 500 }) });
    const named = (id: number, card: number, more: Readonly<Record<string, unknown>> = {}): unknown =>
      person(id, String(card), 'Gold', { first_name: `Xaverius${id}`, last_name: `Quillfeather${id}`, email: `xaverius${id}@members.example`, ...more });
    await site.civicrm.sim('/seed?merge=1', { contacts: [named(1, 48_211, { memberships: [] }), named(2, 48_215), named(3, 48_214), named(4, 48_213), named(5, 48_211)] });
    await until('everybody is as declared', async () => {
      said.push(await site.read('run/live.json').catch(() => ''), ...Object.values(await site.files('state', 'resources')));
      const users = new Map((await site.users()).map((user) => [user['employee_number'], user]));
      const holds = (id: number): number => (users.get(`civicrm-${id}`)?.['nfc_cards'] as readonly unknown[] | undefined)?.length ?? 0;
      return users.get('civicrm-1')?.['status'] === 'DEACTIVATED' && [2, 3, 4, 5].every((id) => holds(id) === 1) && (await site.status('TierMapping', 'tiers')).conditions.some(({ type, status }) => type === 'Programmed' && status === 'True');
    }, 40_000);
    await site.links.unifi.shut();
    await site.sexton('reconcile');
    const metrics = (await call(`${url}/metrics`)).text;
    const found = await everything(site, { metrics, log: child.out(), err: child.err(), earlier: said.join('\n') });
    const private_ = /Xaverius|Quillfeather|members\.example|4821[1-5]|sim-unifi-token|sim-civicrm-key|sim-secret/;
    const leaks = [...found].filter(([where, text]) => private_.test(text) && !/describe member/.test(where)).map(([where, text]) => `${where}: ${/.{0,160}(?:Xaverius|Quillfeather|members\.example|4821[1-5]|sim-unifi-token|sim-civicrm-key|sim-secret).{0,40}/.exec(text)?.[0] ?? ''}`);
    expect(leaks).toEqual([]);
    const tokens = ((await site.unifi.sim('/state')) as { readonly cards: readonly { readonly token: string }[] }).cards.map(({ token }) => token);
    expect(tokens.length).toBeGreaterThan(3);
    expect([...found].filter(([, text]) => tokens.some((token) => text.includes(token))).map(([where]) => where)).toEqual([]);
  }, 150_000);
});
