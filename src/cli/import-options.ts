/** What `sexton import` reads. */
export const importSources = ['door-sync', 'fccplanner', 'csv'] as const;
export type ImportSource = (typeof importSources)[number];

export interface ImportOptions {
  readonly out: string;
  readonly env?: string;
  readonly site: string;
  readonly timeZone?: string;
}
