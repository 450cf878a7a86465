import { systemClock } from '../runtime/clock.js';
import { exit } from './exit.js';
import type { Session } from './session.js';
import { processTerminal } from './terminal.js';

/** The session of this process: its streams, environment, clock and signals. */
export function processSession(): Session {
  const environment = process.env;
  let interruption: AbortSignal | undefined;
  return {
    terminal: processTerminal(environment),
    environment,
    clock: systemClock,
    interrupted: () => (interruption ??= interruptionOf(process)),
    readers: {
      loadView: async (options) => (await import('./load-view.js')).loadView(options),
      loadResources: async (configuration) => (await import('./load-resources.js')).loadResources(configuration),
    },
  };
}

function interruptionOf(emitter: NodeJS.Process): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    emitter.on(signal, () => {
      // Somebody who presses ^C twice means it. A second SIGTERM must not cut short what the first one lets finish.
      if (controller.signal.aborted && signal === 'SIGINT') process.exit(exit.interrupted);
      controller.abort(signal);
    });
  }
  return controller.signal;
}
