/** What a command ends with. */
export const exit = {
  ok: 0,
  /** Not found, refused, not Ready, changes, problems. */
  failed: 1,
  /** A plane failed, it could not be told, or there is no daemon. */
  unable: 2,
  usage: 64,
  unavailable: 69,
  locked: 75,
  configuration: 78,
  interrupted: 130,
} as const;

/** Ends the command with a sentence on stderr instead of a stack. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** What was typed cannot be meant. The message holds the suggestion. */
export class UsageError extends CommandError {
  override readonly name = 'UsageError';

  constructor(message: string) {
    super(exit.usage, message);
  }
}
