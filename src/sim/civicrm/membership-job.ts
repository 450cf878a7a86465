import { DateTime } from 'luxon';
import type { CivicrmSeed, SeedContact, SeedMembership } from './seed.js';

/** Statuses that the job never revives. */
const settled = ['Pending', 'Cancelled', 'Expired'];

function plusMonths(date: string, months: number): string {
  return DateTime.fromISO(date).plus({ months }).toISODate() ?? date;
}

/** The built-in rules in their order of weight; dates are inclusive. Undefined: no rule matches. */
function statusOn(today: string, { join_date: join, start_date: start, end_date: end }: SeedMembership): string | undefined {
  if (join !== null && today >= join && today <= plusMonths(join, 3)) return 'New';
  if (start !== null && today >= start && (end === null || today <= end)) return 'Current';
  if (end === null || today <= end) return undefined;
  return today <= plusMonths(end, 1) ? 'Grace' : 'Expired';
}

function processed(membership: SeedMembership, contact: SeedContact, active: ReadonlySet<string>, today: string): SeedMembership {
  if (!active.has(membership.type) || membership.is_test || membership.owner_membership_id !== null) return membership;
  if (settled.includes(membership.status)) return membership;
  if (contact.is_deceased) return { ...membership, status: 'Deceased' };
  const { status_override_end_date: overrideEnd } = membership;
  if (membership.is_override && (overrideEnd === null || overrideEnd > today)) return membership;
  const freed = { ...membership, is_override: false, status_override_end_date: null };
  return { ...freed, status: statusOn(today, freed) ?? freed.status };
}

/**
 * "Update Membership Statuses", which a site's cron runs once a day: the stored status moves only here. Inactive types,
 * test rows and overrides stay; an inherited membership takes the status of the one it comes from.
 * @param today `YYYY-MM-DD` in the site's zone.
 */
export function processMemberships(seed: CivicrmSeed, today: string): CivicrmSeed {
  const active = new Set(seed.types.filter((type) => type.is_active).map((type) => type.name));
  const contacts = seed.contacts.map((contact) => ({
    ...contact,
    memberships: contact.memberships.map((membership) => processed(membership, contact, active, today)),
  }));
  const statuses = new Map(contacts.flatMap((contact) => contact.memberships.map(({ id, status }) => [id, status] as const)));
  const inherited = (membership: SeedMembership): SeedMembership => {
    const status = membership.owner_membership_id === null ? undefined : statuses.get(membership.owner_membership_id);
    return status === undefined ? membership : { ...membership, status };
  };
  return { ...seed, contacts: contacts.map((contact) => ({ ...contact, memberships: contact.memberships.map(inherited) })) };
}
