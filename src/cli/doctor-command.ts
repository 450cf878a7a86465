import type { Command } from 'commander';
import { Option } from 'commander';
import type { DoctorOptions } from './commands/doctor.js';
import type { Registry } from './registry.js';

/** The command for a new site, and for one where something is wrong. */
export function registerDoctor({ session, command, run }: Registry): void {
  command('doctor', 'look at everything that Sexton needs, each with its remedy', [
    'sexton doctor                   # exit 0: nothing is wrong, 1: something is',
    'sexton doctor --offline         # only this machine and its files',
    'sexton doctor --commission > door-groups.yaml    # look at it, then move it to the resources',
    'sexton doctor --fence-test --door "Broom cupboard" --schedule Spare',
  ])
    .option('--offline', 'ask nobody: only this machine and its files')
    .addOption(new Option('--commission', 'propose door groups for the doors that have none, and say what to do in UniFi').conflicts(['offline', 'fenceTest']))
    .addOption(new Option('--fence-test', 'see on a spare door whether hubs obey a holiday without hours; it unlocks for a moment').conflicts('offline'))
    .option('--door <name>', 'the spare door of the fence test')
    .option('--schedule <name>', 'the spare schedule of the fence test, which that door follows')
    .action((_: unknown, self: Command) =>
      run(async () => (await import('./commands/doctor.js')).doctorCommand(session, self.optsWithGlobals<DoctorOptions>())),
    );
}
