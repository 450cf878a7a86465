import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ChangeView, HeldView } from '../../src/status/view.js';
import { diffText } from '../../src/cli/diff-text.js';
import { createMetrics } from '../../src/server/metrics.js';
import picocolors from 'picocolors';
import { runCommandLine, type Ran } from '../cli/harness.js';
import { membersFile, startMembersSite, type MembersSite, type MembersSiteOptions, type Register } from '../support/members-site.js';
import { condition } from '../support/site.js';

let here: MembersSite | null = null;
afterEach(async () => {
  await here?.site.close();
  here = null;
});

const hour = 3_600_000;
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const register = (contacts: readonly number[], type: (contact: number) => string | null = () => 'Gold'): Register =>
  Object.fromEntries(contacts.map((contact) => [contact, { card: String(1_000 + contact), type: type(contact) }]));
const gone = (count: number, of = 20): Register => register(range(1, of), (contact) => (contact <= count ? null : 'Gold'));
const nfcId = (card: number): string => ((42 << 16) | card).toString(16).toUpperCase();

/** UniFi as an earlier life of the program left it: everybody active, with card and policy. */
function provisioned(contacts: readonly number[], policy = 'policy-members'): Readonly<Record<string, unknown>> {
  return {
    users: [
      { id: 'admin', first_name: 'Ada', last_name: 'Admin', employee_number: '1001', status: 'ACTIVE', access_policy_ids: [] },
      ...contacts.map((contact) => ({
        id: `u${contact}`,
        first_name: `First${contact}`,
        last_name: `Last${contact}`,
        employee_number: `civicrm-${contact}`,
        status: 'ACTIVE',
        access_policy_ids: [policy],
        nfc_cards: [{ token: `t${contact}` }],
      })),
    ],
    cards: contacts.map((contact) => ({ token: `t${contact}`, alias: `sync-${String(1_000 + contact).padStart(5, '0')}`, nfc_id: nfcId(1_000 + contact) })),
  };
}

const guards = (text: string): string => `  guards: { ${text} }\n`;

/** The default guards. */
async function start(count: number, more: Partial<MembersSiteOptions> = {}): Promise<MembersSite> {
  here = await startMembersSite({ people: register(range(1, count)), spec: guards('minimum: 3'), unifi: provisioned(range(1, count)), ...more });
  return here;
}

async function asProvisioned(count: number): Promise<MembersSite> {
  const site = await start(count);
  await site.expectQuiet();
  return site;
}

const held = ({ site }: MembersSite): HeldView | undefined => site.composition.engine.view().status.held[0];
const changes = ({ site }: MembersSite): readonly ChangeView[] => site.composition.engine.view().diff.planes.flatMap((plane) => (plane.plane === 'members' ? plane.changes : []));
const out = (site: MembersSite): string[] =>
  Object.entries(site.people())
    .filter(([, { status }]) => status === 'DEACTIVATED')
    .map(([contact]) => contact);

function approve({ site }: MembersSite, what: string): Promise<Ran> {
  return runCommandLine(['approve', what], {
    view: site.composition.engine.view(),
    now: site.clock.now(),
    environment: { ...site.credentials, SEXTON_CONFIG: site.configPath, SUDO_USER: 'pat' },
  });
}

/** Writes to UniFi of one run. */
async function writesOf(site: MembersSite): Promise<number> {
  await site.site.forgetRequests();
  await site.run();
  return (await site.site.writes()).length;
}

describe('a membership database that answers nonsense', () => {
  it.each([
    ['page 1', 0],
    ['page 2', 1],
  ])('case 2: HTTP 200 with an error body on %s: nothing changes', async (_, good) => {
    const site = await start(620);
    await site.expectQuiet();
    // Everybody would have left, and one would come: none of it is believed.
    await site.register({ ...gone(620, 620), 700: { card: '7000', type: 'Gold' } });
    if (good > 0) await site.site.civicrm.sim('/fault', { match: 'Contact/get', times: good, delayMs: 0 });
    await site.site.civicrm.sim('/fault', { match: 'Contact/get', times: -1, status: 200, body: '{"error_code":0,"error_message":"DB Error: no such field"}' });
    for (const pause of [0, hour, 30 * hour]) {
      site.site.clock.advance(pause);
      expect(await writesOf(site)).toBe(0);
    }
    expect(out(site)).toEqual([]);
    const status = await site.site.status('TierMapping', 'tiers');
    expect(condition(status, 'SourceStale')?.status).toBe('True');
  });
});

