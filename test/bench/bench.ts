import { arch, cpus, loadavg, platform, totalmem } from 'node:os';
import { cycle } from './cycles.js';
import { disk } from './disk.js';
import { edit } from './edits.js';
import { figuresDocument, tableText, type Figure, type Measurement } from './figure.js';
import { memory } from './memory.js';
import { pi } from './pi.js';
import { planning } from './planning.js';
import { polling } from './polls.js';
import { oneChange, provisioning } from './provisioning.js';
import { pulling } from './pull.js';
import { quietDay } from './quiet-day.js';
import { startup } from './startup.js';

const measurements: readonly Measurement[] = [
  startup,
  edit,
  planning(2_000, 500, 8_000),
  polling(500),
  polling(2_000),
  quietDay,
  pulling,
  disk,
  pi,
  cycle(100, 20),
  cycle(500, 20),
  cycle(5_000, 10),
  cycle(20_000, 5),
  provisioning(500, 4),
  provisioning(500, 1),
  provisioning(5_000, 4),
  provisioning(20_000, 4),
  oneChange(20_000),
  memory(5_000),
];

/** `npm run bench -- [--json] [part of a name …]`. Measures, judges nothing: a missed aim is no failure. */
async function main(words: readonly string[]): Promise<number> {
  const names = words.filter((word) => !word.startsWith('-'));
  const unknown = [...words.filter((word) => word.startsWith('-') && word !== '--json'), ...names.filter((name) => matching([name]).length === 0)];
  if (unknown.length > 0) {
    console.error(`bench: unknown: ${unknown.join(', ')}; there are --json and ${measurements.map(({ name }) => name).join(', ')}, or a part of these names`);
    return 64;
  }
  const figures: Figure[] = [];
  for (const measurement of matching(names)) {
    const { name } = measurement;
    const started = performance.now();
    figures.push(...(await measurement.measure((text) => {
      console.error(`${name}: ${text}`);
    })));
    console.error(`${name}: done in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
  const machine = {
    node: process.version,
    platform: `${platform()} ${arch()}`,
    cpus: cpus().length,
    cpu: cpus()[0]?.model ?? '',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    // A machine that does other work too is slower.
    loadAverage: loadavg()[0],
  };
  if (!words.includes('--json')) console.log(tableText(figures));
  console.log(JSON.stringify(figuresDocument(figures, machine), null, 2));
  return 0;
}

function matching(names: readonly string[]): readonly Measurement[] {
  return measurements.filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)));
}

process.exitCode = await main(process.argv.slice(2));
