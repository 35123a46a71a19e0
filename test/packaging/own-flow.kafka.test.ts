import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { openKafkaLog } from '../../src/adapters/log/kafka/log.js'
import { readAll } from '../../src/runtime/read-all.js'
import { labelled } from '../../src/topics.js'
import { startNode } from '../support/cli.js'
import { temporaryFolder } from '../support/temporary.js'
import { installPackage, pack } from './installation.js'
import { copyExample, expected, personalIn, sealedIn, startRating, textsOf } from './own-flow.js'

const Ended = /^\{.*"event":"ended".*\}$/m

test('the example of a pipeline of one’s own: two workers of the packed package share it on Kafka', async () => {
  const example = join(await temporaryFolder(), 'own flow')
  copyExample(example)
  await installPackage(process.execPath, await pack(await temporaryFolder()), example, ['--omit=optional'])
  const rating = await startRating(example)
  const kafka = { brokers: inject('kafka').bootstrap, namespace: `f${randomUUID().slice(0, 8)}` }
  // Each shard is closed as soon as its first record is a moment old.
  const datasets = JSON.stringify(
    Object.fromEntries(Object.keys(expected).map(name => [name, { trainer: 'none', seal: { ageSeconds: 1 } }])),
  )
  const set = [...rating.set, '--set', `log=${JSON.stringify({ kafka })}`, '--set', `datasets=${datasets}`]
  const start = (...args: readonly string[]) =>
    startNode([join(example, 'node_modules/steerflow/dist/cli/main.js'), ...args, ...set], { cwd: example })
  try {
    const workers = [start('run'), start('run')]
    // Both have partitions of the node before there is anything to do.
    for (const { printed } of workers) {
      await printed(output => output.includes('"event":"assigned","node":"redact-unscored"'))
    }
    const ingested = await start('ingest', 'export.jsonl', 'trees.jsonl').ended
    expect(ingested, ingested.stderr).toMatchObject({ code: 0 })

    const treesOf = (dataset: keyof typeof expected) =>
      sealedIn(join(example, '.steerflow'))
        [dataset].map(({ tree_id }) => tree_id)
        .sort()
    for (const [dataset, trees] of Object.entries(expected)) {
      await expect.poll(() => treesOf(dataset as keyof typeof expected).length).toBeGreaterThanOrEqual(trees.length)
    }
    for (const { child } of workers) child.kill('SIGTERM')
    const ended = await Promise.all(workers.map(worker => worker.ended))
    for (const one of ended) expect(one, one.stderr).toMatchObject({ code: 0 })

    // Each record once: in the shards, and in the sum of what the workers did.
    for (const [dataset, trees] of Object.entries(expected))
      expect(treesOf(dataset as keyof typeof expected)).toEqual(trees)
    const done = ended.map(({ stderr }) => {
      const { nodes } = JSON.parse(Ended.exec(stderr)![0]) as { nodes: readonly { node: string; in: number }[] }
      return nodes.find(({ node }) => node === 'redact-unscored')?.in ?? 0
    })
    expect(Math.min(...done)).toBeGreaterThan(0)
    expect(done[0]! + done[1]!).toBe(expected.steerlm.length)
    const sealed = Object.values(sealedIn(join(example, '.steerflow'))).flat()
    expect(personalIn(sealed.flatMap(textsOf))).toEqual([])

    // The values of a topic of its own are plain JSON; those of the others begin with the id of their schema.
    const log = await openKafkaLog(kafka)
    const firstBytes = async (topic: string): Promise<ReadonlySet<number>> => {
      const found = new Set<number>()
      for await (const { value } of readAll(log, topic)) found.add(value[0]!)
      return found
    }
    expect(await firstBytes('conversations.labelled-as-written')).toEqual(new Set(Buffer.from('{')))
    expect(await firstBytes(labelled.name)).toEqual(new Set([0]))
    await log.close()
  } finally {
    rating.stop()
  }
})