describe('a complete answer in which nobody has access', () => {
  it.each([5, 20])('case 3: with %i active users: brake, with the reason; released by hash', async (count) => {
    const site = await asProvisioned(count);
    await site.register(gone(count, count));
    expect(await writesOf(site)).toBe(0);
    expect(held(site)?.summary).toBe(`deactivate: nobody in the membership database has access; ${count} would be deactivated`);
    const status = await site.site.status('TierMapping', 'tiers');
    expect(condition(status, 'Ready')).toMatchObject({ status: 'False', reason: 'Braked' });
    expect(condition(status, 'Braked')?.message).toContain(`release with: ${held(site)?.release ?? '-'}`);
    expect(status['brake']).toEqual({ plan: held(site)?.ref.slice('plan/'.length), verbs: ['deactivate'] });
    expect(await approve(site, held(site)?.ref ?? '')).toMatchObject({ code: 0, out: expect.stringContaining(`${count} changes`) as string });
    expect(await site.run()).toEqual([]);
    expect(out(site)).toHaveLength(count);
    await site.expectQuiet();
  });

  it.each([5, 20])('case 3: an empty answer with %i active users: brake, with the reason; released by hash', async (count) => {
    const site = await asProvisioned(count);
    await site.register({});
    expect(await writesOf(site)).toBe(0);
    expect(held(site)?.summary).toContain('nobody in the membership database has access');
    expect((await approve(site, held(site)?.ref ?? '')).code).toBe(0);
    expect(await site.run()).toEqual([]);
    expect(out(site)).toHaveLength(count);
  });

  it('case 3: an empty answer on a first run, with 500 active users', async () => {
    const site = await start(500, { people: {} });
    expect(await writesOf(site)).toBe(0);
    expect(held(site)?.summary).toBe('deactivate: nobody in the membership database has access; 500 would be deactivated');
  });

  it.each([500, 30])('case 3: a first run with %i newcomers: brake, with the reason; released by hash', async (count) => {
    const site = await start(count, { unifi: {} });
    expect(await writesOf(site)).toBe(0);
    expect(held(site)?.summary).toBe(`add: first provisioning of ${count} members (guards.bootstrap: Ask)`);
    expect(await approve(site, held(site)?.ref ?? '')).toMatchObject({ code: 0, out: expect.stringContaining(`${count} changes`) as string });
    // Five hundred take a while to make; thirty show the same.
    if (count === 500) return;
    await site.run();
    expect(Object.values(site.people()).filter(({ status }) => status === 'ACTIVE')).toHaveLength(count);
    await site.expectQuiet();
  });

  it('case 3: a single leaver after an approved mass change is not braked', async () => {
    const site = await asProvisioned(20);
    await site.register(gone(10));
    expect(await writesOf(site)).toBe(0);
    await approve(site, held(site)?.ref ?? '');
    await site.run();
    expect(out(site)).toHaveLength(10);
    await site.register(gone(11));
    await site.run();
    expect(out(site)).toHaveLength(11);
    expect(held(site)).toBeUndefined();
  });
});

