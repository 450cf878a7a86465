import type { Clock } from '../runtime/clock.js';
import { isoSeconds } from '../runtime/instant.js';
import type { ControllerEvent } from '../status/events.js';
import type { TroubleView } from '../status/view.js';

/** What is wrong with this installation itself: state that is lost, orders of strangers, a disk that takes nothing. */
export interface Troubles {
  raise(trouble: Omit<TroubleView, 'since'>): void;
  /** Of all whose key begins so, only these are left. */
  keep(prefix: string, troubles: readonly Omit<TroubleView, 'since'>[]): void;
  standing(): readonly TroubleView[];
  /** A file of the state directory could not be used: its name there, and what is lost with it. Known until the next start. */
  lost(file: string, message: string): void;
  /** A file of the state directory cannot be replaced, and why; null: it can. */
  unwritable(file: string, problem: string | null): void;
  /** What began and what ended since the last call. */
  news(): readonly ControllerEvent[];
}

export function createTroubles(clock: Clock): Troubles {
  const standing = new Map<string, TroubleView>();
  let untold: ControllerEvent[] = [];

  function tell({ reason, object, message }: Omit<TroubleView, 'since'>, ended: boolean): void {
    untold.push({
      at: isoSeconds(clock.now()),
      type: ended ? 'Normal' : 'Warning',
      reason,
      object: { kind: object.slice(0, object.indexOf('/')), name: object.slice(object.indexOf('/') + 1) },
      message: ended ? `over: ${message}` : message,
    });
  }

  function raise(trouble: Omit<TroubleView, 'since'>): void {
    const known = standing.get(trouble.key);
    standing.set(trouble.key, { ...trouble, since: known?.since ?? isoSeconds(clock.now()) });
    if (known === undefined) tell(trouble, false);
  }

  function end(key: string): void {
    const trouble = standing.get(key);
    if (trouble !== undefined && standing.delete(key)) tell(trouble, true);
  }

  return {
    raise,
    keep(prefix, troubles) {
      for (const key of [...standing.keys()]) if (key.startsWith(prefix) && !troubles.some((each) => each.key === key)) end(key);
      for (const trouble of troubles) raise(trouble);
    },
    lost(file, message) {
      raise({ key: `state/${file}`, reason: 'StateLost', object: `State/${file}`, message });
    },
    unwritable(file, problem) {
      const key = `unwritable/${file}`;
      if (problem === null) end(key);
      else raise({ key, reason: 'StateUnwritable', object: `State/${file}`, message: `${problem}; until then it waits in memory, which a restart would lose` });
    },
    standing: () => [...standing.values()],
    news() {
      const told = untold;
      untold = [];
      return told;
    },
  };
}
