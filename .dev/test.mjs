// `npm test`: the same set-up as `npm start`, then every check. Ends with the real totals on a line of their own.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianRoot } from './debian-root.mjs';
import { gitTools } from './git-tools.mjs';
import { endGroup, removeLeftMachines } from './left-machines.mjs';
import { built, installed, root } from './prepare.mjs';

installed();
built();
await removeLeftMachines();
const debian = debianRoot();
// Made ready here, where it is seen; a test that finds nothing says what is missing, and fails.
const git = gitTools();
if (git.why !== undefined) console.error(`sexton: the tests of git over ssh will fail: ${git.why}`);

const bin = (name) => join(root, 'node_modules', name);
const checks = [
  ['types of src', [bin('typescript/bin/tsc'), '--noEmit', '-p', 'tsconfig.json']],
  ['types of test', [bin('typescript/bin/tsc'), '--noEmit', '-p', 'test/tsconfig.json']],
  ['generated types match crds/', ['.dev/generate-api.mjs', '--check']],
  ['lint', [bin('eslint/bin/eslint.js'), '.']],
  ['dependency rules', [bin('dependency-cruiser/bin/dependency-cruise.mjs'), '--config', '.dependency-cruiser.js', 'src']],
  ['dead code', [bin('knip/bin/knip.js')]],
];

const totals = { passed: 0, failed: 0, skipped: 0 };
for (const [name, args] of checks) {
  const started = Date.now();
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  totals[status === 0 ? 'passed' : 'failed'] += 1;
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
}

const scratch = mkdtempSync(join(tmpdir(), 'sexton-test-'));
const report = join(scratch, 'report.json');
// In a group of its own: told to stop, this ends every worker first, and then what those could not end.
const runner = spawn(
  process.execPath,
  [bin('vitest/vitest.mjs'), 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...process.argv.slice(2)],
  { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], detached: true, env: { ...process.env, SEXTON_DEBIAN: debian.path ?? '', SEXTON_NO_DEBIAN: debian.why ?? '' } },
);
let stopped = null;
for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]]) {
  process.on(signal, () => {
    if (stopped === null) console.error(`sexton: ${signal}, ending what runs …`);
    stopped = code;
    process.kill(-runner.pid, 'SIGKILL');
  });
}
const [status] = await once(runner, 'close');
if (stopped !== null) {
  await endGroup(runner.pid);
  await removeLeftMachines();
  rmSync(scratch, { recursive: true, force: true });
  process.exit(stopped);
}
try {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numFailedTestSuites, testResults } = JSON.parse(readFileSync(report, 'utf8'));
  totals.passed += numPassedTests;
  totals.failed += numFailedTests;
  totals.skipped += numPendingTests + numTodoTests;
  // A file that could not even be loaded holds no test that could fail.
  totals.failed += testResults.filter(({ status: result, assertionResults }) => result === 'failed' && assertionResults.length === 0).length;
  if (status !== 0 && totals.failed === 0) totals.failed += Math.max(1, numFailedTestSuites);
} catch (error) {
  console.error(`no report from the test runner: ${error.message}`);
  totals.failed += 1;
}
rmSync(scratch, { recursive: true, force: true });
if (debian.path === undefined) console.log(`LEFT OUT: the tests in a booted systemd (test/systemd), because ${debian.why}`);
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exit(totals.failed === 0 ? 0 : 1);
