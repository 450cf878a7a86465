import { chown, readFile, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { fileText } from '../../api/file-text.js';
import { parseDocuments } from '../../api/documents.js';
import { formatProblem } from '../../api/problem.js';
import type { Problem } from '../../api/problem.js';
import { validateResource } from '../../api/validate.js';
import { writeDurably } from '../../runtime/durable-file.js';
import { ConfigurationError, errorCode } from '../../runtime/errors.js';
import { CommandError, exit } from '../exit.js';

export interface FileEdit {
  /** The resource directory, absolute. */
  readonly resources: string;
  /** Relative to it. */
  readonly file: string;
  readonly site: string;
  /** The new text; null: it cannot be made. */
  readonly edit: (text: string) => string | null;
  /** What to do by hand, where the edit cannot be made. */
  readonly remedy: string;
}

/**
 * Changes an operator's file in place: whole or not at all, with its mode and owner.
 * @throws CommandError (1) when the edit cannot be made or the outcome would be refused, ConfigurationError when the file cannot be written
 */
export async function editFile({ resources, file, site, edit, remedy }: FileEdit): Promise<'written' | 'unchanged'> {
  const shown = join(resources, file);
  const refuse = (why: string): CommandError => new CommandError(exit.failed, `${shown} ${why}; nothing was written. ${remedy}`);
  try {
    const [path, top] = await Promise.all([realpath(shown), realpath(resources)]);
    if (!path.startsWith(top + sep)) throw refuse('leads out of the resource directory');
    const bytes = await readFile(path);
    const read = fileText(file, bytes);
    if ('problem' in read) throw refuse(read.problem.message);
    const edited = edit(read.text);
    if (edited === null) throw refuse('has a form that cannot be edited with certainty');
    if (edited === read.text) return 'unchanged';

    // Other documents of the file may be wrong already; this edit must add nothing to that.
    const known = new Set(problemsOf(file, read.text, site).map(withoutPlace));
    const found = problemsOf(file, edited, site).filter((problem) => !known.has(withoutPlace(problem)));
    if (found.length > 0) throw new CommandError(exit.failed, [`nothing was written, since ${shown} would be refused:`, ...found.map(formatProblem)].join('\n'));
    const content = bytes.subarray(0, 3).equals(byteOrderMark) ? `\uFEFF${edited}` : edited;
    const { mode, uid, gid } = await stat(path);
    if (!(await readFile(path)).equals(bytes)) throw refuse('was changed by somebody else just now');
    await writeDurably({ path, content, mode: mode & 0o777 });
    if (process.getuid?.() === 0) await chown(path, uid, gid);
    // A pull may have put another tree there meanwhile: what was written is then in force nowhere.
    if ((await realpath(shown)) !== path) throw new CommandError(exit.failed, `${shown} was replaced by a pull just now, without this edit; run it again`);
    return 'written';
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const code = errorCode(error);
    throw new ConfigurationError(`${shown} cannot be read or written (${code}): run this as the user that owns it`, { code, cause: error });
  }
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

function problemsOf(file: string, text: string, site: string): readonly Problem[] {
  const { documents, problems } = parseDocuments(file, text);
  return [...problems, ...documents.flatMap((document) => validateResource(document, { namespace: site }).problems)];
}

function withoutPlace({ path, message }: Problem): string {
  return `${path}: ${message}`;
}
