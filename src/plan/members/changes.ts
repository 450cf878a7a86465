import type { PersonName } from '../../desired/members/person-name.js';

/** A card that somebody should hold. */
export interface CardTarget {
  readonly number: number;
  readonly alias: string;
  readonly nfcId: string;
  /** Null: UniFi does not know the card yet, it is imported first. */
  readonly token: string | null;
  /** The user that holds it now and gives it up in this plan, or may lose it; null: free. */
  readonly holder: string | null;
}

/** Creates the user, or brings a deactivated one back, with its first card and policies. */
export interface AddChange {
  readonly verb: 'add';
  readonly contact: number;
  /** Null: create. */
  readonly userId: string | null;
  readonly name: PersonName;
  /** The name differs from what UniFi holds (always when created). */
  readonly rename: boolean;
  readonly employeeNumber: string;
  /** To be written; null: it stays as it is. */
  readonly email: string | null;
  readonly policies: readonly string[];
  /** Some of `policies` may come with a group or with being a user: those are not given once more. */
  readonly inherits: boolean;
  readonly card: CardTarget | null;
  /** The card that the user holds in the end, bound by this change or before it; null: none of ours. */
  readonly number: number | null;
  /** Cards under our alias that the user should not hold any longer. */
  readonly release: readonly OwnCard[];
}

/** Cuts access: releases the cards under our alias, then deactivates. */
export interface DeactivateChange {
  readonly verb: 'deactivate';
  /** Blocked by the TierMapping: never braked. Vanished: the membership database no longer knows the contact. */
  readonly because: 'blocked' | 'lost' | 'vanished';
  readonly contact: number;
  readonly userId: string;
  readonly release: readonly OwnCard[];
}

export interface RenameChange {
  readonly verb: 'rename';
  readonly contact: number;
  readonly userId: string;
  readonly before: PersonName;
  readonly name: PersonName;
  /** To be written; null: it stays as it is. */
  readonly email: string | null;
}

export interface PolicyChange {
  readonly verb: 'policy';
  readonly contact: number;
  readonly userId: string;
  /** Managed direct ones only. */
  readonly before: readonly string[];
  readonly policies: readonly string[];
}

export interface CardChange {
  readonly verb: 'card';
  readonly contact: number;
  readonly userId: string;
  /** Null: nothing to bind, only to release. */
  readonly card: CardTarget | null;
  /** The card that the user holds in the end. */
  readonly number: number | null;
  readonly release: readonly OwnCard[];
}

export interface OwnCard {
  readonly number: number;
  readonly token: string;
}

export type MemberChange = AddChange | DeactivateChange | RenameChange | PolicyChange | CardChange;
export type MemberVerb = MemberChange['verb'];
