import type { Command } from 'commander';
import { Argument, Option } from 'commander';
import type { Plane } from '../status/view.js';
import type { RunOptions } from './commands/run.js';
import type { AlertOptions } from './commands/alert.js';
import type { AdoptOptions } from './commands/adopt.js';
import type { PullCommandOptions } from './commands/pull.js';
import type { ReconcileOptions } from './commands/reconcile.js';
import type { WaitOptions } from './commands/wait.js';
import { UsageError } from './exit.js';
import type { Registry } from './registry.js';
import { duration, nowOption, wordOf } from './options.js';

/** Commands that reconcile, or have to do with the daemon that does. */
export function registerActing({ session, command, run }: Registry): void {
  command('run', 'the controller; --once reconciles once and prints the status', [
    'sexton run',
    'sexton run --once               # exit 0: all Ready, 1: something is not, 2: a plane failed',
    'sexton run --once --dry-run --plane doors',
  ])
    .option('--once', 'reconcile once and print the status')
    .option('--dry-run', 'write nothing to UniFi')
    .addOption(new Option('--plane <plane>', 'only doors, or only members').argParser(wordOf('doors', 'members')))
    .addOption(nowOption())
    .action((_: unknown, self: Command) =>
      run(async () => {
        (await import('../runtime/small-heap.js')).keepHeapSmall();
        return (await import('./commands/run.js')).runCommand(session, self.optsWithGlobals<RunOptions>());
      }),
    );

  command('reconcile', 'have the daemon reconcile now, and wait for it', ['sexton reconcile', 'sexton reconcile doors --timeout 2m'])
    .addArgument(new Argument('[plane]', 'doors or members; both by default').argParser(wordOf('doors', 'members')))
    .addOption(new Option('--timeout <duration>', 'how long to wait').argParser(duration).default(60_000, '60s'))
    .action((plane: Plane | undefined, _: unknown, self: Command) =>
      run(async () => (await import('./commands/reconcile.js')).reconcileCommand(session, plane, self.optsWithGlobals<ReconcileOptions>())),
    );

  command('pull', 'put the newest commit of the configured branch in force, if all of it is valid', [
    'sexton pull                     # exit 0: switched or nothing new, 1: refused, 2: failed',
    'sexton pull --set-aside         # replaces files that were edited here, and keeps a copy',
    'sexton pull -o json',
  ])
    .option('--allow-force-push', 'accept, this once, a branch that was rewritten')
    .option('--set-aside', 'replace files that were edited on this machine, and keep a copy of them')
    .addOption(new Option('-o, --output <form>', 'json or yaml').argParser(wordOf('json', 'yaml')))
    .action((_: unknown, self: Command) => run(async () => (await import('./commands/pull.js')).pullCommand(session, self.optsWithGlobals<PullCommandOptions>())));

  command('wait <what> [name]', 'wait until a condition holds for the version in the file', [
    'sexton wait --for=condition=Ready dg/front-lobby',
    'sexton wait --for=condition=Ready=False dg front-lobby --timeout 2m',
  ])
    .requiredOption('--for <condition>', 'condition=Ready, condition=Ready=False')
    .addOption(new Option('--timeout <duration>', 'how long to wait').argParser(duration).default(30_000, '30s'))
    .action((what: string, name: string | undefined, _: unknown, self: Command) =>
      run(async () => {
        const { waitCommand } = await import('./commands/wait.js');
        return waitCommand(session, name === undefined ? [what] : [what, name], self.optsWithGlobals<WaitOptions>());
      }),
    );

  command('alert <what> [transport...]', 'send a test by every way that alerts go', [
    'sexton alert test               # a line each; exit 0: all took it, 1: one did not',
    'sexton alert test telegram      # by its name in the configuration',
  ]).action((what: string, names: readonly string[], _: unknown, self: Command) =>
    run(async () => {
      if (what !== 'test') throw new UsageError(`\`sexton alert ${what}\`: did you mean \`sexton alert test\`? What is wrong now stands in \`sexton status\``);
      return (await import('./commands/alert.js')).alertTestCommand(session, names, self.optsWithGlobals<AlertOptions>());
    }),
  );

  command('adopt', 'take over a UniFi that another installation owns or that was replaced, or the users of an older program', [
    'sexton adopt controller',
    'sexton adopt members            # everybody who waits: sexton get members shows them as AdoptionPending',
    'sexton adopt members 1234 1235',
  ])
    .addArgument(new Argument('<what>', 'controller or members').argParser(wordOf('controller', 'members')))
    .addArgument(new Argument('[contacts...]', 'members only: whom; everybody who waits by default'))
    .addHelpText('after', '\nStop the daemon first. What is done is printed before it is done.')
    .action((what: 'controller' | 'members', contacts: readonly string[], _: unknown, self: Command) =>
      run(async () => (await import('./commands/adopt.js')).adoptCommand(session, what, contacts, self.optsWithGlobals<AdoptOptions>())),
    );
}
