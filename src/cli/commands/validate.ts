import { formatProblem } from '../../api/problem.js';
import { requireConfiguration } from '../configuration.js';
import { exit } from '../exit.js';
import type { Session } from '../session.js';
import { validateFiles } from '../validation.js';

/** `validate [PATH…]`: problems on stdout, 0 or 1. Without a path the configured directory. */
export async function validateCommand(session: Session, paths: readonly string[], config: string | undefined): Promise<number> {
  const { terminal } = session;
  const configured = paths.length === 0 ? requireConfiguration(session, config) : null;
  const report = await validateFiles(configured === null ? paths : [configured.resources], configured?.site);
  terminal.out(report.problems.map((problem) => `${formatProblem(problem)}\n`).join(''));
  for (const warning of report.warnings) terminal.note(`warning: ${formatProblem(warning)}`);
  if (!report.referencesChecked) terminal.note('References to door groups were not checked: for that, validate the whole directory.');
  const { problems, resources, files } = report;
  const read = `${resources} ${resources === 1 ? 'resource' : 'resources'} in ${files} ${files === 1 ? 'file' : 'files'}`;
  terminal.note(problems.length === 0 ? `${read}: valid` : `${read}: ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`);
  return problems.length === 0 ? exit.ok : exit.failed;
}
