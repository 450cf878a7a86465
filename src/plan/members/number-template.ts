import { identity } from '../../desired/members/identity.js';
import type { UnifiUser } from '../../unifi/access-controller.js';

export interface TemplateVerdict {
  /** The template by which users are recognised: the declared one, or the old one while the plane is suspended. */
  readonly inForce: string;
  /** Why nothing may change; null: all is well. */
  readonly suspended: string | null;
  /** What to remember before the first write. */
  readonly remember: readonly string[];
}

export interface TemplateInputs {
  /** `spec.identity` */
  readonly declared: { readonly employeeNumber: string; readonly adoptFrom?: string };
  /** Empty at the beginning and after a lost inventory: then the declared one is taken at its word. */
  readonly remembered: readonly string[];
  readonly users: readonly Pick<UnifiUser, 'employeeNumber'>[];
}

/**
 * Another template makes strangers of everybody who carries the old number: they would keep their access for ever, and
 * all would be created again. Nothing changes then, unless `adoptFrom` names the old one. An old template is forgotten
 * once nobody carries it.
 */
export function judgeTemplate({ declared, remembered, users }: TemplateInputs): TemplateVerdict {
  const { employeeNumber, adoptFrom } = declared;
  const carriers = (template: string): number => {
    const ids = identity(template);
    return users.filter((user) => ids.contactOf(user.employeeNumber) !== null).length;
  };
  const others = remembered.filter((template) => template !== employeeNumber && carriers(template) > 0);
  const unnamed = others.find((template) => template !== adoptFrom);
  if (unnamed !== undefined) {
    const count = carriers(unnamed);
    const message =
      `identity.employeeNumber is "${employeeNumber}" now, and ${count} UniFi ${count === 1 ? 'user carries' : 'users carry'} a number by "${unnamed}", so no member changes: ` +
      `put "${unnamed}" back, or set identity.adoptFrom: "${unnamed}" and run sexton adopt members`;
    return { inForce: unnamed, suspended: message, remember: remembered };
  }
  const twofold = [...others, ...(adoptFrom === undefined ? [] : [adoptFrom])].find((template) => readAlike(template, employeeNumber, users));
  if (twofold !== undefined) {
    const message = `identity.employeeNumber "${employeeNumber}" and "${twofold}" read the same number as different contacts, so no member changes: choose a template that begins otherwise`;
    return { inForce: others[0] ?? employeeNumber, suspended: message, remember: remembered };
  }
  return { inForce: employeeNumber, suspended: null, remember: [employeeNumber, ...others] };
}

function readAlike(one: string, other: string, users: TemplateInputs['users']): boolean {
  if (one === other) return false;
  const [a, b] = [identity(one), identity(other)];
  return users.some(({ employeeNumber }) => a.contactOf(employeeNumber) !== null && b.contactOf(employeeNumber) !== null);
}
