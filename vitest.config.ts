import { defineConfig } from 'vitest/config'

const common = { environment: 'node', testTimeout: 30_000, hookTimeout: 60_000 } as const

/** Two tiers: `unit` runs in seconds; `real` starts processes, kills them, and reads whole corpora. */
export default defineConfig({
  test: {
    globalSetup: ['test/support/build.ts'],
    projects: [
      {
        extends: true,
        test: {
          ...common,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.real.test.ts', 'test/**/*.kafka.test.ts'],
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          ...common,
          name: 'kafka',
          include: ['test/**/*.kafka.test.ts'],
          testTimeout: 300_000,
          fileParallelism: false,
          expect: { poll: { timeout: 15_000 } },
        },
      },
      { extends: true, test: { ...common, name: 'real', include: ['test/**/*.real.test.ts'], testTimeout: 300_000 } },
    ],
  },
})
