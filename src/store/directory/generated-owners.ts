import { stat } from 'node:fs/promises';
import { sep } from 'node:path';
import { actingGroup, actingUsers, type ActingUsers } from '../../runtime/acting-group.js';
import { compareText } from '../../runtime/text.js';
import { generatedFolder } from '../file-names.js';
import type { Tree, TreeFile } from './tree.js';

/**
 * Orders in `generated/` count by who owns their file: those who may give orders, and whoever owns the resource
 * directory, who could declare the same anywhere in it. A stranger's file is refused; what was accepted before stays.
 */
export async function withoutStrangers(tree: Tree, directory: string, users: () => Promise<ActingUsers> = actingUsers): Promise<Tree> {
  const orders = tree.files.filter(({ path }) => path.startsWith(generatedFolder + sep));
  if (orders.length === 0 || process.geteuid === undefined) return tree;
  const [acting, owner] = await Promise.all([users(), stat(directory)]);
  const strangers = orders.filter(({ stats }) => !acting.allows(Number(stats.uid)) && Number(stats.uid) !== owner.uid);
  if (strangers.length === 0) return tree;
  const blocked = strangers.map((file) => ({ path: file.path, directory: false, problem: problem(file, acting) }));
  return {
    ...tree,
    files: tree.files.filter((file) => !strangers.includes(file)),
    blocked: [...tree.blocked, ...blocked].sort((a, b) => compareText(a.path, b.path)),
  };
}

function problem({ path, stats }: TreeFile, acting: ActingUsers): Tree['blocked'][number]['problem'] {
  const who = acting.nameOf(Number(stats.uid));
  return { file: path, line: 0, column: 0, path: '', message: `the file belongs to ${who}, who may not give orders (group ${actingGroup}); remove it, and look who can write there` };
}
