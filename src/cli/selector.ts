import { UsageError } from './exit.js';

type Labels = Readonly<Record<string, string>> | undefined;

/** Whether an object with these labels is meant. */
export type Selector = (labels: Labels) => boolean;

const key = /^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/;
const valueForm = /^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$/;

/**
 * kubectl's equality selectors: `a=b`, `a==b`, `a!=b`, `a` (exists), `!a` (does not), joined by commas.
 * @throws UsageError
 */
export function parseSelector(text: string): Selector {
  const terms = text.split(',').map((term) => parseTerm(term.trim(), text));
  return (labels) => terms.every((matches) => matches(labels));
}

function parseTerm(term: string, whole: string): Selector {
  const [, name = '', operator = '', wanted = ''] = /^([^=!]+?)\s*(!=|==?)\s*(.*)$/.exec(term) ?? [];
  const valueOf = (labels: Labels, label: string): string | undefined => (labels !== undefined && Object.hasOwn(labels, label) ? labels[label] : undefined);
  if (operator !== '' && key.test(name) && valueForm.test(wanted)) {
    // As in Kubernetes, `a!=b` also selects what has no label `a`.
    return operator === '!=' ? (labels) => valueOf(labels, name) !== wanted : (labels) => valueOf(labels, name) === wanted;
  }
  const absent = term.startsWith('!');
  const label = absent ? term.slice(1).trim() : term;
  if (operator === '' && key.test(label)) return (labels) => (valueOf(labels, label) === undefined) === absent;
  throw new UsageError(`-l ${whole}: "${term}" selects nothing; write key=value, key!=value, key or !key, joined by commas`);
}
