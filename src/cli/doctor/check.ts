/** One thing that `sexton doctor` looked at. */
export interface Check {
  /** What was looked at: `unifi.token`. */
  readonly name: string;
  readonly state: 'Ok' | 'Warning' | 'Failed' | 'Skipped';
  readonly message: string;
  /** What to do about it; null when there is nothing to do. */
  readonly remedy: string | null;
}

export function ok(name: string, message: string): Check {
  return { name, state: 'Ok', message, remedy: null };
}

export function failed(name: string, message: string, remedy: string | null = null): Check {
  return { name, state: 'Failed', message, remedy };
}

export function warning(name: string, message: string, remedy: string | null = null): Check {
  return { name, state: 'Warning', message, remedy };
}

export function skipped(name: string, message: string): Check {
  return { name, state: 'Skipped', message, remedy: null };
}
