#!/usr/bin/env node
import { main } from './cli/main.js';
import { processSession } from './cli/process-session.js';

// Timers behind the clock port keep no process alive; a command that waits for one must not end early.
const alive = setInterval(() => undefined, 2 ** 30);
const code = await main(process.argv.slice(2), processSession());
clearInterval(alive);
// A write still under way would be lost; handles that a library left open must not keep a finished command alive.
// The turn after belongs to an error of the last write, which ends the process otherwise.
process.stdout.write('', () => process.stderr.write('', () => setImmediate(() => process.exit(code))));
