import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import picocolors from 'picocolors';
import { loadResources } from '../../src/cli/load-resources.js';
import { main } from '../../src/cli/main.js';
import type { Readers, Session } from '../../src/cli/session.js';
import { systemClock } from '../../src/runtime/clock.js';
import type { View } from '../../src/status/view.js';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Site {
  readonly root: string;
  readonly resources: string;
  readonly stateDir: string;
  readonly runtimeDir: string;
  write(file: string, text: string): void;
  /** One command line in this process, with the real directory store and the view given. */
  run(words: readonly string[], with_?: With): Promise<Ran>;
}

export interface With {
  readonly view?: View;
  readonly from?: 'daemon' | 'computed';
  readonly readers?: Partial<Readers>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly interrupt?: AbortSignal;
  readonly now?: number;
  /** Told of everything printed so far, whenever something is. */
  readonly heard?: (out: string) => void;
}

/** A configuration with its directories, below the system's temporary directory. */
export function makeSite(): Site {
  const root = mkdtempSync(join(tmpdir(), 'sexton-cli-'));
  const [resources, stateDir, runtimeDir] = ['resources', 'state', 'run'].map((name) => join(root, name)) as [string, string, string];
  for (const directory of [resources, stateDir, runtimeDir]) mkdirSync(directory);
  writeFileSync(
    join(root, 'sexton.yaml'),
    `apiVersion: config.sexton.dev/v1alpha1
kind: SextonConfiguration
site: first-church
timeZone: America/New_York
mode: Apply
resources: resources
stateDir: state
runtimeDir: run
unifi: { url: "https://127.0.0.1:1" }
`,
  );
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  const run = (words: readonly string[], options: With = {}): Promise<Ran> =>
    runCommandLine(words, { ...options, environment: { SEXTON_CONFIG: join(root, 'sexton.yaml'), ...options.environment } });
  return { root, resources, stateDir, runtimeDir, write, run };
}

export async function runCommandLine(words: readonly string[], options: With = {}): Promise<Ran> {
  let [out, err] = ['', ''];
  const { view, from = 'daemon' } = options;
  const session: Session = {
    terminal: {
      out: (text) => {
        out += text;
        options.heard?.(out);
      },
      note: (line) => (err += `${line}\n`),
      colors: picocolors.createColors(false),
      interactive: false,
    },
    environment: options.environment ?? {},
    // What waits a second waits 50 milliseconds here.
    clock: {
      now: () => options.now ?? Date.now(),
      monotonic: () => systemClock.monotonic() * 20,
      after: (ms, fire) => systemClock.after(ms / 20, fire),
    },
    interrupted: () => options.interrupt ?? new AbortController().signal,
    readers: {
      loadResources,
      loadView: () => (view === undefined ? Promise.reject(new Error('no view in this test')) : Promise.resolve({ view, from })),
      ...options.readers,
    },
  };
  const code = await main(words, session);
  return { code, out, err };
}

export const doorGroup = (name: string, extra = ''): string => `apiVersion: sexton.dev/v1alpha1
kind: DoorGroup
metadata: { name: ${name}${extra} }
spec: { doors: [{ name: ${name} }] }
`;

export const roomMapping = (name: string, group: string): string => `apiVersion: sexton.dev/v1alpha1
kind: RoomMapping
metadata: { name: ${name} }
spec: { rooms: [{ name: Sanctuary, doorGroups: [${group}] }] }
`;
