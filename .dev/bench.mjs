// `npm run bench`: the same set-up as `npm start`, then the figures of test/bench on the build.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { debianRoot } from './debian-root.mjs';
import { built, installed, root } from './prepare.mjs';

installed();
built();
const debian = debianRoot();
const env = { ...process.env, SEXTON_DEBIAN: debian.path ?? '', SEXTON_NO_DEBIAN: debian.why ?? '' };
const { status } = spawnSync(process.execPath, ['--import', './.dev/ts-node.mjs', join(root, 'test/bench/bench.ts'), ...process.argv.slice(2)], { cwd: root, stdio: 'inherit', env });
process.exit(status ?? 1);