describe('how a brake is released', () => {
  async function braked(count: number): Promise<MembersSite> {
    const site = await asProvisioned(20);
    await site.register(gone(count));
    await site.run();
    return site;
  }

  it('a subset of what was approved goes, what was not listed waits, and each goes once', async () => {
    const site = await braked(10);
    await approve(site, held(site)?.ref ?? '');
    // Before the next run four have renewed, and five others have left.
    await site.register(register(range(1, 20), (contact) => (contact <= 6 || contact > 15 ? null : 'Gold')));
    await site.run();
    expect(out(site)).toEqual(['1', '2', '3', '4', '5', '6']);
    expect(changes(site).filter((change) => change.held !== false).map(({ contact }) => contact)).toEqual([16, 17, 18, 19, 20]);
  });

  it('of the four that had renewed each waits again when it leaves later than an hour after', async () => {
    const site = await braked(10);
    await approve(site, held(site)?.ref ?? '');
    await site.register(gone(6));
    await site.run();
    site.site.clock.advance(hour);
    await site.register(gone(10));
    expect(await writesOf(site)).toBe(0);
    expect(changes(site)).toHaveLength(4);
  });

  it('one person at a time: the others of the plan wait on, also after a restart', async () => {
    const site = await braked(4);
    const plan = held(site)?.ref;
    expect(await approve(site, 'contact/2')).toMatchObject({ code: 0, out: expect.stringContaining('contact/2 approved: 1 change') as string });
    await site.run();
    expect(out(site)).toEqual(['2']);
    expect(held(site)?.ref).not.toBe(plan);
    await site.site.restart();
    expect(await writesOf(site)).toBe(0);
    expect(held(site)?.summary).toContain('part of a mass change of which only others were approved');
    expect((await approve(site, 'contact/2')).code).toBe(1);
    for (const contact of [1, 3, 4]) await approve(site, `contact/${contact}`);
    await site.run();
    expect(out(site)).toEqual(['1', '2', '3', '4']);
    expect(await readdir(join(site.site.configuration.stateDir, 'approvals'))).toEqual([]);
  });

  it('says who approved', async () => {
    const site = await braked(4);
    await approve(site, held(site)?.ref ?? '');
    const directory = join(site.site.configuration.stateDir, 'approvals');
    const [name = ''] = await readdir(directory);
    expect(JSON.parse(await readFile(join(directory, name), 'utf8'))).toMatchObject({ by: 'pat', hash: held(site)?.ref.slice(5) });
  });
});

describe('where a brake shows', () => {
  it('in diff, status, events and metrics; a brake that stays writes nothing', async () => {
    const metrics = createMetrics();
    const site = await start(20, { site: { observer: metrics.observer } });
    await site.expectQuiet();
    await site.register(register(range(1, 21), (contact) => (contact <= 4 ? null : 'Gold')));
    await site.run();
    const view = site.site.composition.engine.view();
    const lines = diffText(view.diff, picocolors.createColors(false)).trimEnd().split('\n');
    expect(lines.filter((line) => line.startsWith('! deactivate User/contact '))).toHaveLength(4);
    expect(lines.at(-2)).toBe(held(site)?.ref);
    expect(lines.at(-1)).toBe('4 changes, 4 held');
    expect(held(site)).toMatchObject({ kind: 'plan', release: `sexton approve ${held(site)?.ref ?? ''}` });
    const text = await metrics.text();
    expect(text).toContain('sexton_held_changes{plane="members"} 4');
    expect(text).toContain('sexton_plan_changes_total{plane="members",verb="add"} 1');
    expect(text).toContain('sexton_condition{kind="TierMapping",name="tiers",type="Braked",status="True"} 1');
    const events = await readFile(join(site.site.configuration.stateDir, 'events.jsonl'), 'utf8');
    expect(events).toMatch(/"type":"Warning","reason":"Braked".*sexton approve plan\/[0-9a-f]{12}/);
    const before = await traces(site);
    await site.run();
    await site.site.restart();
    await site.run();
    expect(await traces(site)).toEqual(before);
  });
});

