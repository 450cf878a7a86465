// Containers of test/systemd whose test process is dead: killed, it could not end them itself. Each has a directory that is
// named after its owner, so that those of a run that still goes on, of another checkout too, are left alone.
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const prefix = 'sexton-machine-';

/** State, parent, group, … as proc(5) counts them from the third; null: there is no such process, or nothing is left but its name. */
function statOf(pid) {
  try {
    // The name in parentheses may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
    return /[ZX]/.test(fields[0]) ? null : fields;
  } catch {
    return null;
  }
}

/** A pid and when that process started: together they never come again. Null: there is none. */
function identity(pid) {
  const started = statOf(pid)?.[19];
  return started === undefined ? null : `${pid}-${started}`;
}

const numbered = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name));

/** What a directory of a machine of this process is called, up to its random end. */
export const machinePrefix = (pid = process.pid) => `${prefix}${identity(pid)}-`;

/** Processes whose root is below the directory, as the kernel tells it of each. */
function processesIn(directory) {
  return numbered().filter((name) => {
    try {
      const roots = readFileSync(`/proc/${name}/mountinfo`, 'utf8').split('\n').filter((line) => line.split(' ')[4] === '/');
      return roots.some((line) => line.includes(`${directory}/`));
    } catch {
      return false;
    }
  });
}

/** Until there is none any more. */
async function endAll(find) {
  for (let count = 0; count < 200; count += 1) {
    const pids = find();
    if (pids.length === 0) return;
    for (const pid of pids) {
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It has ended.
      }
    }
    await pause(50);
  }
}

/** Every process of the group, which must be one that we made. */
export const endGroup = (group) => endAll(() => numbered().filter((pid) => statOf(pid)?.[2] === String(group)));

/** Ends and removes them; their directories. */
export async function removeLeftMachines() {
  const left = readdirSync(tmpdir()).flatMap((name) => {
    const [, owner, pid] = new RegExp(`^${prefix}((\\d+)-\\d+)-`).exec(name) ?? [];
    return owner === undefined || identity(pid) === owner ? [] : [join(tmpdir(), name)];
  });
  for (const directory of left) {
    await endAll(() => processesIn(directory));
    spawnSync('umount', ['--lazy', join(directory, 'root')], { stdio: 'ignore' });
    rmSync(directory, { recursive: true, force: true });
  }
  return left;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) for (const directory of await removeLeftMachines()) console.log(directory);
