import type { Command } from 'commander';
import type { Session } from './session.js';

/** Adds a command with its examples. The result of an action is the exit code. */
export interface Registry {
  readonly session: Session;
  readonly command: (usage: string, summary: string, examples: readonly string[]) => Command;
  /** One that programs use, not people. */
  readonly hidden: (usage: string) => Command;
  /** What the action answers becomes the exit code. */
  readonly run: (action: () => Promise<number>) => Promise<void>;
}
