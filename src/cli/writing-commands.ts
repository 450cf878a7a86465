import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { isRealDate } from '../api/literals.js';
import { patterns } from '../api/patterns.js';
import type { ApproveOptions } from './commands/approve.js';
import type { BlockOptions } from './commands/block.js';
import type { DecideOptions } from './commands/decide.js';
import type { LockOptions } from './commands/lock.js';
import type { OpenOptions } from './commands/open.js';
import type { SuspendOptions } from './commands/suspend.js';
import type { DecisionAction } from './generated-files/file-name.js';
import type { Registry } from './registry.js';
import { calendarDate, duration, nowOption } from './options.js';

const reasonOption = (): Option => new Option('--reason <text>', 'why, for whoever finds it so');

/** Commands that write small files among the resources, or edit one line of them. */
export function registerWriting(registry: Registry): void {
  registerDecisions(registry);
  registerHours(registry);
  registerSuspension(registry);
  registerBlocks(registry);
}

function registerDecisions({ session, command, run }: Registry): void {
  const decide = (action: DecisionAction, event: string, self: Command): Promise<void> =>
    run(async () => (await import('./commands/decide.js')).decideCommand(session, action, event, self.optsWithGlobals<DecideOptions>()));

  command('approve <what>', 'release a held plan, one member of it, or an event that waits for approval', [
    'sexton approve plan/3f9c0a1b2d4e                  # exactly what `sexton diff` shows under this hash',
    'sexton approve contact/1234                       # what is held for one member',
    'sexton approve 140@2026-11-21T18:00:00Z           # one occurrence, exactly its windows',
    'sexton approve "New Year\'s Eve" --reason "board, 3 December"',
  ])
    .addOption(reasonOption())
    .addOption(nowOption())
    .action((what: string, _: unknown, self: Command) => {
      if (!/^(plan|contact|member)\//i.test(what)) return decide('approve', what, self);
      return run(async () => (await import('./commands/approve.js')).approveCommand(session, what, self.optsWithGlobals<ApproveOptions>()));
    });

  command('deny <event>', 'keep the doors shut for one occurrence of an event; no approval brings it back', [
    'sexton deny 140@2026-11-21T18:00:00Z --reason "no night events"',
    'sexton deny "Lock-in"',
  ])
    .addOption(reasonOption())
    .addOption(nowOption())
    .action((event: string, _: unknown, self: Command) => decide('deny', event, self));

  command('cancel <event>', 'let one occurrence of an event open nothing', ['sexton cancel "Senior Lunch"', 'sexton cancel 140@2026-11-21T18:00:00Z'])
    .addOption(reasonOption())
    .addOption(nowOption())
    .action((event: string, _: unknown, self: Command) => decide('cancel', event, self));

  command('restore <event>', 'take back what approve, deny and cancel decided about one occurrence', ['sexton restore 140@2026-11-21T18:00:00Z', 'sexton restore "Senior Lunch"'])
    .addOption(nowOption())
    .action((event: string, _: unknown, self: Command) =>
      run(async () => (await import('./commands/restore.js')).restoreCommand(session, event, self.optsWithGlobals<DecideOptions>())),
    );
}

function registerHours({ session, command, run }: Registry): void {
  command('open <doorgroup>', 'open a door group from now on, for a while', [
    'sexton open gym-front --for 2h --reason Delivery',
    'sexton open front-lobby --until 21:30',
  ])
    .addOption(new Option('--for <duration>', 'how long, for example 2h or 1h30m').argParser(someTime))
    .addOption(new Option('--until <time>', 'until when, HH:MM in the site\'s time zone').argParser(clock))
    .addOption(reasonOption())
    .addOption(nowOption())
    .action((doorGroup: string, _: unknown, self: Command) =>
      run(async () => (await import('./commands/open.js')).openCommand(session, doorGroup, self.optsWithGlobals<OpenOptions>())),
    );

  command('lock <doorgroup>', 'close a door group now, whatever opens it, until its running window ends', [
    'sexton lock front-lobby',
    'sexton lock front-lobby --until 22:00 --reason "no staff"',
  ])
    .addOption(new Option('--until <time>', 'until when, HH:MM in the site\'s time zone').argParser(clock))
    .addOption(reasonOption())
    .addOption(nowOption())
    .action((doorGroup: string, _: unknown, self: Command) =>
      run(async () => (await import('./commands/lock.js')).lockCommand(session, doorGroup, self.optsWithGlobals<LockOptions>())),
    );
}

const wordsOf = (what: string, name: string | undefined): readonly string[] => (name === undefined ? [what] : [what, name]);

function registerSuspension({ session, command, run }: Registry): void {
  command('suspend <what> [name]', 'pause a resource, in its own file; suspending never opens a door', [
    'sexton suspend oh/weekdays --reason "no staff this week"',
    'sexton suspend dg gym-front --until 2026-12-01',
  ])
    .addOption(new Option('--until <date>', 'it ends by itself after this date, or at this local date and time').argParser(dateOrTime))
    .addOption(reasonOption())
    .action((what: string, name: string | undefined, _: unknown, self: Command) =>
      run(async () => (await import('./commands/suspend.js')).suspendCommand(session, wordsOf(what, name), self.optsWithGlobals<SuspendOptions>())),
    );

  command('resume <what> [name]', 'end a suspension', ['sexton resume oh/weekdays']).action((what: string, name: string | undefined, _: unknown, self: Command) =>
    run(async () => (await import('./commands/suspend.js')).resumeCommand(session, wordsOf(what, name), self.optsWithGlobals<{ config?: string }>())),
  );
}

function registerBlocks({ session, command, run }: Registry): void {
  command('block <what> [contact]', 'take away a contact\'s access at once, whatever the membership says', [
    'sexton block contact/1234 --reason "see the minutes of 12 May"',
    'sexton block contact/1234 --until 2026-12-31',
  ])
    .addOption(new Option('--until <date>', 'the last date of the block').argParser(calendarDate))
    .addOption(reasonOption())
    .addHelpText('after', '\nThe reason stands in a file under git: write nothing there that should not be.')
    .action((what: string, contact: string | undefined, _: unknown, self: Command) =>
      run(async () => (await import('./commands/block.js')).blockCommand(session, wordsOf(what, contact), self.optsWithGlobals<BlockOptions>())),
    );

  command('unblock <what> [contact]', 'end a block: access is what the membership says again', ['sexton unblock contact/1234']).action(
    (what: string, contact: string | undefined, _: unknown, self: Command) =>
      run(async () => (await import('./commands/block.js')).unblockCommand(session, wordsOf(what, contact), self.optsWithGlobals<{ config?: string }>())),
  );
}

function someTime(text: string): number {
  const length = duration(text);
  if (length < 60_000) throw new InvalidArgumentError('It is at least 1m.');
  return length;
}

function clock(text: string): string {
  if (new RegExp(patterns.clock).test(text)) return text;
  throw new InvalidArgumentError('It is a time of day, HH:MM, from 00:00 to 24:00.');
}

function dateOrTime(text: string): string {
  if (new RegExp(patterns.dateOrTime).test(text) && isRealDate(text.slice(0, 10))) return text;
  throw new InvalidArgumentError('It is a date (YYYY-MM-DD), which is included, or a local date and time (YYYY-MM-DDTHH:MM).');
}
