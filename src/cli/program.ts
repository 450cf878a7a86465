import { Command } from 'commander';
import { closest } from '../api/suggest.js';
import { registerActing } from './acting-commands.js';
import { UsageError } from './exit.js';
import { registerDoctor } from './doctor-command.js';
import { registerOffline } from './offline-commands.js';
import { registerReading } from './reading-commands.js';
import type { Registry } from './registry.js';
import type { Session } from './session.js';
import { programVersion } from './version.js';
import { registerWriting } from './writing-commands.js';

/** The whole command line. Actions load their code when they run. */
export function buildProgram(session: Session, finish: (code: number) => void): Command {
  const { terminal } = session;
  const program = new Command('sexton')
    .description('Doors that follow the calendar, members that keep their access: YAML in, UniFi Access out.')
    .option('--config <file>', 'the configuration; else $SEXTON_CONFIG, else /etc/sexton/sexton.yaml')
    .version(programVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'help for a command')
    .helpCommand('help [command]', 'help for a command')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.note(text.replace(/\n$/, '')),
      outputError: (text, write) => write(text),
    })
    .showHelpAfterError('See `sexton --help`.')
    .configureHelp({ sortSubcommands: false });
  const registry: Registry = {
    session,
    command: (usage, summary, examples) => {
      const command = program.command(usage).summary(summary).description(summary);
      const lines = examples.map((example) => `  ${example}`).join('\n');
      return command.addHelpText('after', `\nExamples:\n${lines}`).showHelpAfterError(`See \`sexton ${command.name()} --help\`.`);
    },
    hidden: (usage) => program.command(usage, { hidden: true }),
    run: async (action) => finish(await action()),
  };
  registerReading(registry);
  registerActing(registry);
  registerWriting(registry);
  registerDoctor(registry);
  registerOffline(registry);
  program.on('command:*', ([word = '']: readonly string[]) => {
    const meant = closest(word, program.commands.map((command) => command.name()).filter((name) => !name.startsWith('_')));
    throw new UsageError(`there is no command \`${word}\`${meant === null ? '; see `sexton --help`' : `; did you mean \`sexton ${meant}\`?`}`);
  });
  return program;
}
