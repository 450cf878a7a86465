import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { AuditItem } from '../../src/cli/audit/items.js';
import { runCommandLine, type Ran } from '../cli/harness.js';
import { churchFiles, churchUnifi } from '../support/church.js';
import { membersFile, noBrake, startMembersSite, type MembersSite } from '../support/members-site.js';
import { startSite, type Site } from '../support/site.js';
import { gold, past } from '../site/member-world.js';

let close: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const each of close.splice(0)) await each();
  close = [];
});

function command({ configPath, credentials }: Site, ...words: readonly string[]): Promise<Ran> {
  return runCommandLine(words, { environment: { ...credentials, SEXTON_CONFIG: configPath, SUDO_USER: 'carol' } });
}

async function items(site: Site, ...words: readonly string[]): Promise<readonly AuditItem[]> {
  const { out } = await command(site, 'audit', ...words, '-o', 'json');
  return (JSON.parse(out) as { items: readonly AuditItem[] }).items;
}

const older = (contact: number): object => ({
  id: `old-${contact}`,
  first_name: `First${contact}`,
  last_name: `Last${contact}`,
  employee_number: String(contact),
  status: 'ACTIVE',
  access_policy_ids: ['policy-members'],
  nfc_cards: [{ token: `t${contact}` }],
});
const card = (contact: number, number: number): object => ({ token: `t${contact}`, alias: `sync-${String(number).padStart(5, '0')}`, nfc_id: (42 * 65_536 + number).toString(16).toUpperCase() });

async function olderUsers(): Promise<MembersSite> {
  const here = await startMembersSite({
    people: { 1: gold('101'), 2: gold('102') },
    unifi: { users: [older(1), older(2)], cards: [card(1, 101), card(2, 102)] },
    site: { ...past, files: { 'members.yaml': membersFile(noBrake).replace(/identity: .*/, 'identity: { employeeNumber: "civicrm-{id}", adoptFrom: "{id}" }') } },
  });
  close.push(() => here.site.close());
  return here;
}

describe('sexton adopt members', () => {
  it('is on record person by person: who ordered it, the numbers before and after, and what came of it', async () => {
    const { site } = await olderUsers();
    await site.run();
    await site.composition.close();
    // The second user is refused by UniFi.
    await site.unifi.sim('/fault', { match: 'PUT /api/v1/developer/users/old-2', times: 1, code: 'CODE_SYSTEM_ERROR', msg: 'no' });
    expect(await command(site, 'adopt', 'members')).toMatchObject({ code: 1, out: expect.stringContaining('1 taken over, 1 not') as unknown });
    const adopted = (contact: number): Promise<readonly AuditItem[]> => items(site, '--contact', String(contact)).then((all) => all.filter(({ verb }) => verb === 'adopt'));
    expect(await adopted(1)).toMatchObject([
      {
        outcome: 'Done',
        object: { kind: 'User', id: 'old-1', name: 'contact 1' },
        before: { employeeNumber: '1' },
        after: { employeeNumber: 'civicrm-1' },
        causes: [{ kind: 'person', by: 'carol' }],
      },
    ]);
    expect(await adopted(2)).toMatchObject([{ outcome: 'Failed', error: { code: 'CODE_SYSTEM_ERROR' } }]);
    expect((await command(site, 'audit', '--contact', '1')).out).toMatch(/adopt .*ordered by carol/);
    expect(await command(site, 'audit', 'verify')).toMatchObject({ code: 0 });
    const trail = readFileSync(join(site.configuration.stateDir, 'audit.jsonl'), 'utf8');
    expect(trail).not.toMatch(/First\d|Last\d|sync-00/);
    await site.restart();
  });

  it('takes nobody over where UniFi belongs to another installation', async () => {
    const { site } = await olderUsers();
    await site.composition.close();
    await site.unifi.sim('/seed?merge=1', { holiday_groups: [{ id: 'mark', name: 'Sexton owner', description: 'somebody-else', holidays: [] }] });
    await site.forgetRequests();
    expect(await command(site, 'adopt', 'members')).toMatchObject({ code: 1, err: expect.stringContaining('NotOwner') as unknown });
    expect(await site.writes()).toEqual([]);
    await site.restart();
  });
});

describe('sexton adopt controller', () => {
  it('leaves a state directory in which the next start misses nothing', async () => {
    const site = await startSite({ now: '2026-11-21T13:00:00Z', files: churchFiles(), unifi: churchUnifi('America/New_York'), without: ['civicrm', 'planningCenter'] });
    close.push(() => site.close());
    await site.run('doors');
    await site.composition.close();
    rmSync(site.configuration.stateDir, { recursive: true });
    expect(await command(site, 'adopt', 'controller')).toMatchObject({ code: 0, err: '' });
    expect(await items(site)).toMatchObject([{ verb: 'adopt', outcome: 'Done', causes: [{ by: 'carol' }] }]);
    await site.restart();
    expect(site.composition.lost).toEqual([]);
    expect(await site.run('doors')).toEqual([]);
    expect(site.composition.engine.view().status.troubles).toEqual([]);
  });

  it('that fails says so on record', async () => {
    const site = await startSite({ now: '2026-11-21T13:00:00Z', files: churchFiles(), unifi: churchUnifi('America/New_York'), without: ['civicrm', 'planningCenter'] });
    close.push(() => site.close());
    await site.run('doors');
    await site.composition.close();
    rmSync(site.configuration.stateDir, { recursive: true });
    await site.unifi.sim('/fault', { match: 'DELETE /api/v1/developer/access_policies/holiday_groups', times: 1, code: 'CODE_SYSTEM_ERROR', msg: 'no' });
    expect(await command(site, 'adopt', 'controller')).toMatchObject({ code: 1, err: expect.stringContaining('CODE_SYSTEM_ERROR') as unknown });
    expect(await items(site)).toMatchObject([{ verb: 'adopt', outcome: 'Failed', error: { code: 'CODE_SYSTEM_ERROR' } }]);
    await site.restart();
  });

  it('nor does a start with nothing declared yet', async () => {
    const site = await startSite({ now: '2026-11-21T13:00:00Z', files: {}, unifi: churchUnifi('America/New_York'), without: ['civicrm', 'planningCenter'] });
    close.push(() => site.close());
    await site.run('doors');
    await site.restart();
    expect(site.composition.lost).toEqual([]);
  });
});
