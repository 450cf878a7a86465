import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { churchFiles, person, tierMapping } from '../support/church.js';
import { install, type Installation } from '../support/installation.js';
import { createMachine, type Machine } from '../support/machine.js';
import { until, type Program } from '../support/process.js';
import { call } from '../support/sim.js';

const project = join(import.meta.dirname, '../..');

/** What `npm run deb` and `npm run tarball` make, and a package that stands for Node; each made when asked for. */
export interface Packages {
  /** The paths, in a directory of this test. */
  node(): string;
  make(kind: 'deb' | 'tarball', version?: string): string;
  remove(): void;
}

export const nextVersion = '99.1.0';

export function openPackages(): Packages {
  const directory = mkdtempSync(join(tmpdir(), 'sexton-packages-'));
  return {
    node: () => packedNode(directory),
    make(kind, version) {
      const words = [kind, '--quick', '--out', directory, ...(version === undefined ? [] : ['--version', version])];
      const { status, stdout, stderr } = spawnSync(process.execPath, ['.dev/package.mjs', ...words], { cwd: project, encoding: 'utf8' });
      if (status !== 0) throw new Error(`package.mjs ${words.join(' ')}: ${stderr}`);
      return stdout.trim().split('\n').at(-1) ?? '';
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Tells the package manager of the Node that the machine has. */
function packedNode(directory: string): string {
  const files = join(directory, 'node');
  mkdirSync(join(files, 'DEBIAN'), { recursive: true });
  const version = process.versions.node;
  writeFileSync(join(files, 'DEBIAN/control'), `Package: nodejs\nVersion: ${version}\nArchitecture: all\nMaintainer: test <test@localhost>\nDescription: the Node of this test\n`);
  const path = join(directory, 'nodejs.deb');
  const { status, stderr } = spawnSync('dpkg-deb', ['--root-owner-group', '--build', files, path], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return path;
}

/** A booted Pi, nothing installed yet, beside a church whose UniFi, calendar and members are simulators. */
export interface InstalledChurch {
  readonly pi: Machine;
  readonly church: Installation;
  /** Puts a file of this machine into the Pi's /root; its path there. */
  bring(path: string): string;
  /** Settings, credentials and resources as an operator leaves them. */
  configure(): Promise<void>;
  write(name: string, text: string): Promise<void>;
  /** What the unit said since the cursor, or ever. */
  journal(): Promise<string>;
  /** A property of the unit. */
  show(property: string): Promise<string>;
  /** The daemon's own answer over HTTP; null while it does not answer. */
  readyz(): Promise<{ readonly status: number; readonly json: unknown } | null>;
  /** Until both planes are ready. */
  ready(): Promise<void>;
  setContacts(count: number): Promise<void>;
  close(): Promise<void>;
}

/** Copies a file of this machine into a directory of the Pi; its path there. */
export function bring(pi: Machine, path: string, directory: string): string {
  const inside = join(directory, basename(path));
  copyFileSync(path, pi.path(inside));
  return inside;
}

/** Everything that runs, runs in the container. */
export const nothingRunsHere: Program = {
  start: () => {
    throw new Error('the program runs in the machine only');
  },
  endAll: () => Promise.resolve(),
  remove: () => Promise.resolve(),
};

const contacts = (count: number): readonly unknown[] => Array.from({ length: count }, (_, index) => person(index + 1, String(3000 + index), 'Gold'));
/** No brake: what an interrupted provisioning left to do would be a mass change. */
const files = { ...churchFiles(), 'members.yaml': tierMapping('Allow, minimum: 100') };

export const secrets: Readonly<Record<string, string>> = {
  UNIFI_API_TOKEN: 'sim-unifi-token',
  PCO_APP_ID: 'sim-app-id',
  PCO_SECRET: 'sim-secret',
  CIVICRM_API_KEY: 'sim-civicrm-key',
};

export async function bootChurch(debian: string): Promise<InstalledChurch> {
  const church = await install(nothingRunsHere, {
    files,
    contacts: contacts(3),
    configuration: { resources: '/etc/sexton/resources', stateDir: '/var/lib/sexton', runtimeDir: '/run/sexton' },
  });
  const pi = createMachine(debian);
  try {
    await pi.boot();
  } catch (error) {
    await pi.remove();
    await church.close();
    throw error;
  }
  const write = async (name: string, text: string): Promise<void> => {
    await pi.must(`mkdir -p "$(dirname '/etc/sexton/resources/${name}')"; cat > '/etc/sexton/resources/${name}'`, { input: text });
  };
  const journal = (): Promise<string> => pi.must('journalctl --unit=sexton --output=cat --no-pager');
  const readyz: InstalledChurch['readyz'] = async () => {
    const url = [...(await journal()).matchAll(/"message":"started".*"url":"([^"]+)"/g)].at(-1)?.[1];
    return url === undefined ? null : call(`${url}/readyz`).catch(() => null);
  };
  return {
    pi,
    church,
    bring: (path) => bring(pi, path, '/root'),
    async configure() {
      await pi.must('cat > /etc/sexton/sexton.yaml', { input: readFileSync(church.config, 'utf8') });
      for (const [name, value] of Object.entries(secrets)) await pi.must(`umask 077; cat > /etc/sexton/credentials/${name}`, { input: `${value}\n` });
      for (const [name, text] of Object.entries(files)) await write(name, text);
    },
    write,
    journal,
    show: async (property) => (await pi.must(`systemctl show --property=${property} --value sexton`)).trim(),
    readyz,
    async ready() {
      await until('both planes are ready', async () => (await readyz())?.status === 200, 60_000);
    },
    async setContacts(count) {
      await church.civicrm.sim('/seed', { card_field: 'Door_Access.card_id', contacts: contacts(count) });
    },
    async close() {
      await pi.remove();
      await church.close();
    },
  };
}
