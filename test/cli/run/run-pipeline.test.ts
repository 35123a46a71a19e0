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

test.each([
  [0.5, true],
  [0.95, false],
])(
  'of nine in ten dead letters a run with deadLetters.maxShare %d says that they are many: %s',
  async (share, said) => {
    const set = [`dataDir=${await temporaryFolder()}`, `deadLetters={maxShare: ${share}, window: 300}`]
    const workspace = await openWorkspace(loadConfig({ set }), { begins: true })
    const events: string[] = []
    const bad = Array.from({ length: 400 }, (_, at) => ({
      topic: 'conversations.raw',
      key: Buffer.from(String(at)),
      value: Buffer.from(
        at % 10 === 0 ? JSON.stringify({ source: 'f', line: at, record: { messages: [] } }) : 'no json',
      ),
    }))
    try {
      await workspace.log.publish(bad)
      await runPipeline({
        workspace,
        nodes: pipeline.filter(({ name }) => name === 'preprocess'),
        capabilities: {} as Capabilities,
        underWay: {},
        untilIdle: true,
        sources: async () => undefined,
        watch: () => undefined,
        report: event => void events.push(event.event),
        signal: new AbortController().signal,
      })
    } finally {
      await workspace.close()
    }
    expect(events.includes('many-dead-letters')).toBe(said)
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
