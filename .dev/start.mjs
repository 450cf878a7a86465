// `npm start`: installs, builds, then becomes the demo.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { built, installed, root } from './prepare.mjs';

installed();
built();
const child = spawn(process.execPath, [join(root, 'dist', 'sexton.js'), 'demo', ...process.argv.slice(2)], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 130)));
