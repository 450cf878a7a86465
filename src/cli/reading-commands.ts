import type { Command } from 'commander';
import { Argument, Option } from 'commander';
import type { AuditOptions } from './commands/audit.js';
import type { AuditVerifyOptions } from './commands/audit-verify.js';
import type { DescribeOptions } from './commands/describe.js';
import type { DiffOptions } from './commands/diff.js';
import type { EventsOptions } from './commands/events.js';
import type { PreviewOptions } from './commands/preview.js';
import type { GetOptions } from './get-request.js';
import type { StatusOptions } from './commands/status.js';
import type { Registry } from './registry.js';
import type { Session } from './session.js';
import { calendarDate, dayCount, labelOption, nowOption, outputOption, watchOption, wordOf } from './options.js';
import type { Plane } from '../status/view.js';

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
      run(async () => (await import('./commands/get.js')).getCommand(session, [kind, ...names], hearing(session, self.optsWithGlobals<GetOptions>()))),
    );

  command('describe <what> [name]', 'everything about one thing, with causes', [
    'sexton describe dg/front-lobby  # why each window is there',
    'sexton describe member/1234     # why contact 1234 can or cannot get in',
    'sexton describe door/"Gym East"',
    'sexton describe booking/4711    # why it opens nothing',
  ])
    .addOption(nowOption())
    .action((what: string, name: string | undefined, _: unknown, self: Command) =>
      run(async () => {
        const { describeCommand } = await import('./commands/describe.js');
        return describeCommand(session, name === undefined ? [what] : [what, name], self.optsWithGlobals<DescribeOptions>());
      }),
    );

  command('status', 'one screen: sources, door groups now and next, members, what is held', ['sexton status', 'sexton status -w', 'sexton status -o json'])
    .addOption(outputOption())
    .addOption(watchOption())
    .addOption(nowOption())
    .action((_: unknown, self: Command) =>
      run(async () => (await import('./commands/status.js')).statusCommand(session, hearing(session, self.optsWithGlobals<StatusOptions>()))),
    );

  command('diff', 'what a reconcile would change now; writes nothing', [
    'sexton diff                     # exit 0: nothing, 1: changes, 2: it could not be told',
    'sexton diff members',
    'sexton diff doors --now 2026-12-24T08:00:00-05:00',
  ])
    .addArgument(new Argument('[plane]', 'doors or members; both by default').argParser(wordOf('doors', 'members')))
    .addOption(outputOption())
    .addOption(watchOption())
    .addOption(nowOption())
    .action((plane: Plane | undefined, _: unknown, self: Command) =>
      run(async () => (await import('./commands/diff.js')).diffCommand(session, plane, hearing(session, self.optsWithGlobals<DiffOptions>()))),
    );

  command('preview', 'when each door group will stand open, day by day, and what waits for approval', [
    'sexton preview                  # today and six days more',
    'sexton preview --days 14 -o wide',
    'sexton preview --from 2026-12-24 --days 3',
    'sexton preview --days 7 --svg week.svg',
  ])
    .addOption(new Option('--days <n>', 'how many days').argParser(dayCount).default(7))
    .addOption(new Option('--from <date>', 'the first of them, YYYY-MM-DD; today by default').argParser(calendarDate))
    .addOption(new Option('--svg <file>', 'write a picture instead'))
    .addOption(outputOption())
    .addOption(nowOption())
    .action((_: unknown, self: Command) =>
      run(async () => (await import('./commands/preview.js')).previewCommand(session, self.optsWithGlobals<PreviewOptions>())),
    );

  command('events', 'what the controller did and noticed, the newest last', ['sexton events', 'sexton events -w', 'sexton events -o json'])
    .addOption(outputOption())
    .addOption(watchOption())
    .action((_: unknown, self: Command) =>
      run(async () => (await import('./commands/events.js')).eventsCommand(session, hearing(session, self.optsWithGlobals<EventsOptions>()))),
    );

  command('audit', 'what was changed in UniFi, what was refused and by whose leave; `audit verify` checks that nothing was altered', [
    'sexton audit --door gym-front --since 7d',
    'sexton audit --door gym-front --at 18:45   # why did it stand open then?',
    'sexton audit --contact 1234 -o wide',
    'sexton audit verify                        # exit 0: whole, 1: broken, with file and line',
  ])
    .addArgument(new Argument('[verify]', 'check the chain of records').argParser(wordOf('verify')))
    .addOption(new Option('--door <name>', 'only this door or door group, by name or id'))
    .addOption(new Option('--contact <id>', 'only this contact'))
    .addOption(new Option('--since <time>', 'a date, a local time, an instant, or how long ago: 2026-11-21, 18:45, 7d'))
    .addOption(new Option('--until <time>', 'as --since; a date is included'))
    .addOption(new Option('--at <time>', 'with --door: why it stood open then'))
    .addOption(new Option('--head <hash>', 'with verify: a hash noted earlier and elsewhere'))
    .addOption(outputOption())
    .addOption(watchOption())
    .action((verify: 'verify' | undefined, _: unknown, self: Command) =>
      run(async () => {
        if (verify !== undefined) return (await import('./commands/audit-verify.js')).auditVerifyCommand(session, self.optsWithGlobals<AuditVerifyOptions>());
        return (await import('./commands/audit.js')).auditCommand(session, hearing(session, self.optsWithGlobals<AuditOptions>()));
      }),
    );
}

/** With `-w`, ^C is heard from the beginning: pressed after the first lines it must already mean "enough". */
function hearing<T extends { readonly watch?: boolean }>(session: Session, options: T): T {
  if (options.watch === true) session.interrupted();
  return options;
}
