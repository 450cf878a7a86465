import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Real servers, files and processes: two workers keep a two-core machine honest.
    maxWorkers: 2,
  },
});
