import type { Command } from 'commander';
import { Argument, InvalidArgumentError, Option } from 'commander';
import type { SimulatorKind } from '../sim/kit/simulator.js';
import { importSources, type ImportOptions, type ImportSource } from './import-options.js';
import type { CompletableCommand, Shell } from './commands/completion.js';
import type { SimCommandOptions } from './commands/sim.js';
import type { Registry } from './registry.js';
import { nowOption, wordOf } from './options.js';

/** Commands that need no configuration. */
export function registerOffline({ session, command, hidden, run }: Registry): void {
  command('validate [path...]', 'check resource files and directories, offline', [
    'sexton validate                 # the configured directory',
    'sexton validate examples/       # everything below, references between files included',
    'sexton validate new.yaml',
  ]).action((paths: readonly string[], _: unknown, self: Command) =>
    run(async () => (await import('./commands/validate.js')).validateCommand(session, paths, self.optsWithGlobals<{ config?: string }>().config)),
  );

  command('explain <path>', 'what a kind or a field means', ['sexton explain dg', 'sexton explain doorgroup.spec.unlock.method']).action((path: string) =>
    run(async () => (await import('./commands/explain.js')).explainCommand(session, path)),
  );

  command('new <kind>', 'print a commented template', ['sexton new doorgroup > gym.yaml']).action((kind: string) =>
    run(async () => (await import('./commands/new.js')).newCommand(session, kind)),
  );

  command('sim', 'simulate unifi, pco or civicrm on this machine', [
    'sexton sim unifi --port 0 --seed church.yaml',
    'sexton sim pco --quirk limit-drop=20 --now 2026-11-21T18:00:00Z',
    'sexton sim civicrm --tls --ca ca.pem',
  ])
    .addArgument(new Argument('<kind>', 'unifi, pco or civicrm').argParser(wordOf('unifi', 'pco', 'civicrm')))
    .option('--port <n>', 'the port; 0 picks a free one (default: 12445 unifi, 12446 pco, 12447 civicrm)', port)
    .option('--seed <file>', 'the world to begin with, YAML or JSON')
    .addOption(new Option('--quirk <name=value>', 'one open question about the real thing, answered; repeatable').argParser(quirk))
    .addOption(nowOption())
    .option('--tls', 'a certificate for pco and civicrm too')
    .option('--ca <file>', "write the authority's certificate there")
    .action((kind: SimulatorKind, options: SimCommandOptions) =>
      run(async () => (await import('./commands/sim.js')).simCommand(session, kind, options)),
    );

  command('demo', 'a small church on three simulators, to look at and to play with', ['sexton demo', 'sexton demo --once']).option('--once', 'reconcile until quiet, print the status and end').action(
    (options: { readonly once?: boolean }) => run(async () => (await import('./commands/demo.js')).demoCommand(session, options)),
  );

  registerImport({ session, command, run });

  command('completion', 'print the completion script of a shell', ['source <(sexton completion bash)', 'sexton completion fish | source'])
    .addArgument(new Argument('<shell>', 'bash, zsh or fish').argParser(wordOf('bash', 'zsh', 'fish')))
    .action((shell: Shell) => run(async () => (await import('./commands/completion.js')).completionCommand(session, shell)));

  hidden('__complete [words...]').action((words: readonly string[], _: unknown, self: Command) =>
    run(async () => (await import('./commands/completion.js')).completeCommand(session, words, completable(self))),
  );
}

function registerImport({ session, command, run }: Pick<Registry, 'session' | 'command' | 'run'>): void {
  command('import', "an older service's files, or a table of rooms, as Sexton's files", [
    'sexton import door-sync /etc/door-sync --out moved --site first-church',
    'sexton import fccplanner /root/fccplanner2unifi --out moved',
    'sexton import csv rooms.csv --out moved',
  ])
    .addArgument(new Argument('<source>', 'door-sync, fccplanner or csv').argParser(wordOf(...importSources)))
    .addArgument(new Argument('<path>', 'its directory or file'))
    .requiredOption('--out <dir>', 'where sexton.yaml, resources/ and credentials/ are written; nothing there is replaced')
    .option('--env <file>', "the service's environment file, if it stands elsewhere")
    .option('--site <name>', 'the name of the site', 'my-site')
    .option('--time-zone <zone>', 'where the files do not say; otherwise that of this machine')
    .addHelpText('after', '\nExit 0: everything was carried over; 1: something was not, and is named with the reason.')
    .action((source: ImportSource, path: string, options: ImportOptions) =>
      run(async () => (await import('./commands/import.js')).importCommand(session, source, path, options)),
    );

  command('export', 'the rooms of all RoomMappings as a table for a spreadsheet', ['sexton export csv > rooms.csv'])
    .addArgument(new Argument('<form>', 'csv').argParser(wordOf('csv')))
    .action((_: string, __: unknown, self: Command) =>
      run(async () => (await import('./commands/export.js')).exportCommand(session, self.optsWithGlobals<{ config?: string }>())),
    );
}

function completable(self: Command): readonly CompletableCommand[] {
  const commands = self.parent?.commands.filter((command) => command !== self) ?? [];
  return commands.map((command) => ({
    name: command.name(),
    options: [...command.options.flatMap(({ long, short }) => [long ?? '', short ?? '']), '--help', '--config'].filter((option) => option !== ''),
  }));
}

function port(text: string): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= 65_535)) throw new InvalidArgumentError('It is a number from 0 to 65535.');
  return value;
}

function quirk(text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const [, name, value] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('It is name=value, such as empty-holiday=weekly.');
  return { ...before, [name]: value };
}
