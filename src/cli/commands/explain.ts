import { explain } from '../../api/explain.js';
import { exit } from '../exit.js';
import type { Session } from '../session.js';

export function explainCommand({ terminal }: Session, path: string): number {
  const explained = explain(path);
  if ('problem' in explained) {
    terminal.note(`error: ${explained.problem}`);
    return exit.failed;
  }
  terminal.out(explained.text);
  return exit.ok;
}
