/** One field, entry or file of the older service, and what became of it. */
export interface Carried {
  readonly from: string;
  readonly to: string;
}

export interface NotCarried {
  readonly from: string;
  readonly reason: string;
}

export interface ImportedDocument {
  readonly kind: string;
  readonly name: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

export interface ImportedFile {
  /** Relative to the resource directory. */
  readonly file: string;
  /** What stands at its top. */
  readonly comment: string;
  readonly documents: readonly ImportedDocument[];
}

/** What an older service's files say in Sexton's words. */
export interface Imported {
  /** Fields of the configuration, without those that every configuration has. */
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly files: readonly ImportedFile[];
  /** Secrets by the name of their environment variable. */
  readonly credentials: Readonly<Record<string, string>>;
  readonly carried: readonly Carried[];
  readonly notCarried: readonly NotCarried[];
  /** What a person should know or do next. */
  readonly notes: readonly string[];
}
