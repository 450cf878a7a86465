import { Hono } from 'hono';
import type { SimulatorDefinition } from '../../src/sim/kit/simulator.js';
import { unifiDefinition } from '../../src/sim/unifi/definition.js';
import { rows } from './sim.js';

export interface WatchedRequest {
  readonly method: string;
  readonly path: string;
}

/** Decides what becomes of a request: `act` lets it through; what it returns is the answer. */
export type Around = (request: WatchedRequest, act: () => Promise<Response>) => Promise<Response>;

export interface WatchedUnifi {
  readonly definition: SimulatorDefinition;
  /** What it holds, between two requests. */
  state(): Readonly<Record<string, unknown>>;
  /** From now on; null: everything goes through. */
  around(around: Around | null): void;
}

/** The simulated controller, with a look at every single request before and after it acts. */
export function watchedUnifi(): WatchedUnifi {
  let dump: () => Readonly<Record<string, unknown>> = () => ({});
  let current: Around | null = null;
  return {
    definition: {
      ...unifiDefinition,
      create: (context) => {
        const world = unifiDefinition.create(context);
        dump = () => world.dump();
        const api = new Hono();
        api.all('*', async (c) => {
          const act = async (): Promise<Response> => world.api.fetch(c.req.raw);
          return current === null ? act() : current({ method: c.req.method, path: c.req.path }, act);
        });
        return { ...world, api };
      },
    },
    state: () => dump(),
    around: (around) => {
      current = around;
    },
  };
}

export interface UserState {
  readonly id: string;
  readonly employee_number: string;
  readonly first_name: string;
  readonly user_email: string;
  readonly status: string;
  readonly access_policy_ids: readonly string[];
  readonly nfc_cards: readonly { readonly token: string }[];
}

export function usersOf(state: Readonly<Record<string, unknown>>): readonly UserState[] {
  return rows(state['users']) as unknown as readonly UserState[];
}

/** Numbers under the alias `sync-…` that a user holds; other cards by their alias. */
export function cardsOf(state: Readonly<Record<string, unknown>>, user: UserState): readonly string[] {
  const alias = new Map(rows(state['cards']).map((card) => [card['token'], String(card['alias'])]));
  return user.nfc_cards.map(({ token }) => (alias.get(token) ?? '?').replace(/^sync-0*/, '')).sort();
}
