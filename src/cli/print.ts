import { escapeJson, plain } from '../runtime/text.js';
import type { OutputForm } from './options.js';
import type { Terminal } from './terminal.js';

/** JSON as kubectl prints it: four spaces. */
export function jsonText(value: unknown): string {
  // Line breaks inside of strings are escaped already; those between the lines must stay.
  return `${JSON.stringify(value, null, 4).split('\n').map(escapeJson).join('\n')}\n`;
}

export async function yamlText(value: unknown): Promise<string> {
  const { stringify } = await import('yaml');
  // Through JSON, so that an object which stands twice is written twice and not as an alias.
  const text = stringify(JSON.parse(JSON.stringify(value)), { lineWidth: 0 });
  // Control characters are escaped already; this takes bidi marks, which YAML leaves as they are.
  return text.split('\n').map(plain).join('\n');
}

/** One value as JSON or YAML. */
export async function printValue(terminal: Terminal, form: Extract<OutputForm, 'json' | 'yaml'>, value: unknown): Promise<void> {
  terminal.out(form === 'json' ? jsonText(value) : await yamlText(value));
}

/** Kubernetes' envelope for more than one. */
export function listOf(items: readonly unknown[]): { readonly apiVersion: 'v1'; readonly kind: 'List'; readonly items: readonly unknown[] } {
  return { apiVersion: 'v1', kind: 'List', items };
}