describe('the budget of a day', () => {
  it('two leavers an hour are stopped at 30 %, across restarts, and go on a day later', async () => {
    const site = await asProvisioned(20);
    for (const count of [2, 4, 6, 8]) {
      site.site.clock.advance(hour);
      await site.register(gone(count));
      await site.run();
      await site.site.restart();
    }
    await site.run();
    expect(out(site)).toHaveLength(6);
    expect(held(site)?.summary).toBe('deactivate: 8 of 20 active users within 24 h is more than guards.per24h: 30%');
    const text = await readFile(join(site.site.configuration.stateDir, 'budget.json'), 'utf8');
    expect(text).not.toMatch(/civicrm|u1"|t1"|First|sync-/);
    site.site.clock.advance(21 * hour - 1);
    expect(await writesOf(site)).toBe(0);
    // Two of the six are a day old now; of the 18 that were active since, six would still be too many.
    site.site.clock.advance(1);
    expect(await writesOf(site)).toBe(0);
    site.site.clock.advance(hour);
    await site.run();
    expect(out(site)).toHaveLength(8);
  });

  it('what is blocked goes through any brake, and does not use the budget up', async () => {
    const site = await asProvisioned(20);
    await site.site.write('members.yaml', membersFile(`  blocked: [${range(1, 12).map((contact) => `{ contact: ${contact} }`).join(', ')}]\n${guards('minimum: 3')}`));
    await site.run();
    expect(out(site)).toHaveLength(12);
    await site.register(register(range(1, 20), (contact) => (contact > 18 ? null : 'Gold')));
    await site.run();
    expect(out(site)).toHaveLength(14);
  });

  it.each([
    ['damaged', (path: string) => writeFile(path, '{"version": 1, "hou')],
    ['gone', (path: string) => rm(path)],
  ])('a file that is %s lets no mass change through; single leavers go', async (_, spoil) => {
    const site = await asProvisioned(60);
    await site.register(gone(9, 60));
    await site.run();
    expect(out(site)).toHaveLength(9);
    await spoil(join(site.site.configuration.stateDir, 'budget.json'));
    await site.site.restart();
    expect(site.site.composition.lost.join()).toContain('budget.json');
    await site.register(gone(11, 60));
    await site.run();
    expect(out(site)).toHaveLength(11);
    await site.register(gone(14, 60));
    await site.run();
    expect(out(site)).toHaveLength(11);
    expect(held(site)?.summary).toContain('since the counts of the last 24 h were lost');
  });

  it('a write that fails over and over is counted once', async () => {
    const site = await asProvisioned(20);
    await site.register(gone(2));
    await site.site.unifi.sim('/fault', { match: 'PUT /api/v1/developer/users/u1($|\\?)', times: 4, code: 'CODE_SYSTEM_ERROR', msg: 'no' });
    for (let round = 0; round < 4; round += 1) expect(await site.run()).toHaveLength(1);
    await site.register(gone(4));
    expect(await site.run()).toEqual([]);
    expect(out(site)).toHaveLength(4);
  });
});

describe('a process that is stopped in the middle of a mass change', () => {
  it('an approved plan goes on after a restart without another approval', async () => {
    const site = await asProvisioned(20);
    await site.register(gone(10));
    await site.run();
    await approve(site, held(site)?.ref ?? '');
    let left = 9;
    // Nothing gets through any more: as after a power cut.
    site.unifi.around((request, act) => (request.method !== 'GET' && (left -= 1) < 0 ? Promise.resolve(new Response('', { status: 502 })) : act()));
    await site.run();
    expect(out(site).length).toBeLessThan(10);
    site.unifi.around(null);
    await site.site.restart();
    expect(await site.run()).toEqual([]);
    expect(out(site)).toHaveLength(10);
    await site.expectQuiet();
  });

  it('a first provisioning that was allowed, or approved, ends without a question', async () => {
    for (const bootstrap of ['Allow', 'Ask']) {
      const site = await start(25, { unifi: {}, spec: guards(`bootstrap: ${bootstrap}`) });
      await site.run();
      // Once more from nothing, this time with a hand on the plug.
      await site.site.unifi.sim('/reset', {});
      await rm(site.site.configuration.stateDir, { recursive: true });
      await site.site.restart();
      let left = 35;
      site.unifi.around((request, act) => (request.method !== 'GET' && (left -= 1) < 0 ? Promise.resolve(new Response('', { status: 502 })) : act()));
      await site.run();
      if (bootstrap === 'Ask') {
        await approve(site, held(site)?.ref ?? '');
        await site.run();
      }
      site.unifi.around(null);
      await site.site.restart();
      expect(await site.run()).toEqual([]);
      await site.expectQuiet();
      expect(Object.values(site.people()).filter(({ cards, policies }) => cards.length === 1 && policies.length === 1)).toHaveLength(25);
      // It is over: from now on many at once wait again.
      await site.register(register(range(1, 40)));
      expect(await writesOf(site)).toBe(0);
      await site.site.close();
      here = null;
    }
  });
});

/** What the state and the resource directory look like on disk. */
async function traces({ site }: MembersSite): Promise<readonly string[]> {
  const found: string[] = [];
  for (const directory of [site.configuration.stateDir, site.resources]) {
    for (const name of await readdir(directory, { recursive: true })) {
      const { mtimeMs, ino, size } = await stat(join(directory, name));
      found.push(`${name} ${mtimeMs} ${ino} ${size}`);
    }
  }
  return found.sort();
}
