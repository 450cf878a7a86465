import { createWriteStream } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMap, parseAllDocuments } from 'yaml';
import type { Configuration } from '../../runtime/config.js';
import { loadConfiguration } from '../../runtime/config.js';
import { formatProblem } from '../../api/problem.js';
import { startDemoWorld, type DemoWorld } from '../demo-world.js';
import { control, controlOnce, withLock, type ControllerProcess } from '../controller-process.js';
import { CommandError, exit } from '../exit.js';
import type { StatusView } from '../../status/view.js';
import type { Session } from '../session.js';
import { printStatus } from './status.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** A first provisioning and what follows from it are done by then; more rounds would mean that it never gets quiet. */
const mostRounds = 5;
const summaryInterval = 2_000;

/** `sexton demo`: a small church on three simulators. `--once`: until quiet, then 0 when every resource is Ready. */
export async function demoCommand(session: Session, options: { readonly once?: boolean }): Promise<number> {
  const scratch = await mkdtemp(join(tmpdir(), 'sexton-demo-'));
  const world = await startDemoWorld(session.clock.now());
  try {
    const configuration = await layOut(scratch, world);
    return await withLock(configuration, async (held) => {
      const log = createWriteStream(join(scratch, 'sexton.log'));
      const controller: ControllerProcess = {
        session,
        configuration,
        credentials: world.credentials,
        planes: ['doors', 'members'],
        dryRun: false,
        now: undefined,
        logTo: log,
      };
      const code = options.once === true ? await once(controller, world) : await live(controller, world, { scratch, held });
      await new Promise((resolve) => log.end(resolve));
      return code;
    });
  } finally {
    await world.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Examples, configuration and environment in the scratch directory, as an installed Sexton would have them. */
async function layOut(scratch: string, world: DemoWorld): Promise<Configuration> {
  const resources = join(scratch, 'resources');
  await cp(join(root, 'examples'), resources, { recursive: true });
  await allowBootstrap(resources);
  await mkdir(join(scratch, 'state'));
  const path = join(scratch, 'sexton.yaml');
  await writeFile(
    path,
    `apiVersion: config.sexton.dev/v1alpha1
kind: SextonConfiguration
site: demo-church
timeZone: ${world.timeZone}
mode: Apply
resources: resources
stateDir: state
runtimeDir: run
unifi: { url: "${world.unifi.url}", tlsFingerprint: "${world.unifi.fingerprint}", resync: 30s }
planningCenter: { url: "${world.planningCenterUrl}", pollInterval: 5s }
civicrm: { url: "${world.civicrmUrl}", pollInterval: 5s }
server: { listen: "127.0.0.1:0" }
`,
  );
  const command = [process.execPath, ...process.execArgv, process.argv[1] ?? ''].map((word) => `'${word}'`).join(' ');
  const lines = [
    ...Object.entries(world.credentials).map(([name, value]) => `export ${name}='${value}'`),
    `export SEXTON_CONFIG='${path}'`,
    `sexton() { ${command} "$@"; }`,
  ];
  await writeFile(join(scratch, 'env.sh'), `${lines.join('\n')}\n`);
  const { config, problems } = loadConfiguration(path);
  if (config === undefined) throw new CommandError(exit.configuration, problems.map(formatProblem).join('\n'));
  return config;
}

/** In this copy only: nobody has to approve the first provisioning of a demo. */
async function allowBootstrap(resources: string): Promise<void> {
  for (const file of await readdir(resources)) {
    if (!/\.ya?ml$/.test(file)) continue;
    const path = join(resources, file);
    const documents = parseAllDocuments(await readFile(path, 'utf8'));
    const mapping = [...documents].find((document) => isMap(document.contents) && document.get('kind') === 'TierMapping');
    if (mapping === undefined) continue;
    mapping.setIn(['spec', 'guards', 'bootstrap'], 'Allow');
    await writeFile(path, [...documents].map(String).join(''));
  }
}

async function once(controller: ControllerProcess, world: DemoWorld): Promise<number> {
  for (let round = 1; ; round += 1) {
    const { view, code } = await controlOnce(controller);
    const moved = await world.pointHubs();
    const quiet = view.status.planes.every(({ ready }) => ready) && view.diff.planes.every(({ changes }) => changes.length === 0) && !moved;
    if (!quiet && round < mostRounds) continue;
    await printStatus(controller.session, view, controller.configuration);
    return code;
  }
}

async function live(controller: ControllerProcess, world: DemoWorld, place: { readonly scratch: string; readonly held: () => boolean }): Promise<number> {
  const { session, configuration } = controller;
  const { terminal } = session;
  let timer: NodeJS.Timeout | undefined;
  const code = await control(controller, place.held, (running) => {
    terminal.out(introduction(configuration, world, place.scratch, running.url));
    let last = '';
    timer = setInterval(() => {
      void world.pointHubs();
      const { status } = running.view();
      const line = summary(status);
      if (line !== last) terminal.out(`${line}\n`);
      last = line;
    }, summaryInterval);
  });
  clearInterval(timer);
  terminal.out('\nThe demo has ended; its scratch directory is removed.\n');
  return code;
}

function introduction({ resources }: Configuration, world: DemoWorld, scratch: string, url: string | null): string {
  return `
Sexton is looking after a small church, simulated on this machine. Ctrl-C ends everything.

  resources      ${resources}
  configuration  ${join(scratch, 'sexton.yaml')}
  log            ${join(scratch, 'sexton.log')}
  controller     ${url ?? 'its port is busy'} (/healthz /readyz /metrics)
  UniFi          ${world.unifi.url}/_sim/doors
  Planning C.    ${world.planningCenterUrl}/_sim/state
  CiviCRM        ${world.civicrmUrl}/_sim/state

In another terminal, first:  . ${join(scratch, 'env.sh')}
Then try:
  1. sexton status                       what is open, who has access, what is held
  2. sexton describe dg/front-lobby      why its doors open when they open
  3. edit ${join(resources, 'office-hours.yaml')}, then sexton get oh -o wide
     (break the file: the status beside it names line and column, and the doors stay as they were)

`;
}

function summary(status: StatusView): string {
  const ready = status.planes.map(({ plane, ready: is, reason }) => `${plane} ${is ? 'ready' : (reason ?? 'not ready')}`).join(', ');
  const open = status.doorGroups.filter(({ now }) => now === 'Open').map(({ name }) => name);
  const doors = `${status.doorGroups.length} door groups, open now: ${open.length === 0 ? 'none' : open.join(', ')}`;
  return `${ready} | ${doors} | ${status.members.access} members with access, ${status.members.quarantined} quarantined`;
}
