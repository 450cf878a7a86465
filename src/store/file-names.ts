import { join } from 'node:path';

/** The folder in the resource directory that commands write into. */
export const generatedFolder = 'generated';

/**
 * Where that folder may lead from a tree that pulls switch: to one that no switch touches, beside the trees.
 * @param tree the resource directory, a real path
 */
export function generatedBeside(tree: string): string {
  return join(tree, '..', '..', generatedFolder);
}

/** A resource file may end either way; status files end one way only. */
export function isResourceFile(name: string): boolean {
  return /\.ya?ml$/.test(name) && !isStatusFile(name) && !name.startsWith('.');
}

export function isStatusFile(name: string): boolean {
  return name.endsWith('.status.yaml') && !name.startsWith('.');
}

/** Where the status of a resource file stands: beside it. */
export function statusFileOf(resourceFile: string): string {
  return resourceFile.replace(/\.ya?ml$/, '.status.yaml');
}
