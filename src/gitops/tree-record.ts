import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../runtime/errors.js';
import { isRecord } from '../runtime/record.js';
import type { Revision } from './state.js';

/** What a tree was made from. It stands in the tree, so that no crash can part the two. */
export interface TreeRecord extends Revision {
  /** `gitOps.path` of then. */
  readonly path: string;
  /** By path: the blob of each file, with `link:` before that of a link. */
  readonly files: Readonly<Record<string, string>>;
}

/** A dot-entry: neither a resource nor watched. */
const recordName = '.sexton-revision.json';
const version = 1;

export function recordPath(tree: string): string {
  return join(tree, recordName);
}

export function recordText(record: TreeRecord): string {
  return `${JSON.stringify({ version, ...record }, null, 1)}\n`;
}

/** Null: no pull made this directory, or its record is unreadable. */
export async function readRecord(tree: string): Promise<TreeRecord | null> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(recordPath(tree), 'utf8'));
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || error instanceof SyntaxError) return null;
    throw error;
  }
  if (!isRecord(value) || value['version'] !== version) return null;
  const { commit, branch, authoredAt, pulledAt, path, files } = value;
  const texts = [commit, branch, authoredAt, pulledAt, path];
  if (!texts.every((text): text is string => typeof text === 'string') || !isRecord(files)) return null;
  const [a = '', b = '', c = '', d = '', e = ''] = texts;
  const blobs = Object.entries(files).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return { commit: a, branch: b, authoredAt: c, pulledAt: d, path: e, files: Object.fromEntries(blobs) };
}

export function revisionOf({ commit, branch, authoredAt, pulledAt }: TreeRecord): Revision {
  return { commit, branch, authoredAt, pulledAt };
}
