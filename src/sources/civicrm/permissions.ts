import { errorCode } from '../../runtime/errors.js';
import type { CivicrmApi } from './api-client.js';

/**
 * Which permission or name a failed query lacks, in one sentence with the remedy; null when none can be made out.
 * CiviCRM hides the cause of a 500 from callers without `view debug output`, so it is asked for piece by piece.
 */
export async function missingPermission(api: CivicrmApi, cardField: string): Promise<string | null> {
  const field = await knows(() => api.get('Contact', { select: ['name'], where: [['name', '=', cardField]] }, 'getFields'));
  if (field === 'no') {
    const [group = '', name = ''] = cardField.split('.');
    const stored = await knows(() => api.get('CustomField', { select: ['id'], where: [['custom_group_id:name', '=', group], ['name', '=', name]], limit: 1 }));
    return stored === 'yes'
      ? `the API user may not see ${cardField}: give its role "access all custom data" (in the permissions of the CMS)`
      : `CiviCRM shows the API user no field ${cardField}: check civicrm.cardField, and give the role "access all custom data"`;
  }
  const memberships = await knows(() => api.get('Membership', { select: ['id'], limit: 1 }));
  return memberships === 'forbidden' ? 'the API user may not see memberships: give its role "access CiviMember" (in the permissions of the CMS)' : null;
}

async function knows(ask: () => Promise<{ readonly values: readonly unknown[] }>): Promise<'yes' | 'no' | 'forbidden' | 'unknown'> {
  try {
    return (await ask()).values.length > 0 ? 'yes' : 'no';
  } catch (error) {
    return errorCode(error) === 'Forbidden' ? 'forbidden' : 'unknown';
  }
}
