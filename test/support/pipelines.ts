import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, onTestFinished } from 'vitest'
import { z } from 'zod'
import { openEmbeddedLog } from '../../src/adapters/log/embedded/log.js'
import type { Log } from '../../src/runtime/log.js'
import { PipelineRun } from '../../src/runtime/pipeline-run.js'
import { readAll } from '../../src/runtime/read-all.js'
import type { Node } from '../../src/stages/node.js'
import type { Capabilities } from '../../src/stages/needs.js'
import { topic, type Topic } from '../../src/stages/topic.js'

/** A record of the runtime's tests: which one it is, and what it asks of the stage. */
export const Numbered = z.strictObject({ id: z.number(), key: z.string() }).meta({ title: 'Numbered' })
export type Numbered = z.output<typeof Numbered>

export const numbered = (name: string): Topic<typeof Numbered> =>
  topic({
    name,
    summary: '',
    record: Numbered,
    key: { name: 'key', of: record => record.key },
    partitions: 2,
    retention: { keep: 'forever' },
  })

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'steerflow-test-'))
const remove = (dir: string): void => rmSync(dir, { recursive: true, force: true })

/** A temporary folder that goes when the test ends. */
export function temporary(): string {
  const dir = newFolder()
  onTestFinished(() => remove(dir))
  return dir
}

/** A temporary folder that goes when the suite ends. */
temporary.forSuite = (): string => {
  const dir = newFolder()
  afterAll(() => remove(dir))
  return dir
}

/** An embedded log in a folder of its own, with the given topics and the dead letters. */
export async function testLog(topics: readonly string[], dir = temporary()): Promise<Log> {
  const log = await openEmbeddedLog({ dir })
  onTestFinished(() => log.close())
  const forever = { keep: 'forever' } as const
  await log.ensure([
    ...topics.map(name => ({ name, partitions: 2, retention: forever })),
    { name: 'dead-letters', partitions: 1, retention: forever },
    { name: 'dead-letters.replayed', partitions: 1, retention: forever },
  ])
  return log
}

/** Publishes records with ids `from … to - 1` over a few keys. */
export async function publishNumbers(log: Log, to: Topic<typeof Numbered>, from: number, end: number): Promise<void> {
  const records = Array.from({ length: end - from }, (_, index) => ({
    id: from + index,
    key: `k${(from + index) % 7}`,
  }))
  await log.publish(
    records.map(record => ({
      topic: to.name,
      key: Buffer.from(record.key),
      value: Buffer.from(JSON.stringify(record)),
    })),
  )
}

/** A run of nodes that need nothing. */
export const pipelineRun = (log: Log, nodes: readonly Node[], untilIdle: boolean, concurrency = 8): PipelineRun =>
  new PipelineRun({
    log,
    nodes,
    deadLetters: 'dead-letters',
    capabilities: {} as Capabilities,
    options: () => ({}),
    concurrency: () => concurrency,
    sourcesEnded: () => true,
    untilIdle,
  })

/** Runs nodes until everything is idle. */
export const runUntilIdle = (log: Log, nodes: readonly Node[], concurrency = 8): Promise<void> =>
  pipelineRun(log, nodes, true, concurrency).run()

/** All values of a topic, decoded. */
export async function valuesOf(log: Log, name: string): Promise<Numbered[]> {
  const values: Numbered[] = []
  for await (const record of readAll(log, name)) values.push(Numbered.parse(JSON.parse(record.value.toString('utf8'))))
  return values
}
