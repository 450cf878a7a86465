/** One thing wrong in one place of one file. Lines and columns count from 1; 0 means the whole file. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Where in the document: `spec.rooms[2].name`; empty for the document itself. */
  readonly path: string;
  readonly message: string;
}

/** `file:line:col path: message`, the form every command prints. */
export function formatProblem(problem: Problem): string {
  const place = `${problem.file}:${problem.line}:${problem.column}`;
  return problem.path === '' ? `${place}: ${problem.message}` : `${place} ${problem.path}: ${problem.message}`;
}
