import { expect, test } from 'vitest'
import { loadConfig } from '../../../src/cli/load-config.js'
import { runPipeline, type RunRequest } from '../../../src/cli/run/run-pipeline.js'
import { openWorkspace } from '../../../src/cli/workspace.js'
import { type ErrorCode, SteerflowError } from '../../../src/domain/errors.js'
import { pipeline } from '../../../src/pipeline.js'
import type { Capabilities } from '../../../src/stages/needs.js'
import { temporaryFolder } from '../../support/temporary.js'

/** A run of `preprocess` that never ends by itself, under a watch. */
async function watched(watch: RunRequest['watch'], breaks: () => SteerflowError | null = () => null) {
  const workspace = await openWorkspace(loadConfig({ set: [`dataDir=${await temporaryFolder()}`] }), { begins: true })
  const log = new Proxy(workspace.log, {
    get: (to, key) => {
      const error = key === 'state' ? breaks() : null
      if (error) return () => Promise.reject(error)
      const value: unknown = Reflect.get(to, key, to)
      return typeof value === 'function' ? (value.bind(to) as unknown) : value
    },
  })
  try {
    return await runPipeline({
      workspace: { ...workspace, log },
      nodes: pipeline.filter(({ name }) => name === 'preprocess'),
      capabilities: {} as Capabilities,
      underWay: {},
      untilIdle: false,
      sources: async () => undefined,
      watch,
      report: () => undefined,
      signal: new AbortController().signal,
    })
  } finally {
    await workspace.close()
  }
}

test.each<ErrorCode>(['STEERFLOW_OUTAGE', 'STEERFLOW_STUCK', 'STEERFLOW_JOB_FAILED'])(
  'what the watch concludes ends the run, whatever its kind: %s',
  async code => {
    const run = watched(() => {
      throw new SteerflowError(code, 'nobody comes')
    })
    await expect(run).rejects.toMatchObject({ code, message: 'nobody comes' })
  },
)

test('a log that is away is waited for, and looked at again', async () => {
  let looks = 0
  const away = () => (++looks < 3 ? new SteerflowError('STEERFLOW_KAFKA_UNREACHABLE', 'no broker') : null)
  const run = watched(() => {
    throw new SteerflowError('STEERFLOW_STUCK', `after ${looks}`)
  }, away)
  await expect(run).rejects.toMatchObject({ code: 'STEERFLOW_STUCK', message: 'after 3' })
})
