/** Keys and indexes from the root of a document to one of its nodes. */
export type Path = readonly (string | number)[];

/** `spec.rooms[2].name`, `metadata.labels["a/b"]`; empty for the root. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    if (!/^[A-Za-z_$][\w$-]*$/.test(step)) return `${text}[${JSON.stringify(step)}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}
