import type { Problem } from '../api/problem.js';
import type { GitOpsConfiguration } from '../runtime/config-gitops.js';
import type { Git } from './git.js';
import type { LocalEdit } from './local-files.js';
import type { Commit } from './repository.js';
import type { RefusedRevision, Revision } from './state.js';

export interface PullOptions {
  readonly resources: string;
  readonly stateDir: string;
  readonly runtimeDir: string;
  readonly gitOps: GitOpsConfiguration;
  readonly git: Git;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** The whole set in a directory, references included; files relative to it. */
  readonly validate: (directory: string) => Promise<{ readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] }>;
  /** What a refusal also depends on: the version of this program. */
  readonly program: string;
  readonly allowForcePush: boolean;
  /** Replace edited files, after keeping a copy of them. */
  readonly setAside: boolean;
  /** State that was lost or cannot be kept, a sentence each: nothing that the outcome depends on. */
  readonly onTrouble: (text: string) => void;
  /** Told before each step; waited for. */
  readonly onStep: (step: PullStep) => Promise<void>;
}

export type PullStep = 'prepare' | 'ask' | 'fetch' | 'judge' | 'build' | 'validate' | 'seal' | 'finish' | 'share' | 'switch' | 'take over' | 'look back' | 'clean up';

export interface FileChanges {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

export type PullResult =
  | { readonly outcome: 'NothingNew'; readonly revision: Revision; readonly edits: readonly LocalEdit[] }
  | {
      readonly outcome: 'Switched';
      readonly revision: Revision;
      readonly previous: Revision | null;
      /** From the newest; where nothing was served before, or the history was rewritten, only the one. */
      readonly commits: readonly Commit[];
      readonly files: FileChanges;
      readonly warnings: readonly Problem[];
      /** Directories with what was replaced. */
      readonly aside: readonly string[];
    }
  /** `again`: an earlier pull refused the same for the same reason. */
  | { readonly outcome: 'Refused'; readonly refused: RefusedRevision; readonly revision: Revision | null; readonly again: boolean };
