import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Trace } from '../../../src/domain/lineage/trace.js'
import { deployed } from '../../support/kafka/cli.js'
import { temporary } from '../../support/pipelines.js'
import { scored } from '../../../src/topics.js'
import { wayTo } from '../../support/way.js'

const trees = readFileSync('examples/data/oasst1_en_val.trees.jsonl', 'utf8').split('\n').slice(0, 12)

test('a record is traced through the topics of a cluster, and without them when they are deleted', async () => {
  const { run, json, admin, namespace } = await deployed()
  const file = join(temporary(), 'trees.jsonl')
  writeFileSync(file, `${trees.join('\n')}\n`)
  expect(await run('quickstart', file)).toMatchObject({ code: 0 })
  const [{ record }] = JSON.parse(
    `[${(await run('tap', 'conversations.scored', '--limit', '1')).stdout.replace('"value":', '"record":')}]`,
  ) as [{ record: { tree_id: string; steerflow: { id: string } } }]

  const trace = (await json('trace', record.steerflow.id)) as Trace
  expect(trace).toMatchObject({ tree_id: record.tree_id, source: { names: ['trees.jsonl'] } })
  expect(trace.hops.map(({ node }) => node)).toEqual(['ingest', ...wayTo(scored).map(({ name }) => name)])
  expect(new Set(trace.hops.map(({ partition }) => partition)).size).toBe(1)
  expect(trace.hops.flatMap(({ readers }) => readers).every(({ done }) => done)).toBe(true)
  expect(trace.models).toMatchObject([{ state: 'active' }])
  // So few trees that none is held out for validation.
  expect(trace.jobs).toMatchObject([{ state: 'refused' }])

  const topics = [...new Set(trace.hops.map(({ topic }) => topic))]
  const brokers = await admin()
  for (const topic of topics) {
    const name = `${namespace}.${topic}`
    const offsets = await brokers.fetchTopicOffsets(name)
    const partitions = offsets.map(({ partition, high }) => ({ partition, offset: high }))
    await brokers.deleteTopicRecords({ topic: name, partitions })
  }
  expect(await json('trace', record.steerflow.id)).toEqual({ ...trace, hops: [] })
})
