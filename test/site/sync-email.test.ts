import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { member, noBrake, startMembersSite, type MembersSite, type MembersSiteOptions, type Register } from '../support/members-site.js';
import { rows } from '../support/sim.js';

let here: MembersSite | null = null;
afterEach(async () => {
  await here?.site.close();
  here = null;
});

const spec = `  syncEmail: true\n${noBrake}`;

async function start(people: Register, options: Partial<MembersSiteOptions> = {}): Promise<MembersSite> {
  here = await startMembersSite({ people, spec, ...options });
  return here;
}

const gold = (card: string, email: string | null): Register[number] => ({ card, type: 'Gold', more: { email } });
const emailOf = (site: MembersSite, contact: number): string | undefined => site.user(`civicrm-${contact}`)?.user_email;
const reasonsOf = (site: MembersSite, contact: number): string => site.site.composition.engine.view().members.find((each) => each.contact === contact)?.reasons.join() ?? '';

/** Everything on disk, and everything that was asked of CiviCRM and sent to UniFi. */
async function everything({ site }: MembersSite): Promise<string> {
  const files = (await readdir(site.directory, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const texts = await Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8')));
  return texts.join('\n');
}

describe('e-mails', () => {
  it('case 13: with the default none is ever asked for, and none is ever sent', async () => {
    const site = await start({ 1: gold('101', 'one@members.example') }, { spec: noBrake });
    await site.run();
    await site.expectQuiet();
    const requests = [...rows(await site.site.unifi.sim('/requests')), ...rows(await site.site.civicrm.sim('/requests'))];
    expect(JSON.stringify(requests)).not.toMatch(/email/i);
    expect(emailOf(site, 1)).toBe('');
    expect((site.unifi.state() as { readonly email_invites?: number }).email_invites ?? 0).toBe(0);
  });

  it('case 13: one that an administrator has is no difference twice, not even after a restart; nor is it on any disk', async () => {
    const site = await start({ 1: gold('101', 'pastor@church.example'), 2: gold('102', 'two@members.example') }, { unifi: { admin_emails: ['pastor@church.example'] } });
    expect(await site.run()).toEqual([]);
    expect(site.people()).toEqual({ 1: member(101), 2: member(102) });
    expect([emailOf(site, 1), emailOf(site, 2)]).toEqual(['', 'two@members.example']);
    await site.expectQuiet();
    expect(reasonsOf(site, 1)).toContain('e-mail');
    await site.site.restart();
    await site.expectQuiet();
    expect(await everything(site)).not.toMatch(/pastor@|two@members/);
    // Another address is another matter, and so is the first one when it is free again.
    await site.register({ 1: gold('101', 'one@members.example'), 2: gold('102', 'two@members.example') });
    expect(await site.run()).toEqual([]);
    expect(emailOf(site, 1)).toBe('one@members.example');
    await site.expectQuiet();
  });

  it('follow the database: written, changed, and never cleared; case and blanks are no difference', async () => {
    const site = await start({ 1: gold('101', 'One@Members.example'), 2: gold('102', null) });
    await site.run();
    expect(emailOf(site, 1)).toBe('One@Members.example');
    for (const email of [' one@members.example ', null, '', 'no address', 'a@b@c']) {
      await site.register({ 1: gold('101', email), 2: gold('102', null) });
      await site.expectQuiet();
    }
    await site.register({ 1: gold('101', 'new@members.example'), 2: gold('102', null) });
    expect(await site.run()).toEqual([]);
    expect(emailOf(site, 1)).toBe('new@members.example');
    await site.expectQuiet();
  });

  it('a family with one address: the first has it, the others are told; nobody waits for it', async () => {
    const site = await start({ 1: gold('101', 'family@members.example'), 2: gold('102', 'family@members.example') });
    expect(await site.run()).toEqual([]);
    expect([emailOf(site, 1), emailOf(site, 2)]).toEqual(['family@members.example', '']);
    expect(site.people()).toEqual({ 1: member(101), 2: member(102) });
    expect(reasonsOf(site, 2)).toContain('e-mail');
    await site.expectQuiet();
  });

  it('turned on for many it is a mass change, which waits', async () => {
    const people: Register = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [index + 1, gold(String(101 + index), `m${index}@members.example`)]));
    const usual = '  guards: { bootstrap: Allow }\n';
    const site = await start(people, { spec: usual });
    await site.run();
    await site.site.write('members.yaml', (await readFile(join(site.site.resources, 'members.yaml'), 'utf8')).replace(usual, `  syncEmail: true\n${usual}`));
    await site.site.forgetRequests();
    // Once to read the file, once more with addresses.
    await site.run();
    await site.run();
    expect(await site.site.writes()).toEqual([]);
    expect((await site.site.status('TierMapping', 'tiers'))['brake']).toMatchObject({ verbs: ['rename'] });
  });
});
