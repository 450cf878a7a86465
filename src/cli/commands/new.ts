import { template } from '../../api/templates.js';
import { exit } from '../exit.js';
import type { Session } from '../session.js';
import { requireKind } from '../targets.js';

export function newCommand({ terminal }: Session, word: string): number {
  terminal.out(template(requireKind(word)));
  return exit.ok;
}
