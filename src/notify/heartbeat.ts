import type { Clock } from '../runtime/clock.js';
import { errorCode, errorMessage } from '../runtime/errors.js';
import type { HttpClient } from '../runtime/http.js';
import { isoSeconds } from '../runtime/instant.js';
import type { Logger } from '../runtime/log.js';
import type { HeartbeatView, PlaneView } from '../status/view.js';
import type { AlertFacts } from './facts.js';
import { requireAccepted } from './transport.js';

/** Tells a service elsewhere that all is well. It notices when nobody tells it: a dead Pi cannot alert. */
export interface Heartbeat {
  /** Calls the service after a new good cycle, at most once a minute, in the background. @throws never */
  look(facts: AlertFacts): void;
  /** One call now. @throws TransientError, TerminalError */
  beat(): Promise<void>;
  view(): HeartbeatView;
  close(): void;
}

export interface HeartbeatOptions {
  /** Of the url's origin; its path must never show. */
  readonly http: HttpClient;
  readonly url: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onTurn: () => void;
}

const shortest = 60_000;

export function createHeartbeat({ http, url, clock, log, onTurn }: HeartbeatOptions): Heartbeat {
  const { pathname, search } = new URL(url);
  let state: { readonly ok: boolean; readonly lastSuccess: number | null; readonly failingSince: number | null; readonly error: string | null } = {
    ok: true,
    lastSuccess: null,
    failingSince: null,
    error: null,
  };
  let told: string | null = null;
  let lastBeat = -Infinity;
  let busy = false;
  let closed = false;

  async function beat(): Promise<void> {
    requireAccepted(await http.request({ method: 'GET', path: `${pathname}${search}` }), 'heartbeat');
  }

  async function beatNow(): Promise<void> {
    const { ok: before } = state;
    busy = true;
    lastBeat = clock.monotonic();
    try {
      await beat();
      state = { ok: true, lastSuccess: clock.now(), failingSince: null, error: null };
    } catch (error) {
      if (closed) return;
      if (before) log.warn('heartbeat not delivered', { code: errorCode(error), error: errorMessage(error) });
      state = { ...state, ok: false, failingSince: state.failingSince ?? clock.now(), error: errorMessage(error) };
    } finally {
      busy = false;
    }
    if (before !== state.ok && !closed) onTurn();
  }

  return {
    beat,
    look(facts) {
      const cycle = goodCycle(facts);
      if (closed || busy || cycle === null || cycle === told || clock.monotonic() - lastBeat < shortest) return;
      told = cycle;
      void beatNow();
    },
    view: () => ({
      ok: state.ok,
      lastSuccess: state.lastSuccess === null ? null : isoSeconds(state.lastSuccess),
      failingSince: state.failingSince === null ? null : isoSeconds(state.failingSince),
      error: state.error,
    }),
    close() {
      closed = true;
      http.close();
    },
  };
}

/** Names the newest run, or how far a long one has come, while every plane is well; null while one is not. */
export function goodCycle({ view, planes, stuckAfter, reading, now }: Pick<AlertFacts, 'view' | 'planes' | 'stuckAfter' | 'reading' | 'now'>): string | null {
  const mine = view.status.planes.filter(({ plane }) => planes.includes(plane));
  const recent = (at: string | null | undefined): boolean => at != null && now - Date.parse(at) <= stuckAfter;
  const well = ({ ready, reason, lastSuccess, gotOnAt }: PlaneView): boolean => {
    // What an operator has switched off, or what this version leaves out, is no illness.
    const asMeant = reason === 'NotImplemented' || (reason === 'Suspended' && reading?.suspended === null);
    if (ready || asMeant) return recent(lastSuccess) || recent(gotOnAt);
    return reason === 'Reconciling' && recent(gotOnAt);
  };
  if (mine.length === 0 || !mine.every(well)) return null;
  return mine.map(({ lastSuccess, gotOnAt }) => gotOnAt ?? lastSuccess).join(' ');
}
