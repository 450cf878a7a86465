import type { Command } from 'commander';
import type { GetOptions } from './commands/get.js';
import type { Registry } from './program.js';
import { labelOption, nowOption, outputOption, watchOption } from './options.js';

/** Commands that show the world and change nothing. */
export function registerReading({ session, command, run }: Registry): void {
  command('get <kind> [name...]', 'list resources, bookings, doors, members and sources', [
    'sexton get all                  # every resource',
    'sexton get dg                   # door groups; also doorgroups, DoorGroup',
    'sexton get dg/gym-front -o yaml',
    'sexton get bookings -o wide     # what the calendar holds, and what becomes of it',
    'sexton get oh -l team=youth -w',
  ])
    .addOption(outputOption())
    .addOption(watchOption())
    .addOption(labelOption())
    .addOption(nowOption())
    .action((kind: string, names: readonly string[], _: unknown, self: Command) =>
      run(async () => (await import('./commands/get.js')).getCommand(session, [kind, ...names], self.optsWithGlobals<GetOptions>())),
    );
}
