import type { CivicrmSeed } from './seed.js';

export interface Credentials {
  readonly xCiviAuth: string | undefined;
  readonly authorization: string | undefined;
  readonly authxParam: string | undefined;
  /** From the header X-Civi-Key or the parameter `_authxSiteKey`. */
  readonly siteKey: string | undefined;
}

export type Authentication =
  | { readonly as: 'contact'; readonly flow: 'xheader' | 'header' | 'param' }
  | { readonly as: 'anonymous' }
  | { readonly as: 'refused'; readonly message: string };

/**
 * Who calls. An API key alone is not enough: a guard asks for the site key or for the permission to use API keys.
 * @param guard which of the two this site accepts; `perm` accepts either.
 */
export function authenticate(given: Credentials, seed: CivicrmSeed, guard: 'perm' | 'site_key'): Authentication {
  const flows = [
    ['xheader', given.xCiviAuth],
    ['header', given.authorization],
    ['param', given.authxParam],
  ] as const;
  const used = flows.find(([, value]) => value !== undefined && value !== '');
  if (used === undefined) return { as: 'anonymous' };
  const [flow, value = ''] = used;
  const [scheme = '', secret = ''] = value.trim().split(/\s+/, 2);
  // Passwords are off by default, and a key is accepted as a bearer only.
  if (scheme.toLowerCase() !== 'bearer' || secret !== seed.apiKey) {
    return { as: 'refused', message: 'HTTP 401 Invalid credential' };
  }
  const permitted = guard === 'perm' && seed.permissions.includes('authenticate with api key');
  if (given.siteKey === seed.siteKey || permitted) return { as: 'contact', flow };
  const guards = guard === 'perm' ? 'site_key, perm' : 'site_key';
  return { as: 'refused', message: `HTTP 401 Login not permitted. Must satisfy guard (${guards}).` };
}
