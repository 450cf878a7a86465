/**
 * How many random cases a property tries: what `npm test` has time for, or `PROPERTY_FACTOR` times as many, for a long
 * run by hand: `PROPERTY_FACTOR=30 npx vitest run test/desired --testTimeout=0`.
 */
export function runs(usual: number): { readonly numRuns: number } {
  const factor = Number(process.env['PROPERTY_FACTOR'] ?? '1');
  return { numRuns: Math.max(1, Math.round(usual * (Number.isFinite(factor) ? factor : 1))) };
}
