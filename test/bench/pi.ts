import { spawnSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { preparedDebian } from '../support/machine.js';
import { bootChurch, openPackages } from '../systemd/installed-church.js';
import { median, type Figure, type Measurement } from './figure.js';

const boots = 3;

/** What an installation takes on the card, and how long after switching on the doors are looked at. */
export const pi: Measurement = {
  name: 'pi',
  measure: async (progress) => [packageSize(), ...(await bootTime(progress))],
};

function packageSize(): Figure {
  const scratch = mkdtempSync(join(tmpdir(), 'sexton-bench-'));
  try {
    const tree = join(scratch, 'sexton');
    const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, '../../.dev/package.mjs'), 'tree', '--out', tree], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    const files = readdirSync(tree, { recursive: true, encoding: 'utf8' }).map((name) => lstatSync(join(tree, name)));
    // Blocks, as on the card, and not the bytes that files say they have.
    const bytes = files.reduce((sum, { blocks }) => sum + blocks * 512, 0);
    return { name: 'package installed, without Node', unit: 'MB', value: bytes / 1e6, aim: { below: 30 }, note: `${files.length} files and directories, as blocks on the disk` };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function bootTime(progress: (text: string) => void): Promise<readonly Figure[]> {
  const names = ['boot to first reconcile', 'start of the unit to first reconcile'];
  const { root, why } = preparedDebian();
  if (root === null) return names.map((name) => ({ name, unit: 's', value: null, note: why }));
  const packages = openPackages();
  const here = await bootChurch(root);
  try {
    await here.pi.must(`dpkg --install ${here.bring(packages.node())} ${here.bring(packages.make('deb'))}`);
    await here.configure();
    await here.pi.must('systemctl enable --now sexton');
    await here.ready();
    const whole: number[] = [];
    const unit: number[] = [];
    for (let boot = 1; boot <= boots; boot += 1) {
      progress(`boot ${boot} of ${boots}`);
      await here.pi.cutPower();
      const started = performance.now();
      await here.pi.boot();
      await here.ready();
      whole.push((performance.now() - started) / 1000);
      await here.pi.must('systemctl stop sexton');
      const again = performance.now();
      await here.pi.must('systemctl start sexton');
      await here.ready();
      unit.push((performance.now() - again) / 1000);
    }
    const note = `both planes, without kernel and firmware; median of ${boots}`;
    return [whole, unit].map((samples, index) => ({ name: names[index] ?? '', unit: 's', value: median(samples), note }));
  } finally {
    await here.close();
    packages.remove();
  }
}
