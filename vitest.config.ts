import { defineConfig } from 'vitest/config'

const common = {
  environment: 'node',
  // Bounds what hangs, on a machine that is busy with other things too.
  testTimeout: 300_000,
  hookTimeout: 300_000,
  // What is waited for comes, however busy the machine is.
  expect: { poll: { timeout: 60_000 } },
} as const

/**
 * Three tiers: `unit` runs in seconds; `real` starts processes, kills them, and reads whole corpora; `kafka` has a real
 * broker, one for all of its files, which therefore run one after the other. `cluster`, which `npm test` leaves out, has an
 * API server of Kubernetes that is built for it.
 */
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
          exclude: ['test/**/*.real.test.ts', 'test/**/*.kafka.test.ts', 'test/**/*.cluster.test.ts'],
          isolate: false,
          maxWorkers: '100%',
        },
      },
      {
        extends: true,
        test: {
          ...common,
          name: 'real',
          include: ['test/**/*.real.test.ts'],
          testTimeout: 600_000,
          // Its tests wait for processes most of the time.
          maxWorkers: '100%',
        },
      },
      {
        extends: true,
        test: { ...common, name: 'cluster', include: ['test/**/*.cluster.test.ts'], testTimeout: 600_000 },
      },
      {
        extends: true,
        test: {
          ...common,
          name: 'kafka',
          include: ['test/**/*.kafka.test.ts'],
          globalSetup: ['test/support/kafka/shared.ts'],
          fileParallelism: false,
          testTimeout: 600_000,
          maxConcurrency: 3,
        },
      },
    ],
  },
})
