import type { MemberView } from '../../src/status/view.js';
import { runCommandLine, type Ran } from '../cli/harness.js';
import { membersFile, type MembersSite, type Register } from '../support/members-site.js';
import { condition } from '../support/site.js';

export const gold = (card: unknown, more: Readonly<Record<string, unknown>> = {}): Register[number] => ({ card, type: 'Gold', more });
export const left = (card: unknown): Register[number] => ({ card, type: null });
export const three: Register = { 1: gold('101'), 2: gold('102'), 3: gold('103') };
export const out = (cards: readonly string[] = []): unknown => ({ status: 'DEACTIVATED', cards, policies: ['policy-members'] });
export const hour = 3_600_000;
/** Past, so that the real clock of a command is never behind what the state directory knows. */
export const past = { now: '2026-01-10T13:00:00Z' };
export const dayPass = '    - { membershipType: Day Pass, access: Ignore, rank: 5 }\n';
export const membership = (type: string, more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
  type,
  status: 'Current',
  start_date: '2020-01-01',
  end_date: '2030-01-01',
  ...more,
});

export function view({ site }: MembersSite, contact: number): MemberView | undefined {
  return site.composition.engine.view().members.find((each) => each.contact === contact);
}

export async function declare({ site }: MembersSite, spec: string, identity?: string): Promise<void> {
  const text = membersFile(spec);
  await site.write('members.yaml', identity === undefined ? text : text.replace(/identity: .*/, `identity: ${identity}`));
}

export async function tiers({ site }: MembersSite, type: string): Promise<ReturnType<typeof condition>> {
  return condition(await site.status('TierMapping', 'tiers'), type);
}

export function command({ site }: MembersSite, ...words: readonly string[]): Promise<Ran> {
  return runCommandLine(words, { environment: { ...site.credentials, SEXTON_CONFIG: site.configPath } });
}

export async function writesOf(site: MembersSite, work: () => Promise<unknown> = () => site.run()): Promise<number> {
  await site.site.forgetRequests();
  await work();
  return (await site.site.writes()).length;
}
