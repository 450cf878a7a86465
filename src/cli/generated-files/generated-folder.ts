import { chown, lstat, readFile, readdir, realpath, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { parseDocuments } from '../../api/documents.js';
import type { Resource } from '../../api/resource.js';
import { canonicalJson } from '../../api/spec-hash.js';
import { validateResource } from '../../api/validate.js';
import { actingGroup } from '../../runtime/acting-group.js';
import { writeDurably } from '../../runtime/durable-file.js';
import { ConfigurationError, errorCode } from '../../runtime/errors.js';
import { shareDirectory } from '../../runtime/shared-place.js';
import { generatedBeside, generatedFolder } from '../../store/file-names.js';
import { CommandError, exit } from '../exit.js';
import { type GeneratedText, managedBy, reasonAnnotation } from './generated-text.js';

/** A file that this program wrote and nobody made their own: one document, with our label. */
export interface GeneratedFile {
  /** Relative to the resource directory. */
  readonly file: string;
  readonly resource: Resource;
}

/** Every file in the folder that is ours and valid. @throws ConfigurationError when the folder cannot be read */
export async function readGenerated(resources: string): Promise<readonly GeneratedFile[]> {
  const names = await readdir(join(resources, generatedFolder)).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw unusable(resources, error);
  });
  const found: GeneratedFile[] = [];
  for (const name of names.filter((each) => each.endsWith('.yaml') && !each.endsWith('.status.yaml') && !each.startsWith('.')).sort()) {
    const resource = await ownResource(resources, `${generatedFolder}/${name}`);
    if (resource !== null && resource !== 'foreign') found.push({ file: `${generatedFolder}/${name}`, resource });
  }
  return found;
}

export interface GeneratedWrite extends GeneratedText {
  /** Relative to the resource directory. */
  readonly file: string;
  /** Replaces the reason of a file that is otherwise the same. */
  readonly newReason: boolean;
}

/**
 * Writes one file, unless it says so already.
 * @throws CommandError (1) when somebody else's file stands there, ConfigurationError when it cannot be written
 */
export async function writeGenerated(resources: string, { file, text, resource, newReason }: GeneratedWrite): Promise<'written' | 'unchanged'> {
  try {
    await requireFolder(resources);
    const before = await ownResource(resources, file);
    if (before === 'foreign') {
      throw new CommandError(exit.failed, `${join(resources, file)} stands there already and is not one that sexton wrote; move or remove it`);
    }
    if (before !== null && sameDecision(before, resource, newReason)) return 'unchanged';
    await writeDurably({ path: join(resources, file), content: text, mode: 0o644 });
    await giveToOwner(resources, join(resources, file));
    return 'written';
  } catch (error) {
    throw error instanceof CommandError ? error : unusable(resources, error);
  }
}

/** @throws ConfigurationError when it cannot be removed */
export async function removeGenerated(resources: string, files: readonly string[]): Promise<void> {
  try {
    for (const file of files) await rm(join(resources, file), { force: true });
  } catch (error) {
    throw unusable(resources, error);
  }
}

/** Null: nothing stands there. `foreign`: an operator's, or one that cannot be read. */
async function ownResource(resources: string, file: string): Promise<Resource | 'foreign' | null> {
  const stats = await lstat(join(resources, file)).catch(() => null);
  if (stats === null) return null;
  if (!stats.isFile()) return 'foreign';
  const { documents, problems } = parseDocuments(file, await readFile(join(resources, file)));
  const [document] = documents;
  if (document === undefined || documents.length > 1 || problems.length > 0) return 'foreign';
  const { resource } = validateResource(document);
  return resource?.metadata.labels?.[managedBy.label] === managedBy.value ? resource : 'foreign';
}

/** Without a reason of its own an order keeps the one that stands there. */
function sameDecision(before: Resource, after: Resource, newReason: boolean): boolean {
  const reason = ({ metadata }: Resource): string | undefined => metadata.annotations?.[reasonAnnotation];
  const said = ({ spec }: Resource): string => canonicalJson(JSON.parse(JSON.stringify(spec, (field, value: unknown) => (field === 'reason' ? undefined : value))));
  return said(before) === said(after) && (!newReason || reason(before) === reason(after));
}

/** The folder itself, in the resource directory: a link could lead to where nobody reads, or to somebody else's. */
async function requireFolder(resources: string): Promise<void> {
  const path = join(resources, generatedFolder);
  const top = await realpath(resources);
  await shareDirectory({ path, mode: 0o2775, alone: 0o755, owner: await stat(resources) });
  const real = await realpath(path);
  if (!real.startsWith(top + sep) && real !== generatedBeside(top)) throw new CommandError(exit.failed, `${path} leads out of the resource directory, where nothing is read; make it a directory`);
}

/** What root leaves must be as readable and removable for the controller and its operators as everything beside it. */
async function giveToOwner(resources: string, path: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const [owner, folder] = await Promise.all([stat(resources), stat(dirname(path))]);
  await chown(path, owner.uid, folder.gid);
}

function unusable(resources: string, error: unknown): ConfigurationError {
  const code = errorCode(error);
  const remedy = `join the group ${actingGroup}, or use sudo`;
  return new ConfigurationError(`resources ${resources}: ${basename(generatedFolder)}/ cannot be read or written (${code}): ${remedy}`, { code, cause: error });
}
