import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { readFile } from 'node:fs/promises'
import { expect, inject, test } from 'vitest'
import { z } from 'zod'
import { openKafkaLog } from '../../src/adapters/log/kafka/log.js'
import type { Trace } from '../../src/domain/lineage/trace.js'
import { runCli, startCli } from '../support/cli.js'
import { temporaryFolder } from '../support/temporary.js'
import { scored } from '../../src/topics.js'
import { wayTo } from '../support/way.js'

const Facts = z.looseObject({
  datasets: z.record(z.string(), z.looseObject({ path: z.string(), train: z.number(), validation: z.number() })),
  nodes: z.array(z.looseObject({ node: z.string(), in: z.number() })),
})

/** What came out: the digest and sizes of every dataset, and what every node has done. */
async function outcome(dir: string) {
  const facts = Facts.parse(JSON.parse(await readFile(join(dir, 'summary.json'), 'utf8')))
  const datasets = Object.entries(facts.datasets).map(([name, { path, train, validation }]) => [
    name,
    path.split('/').at(-1),
    train,
    validation,
  ])
  const done = facts.nodes.filter(({ node }) => /^(preprocess|clean|annotate|seal)/.test(node))
  return { datasets, done: done.map(node => [node.node, node.in]) }
}

test('three processes on a broker make what one makes on the embedded log, though one of them is killed', async () => {
  const alone = await temporaryFolder()
  expect(await runCli(['quickstart', '--data-dir', alone])).toMatchObject({ code: 0 })

  const shared = await temporaryFolder()
  const kafka = { brokers: inject('kafka').bootstrap, namespace: `q${randomUUID().slice(0, 8)}` }
  const flags = ['--data-dir', shared, '--set', `log=${JSON.stringify({ kafka })}`]
  const quickstart = startCli(['quickstart', ...flags])
  const log = await openKafkaLog(kafka)
  const unscored = async (): Promise<bigint> => {
    const states = await log.state('conversations.unscored').catch(() => [])
    return states.reduce((sum, { end }) => sum + end, 0n)
  }
  await expect.poll(unscored).toBeGreaterThan(0n)
  const victim = startCli(['run', '--until-idle', ...flags])
  const helpers = [startCli(['run', '--until-idle', ...flags]), startCli(['run', '--until-idle', ...flags])]
  await victim.printed(output => output.includes('"assigned"'))
  victim.child.kill('SIGKILL')

  expect(await quickstart.ended).toMatchObject({ code: 0 })
  for (const helper of helpers) expect(await helper.ended).toMatchObject({ code: 0 })
  await log.close()
  expect(await outcome(shared)).toEqual(await outcome(alone))

  // A record has gone the same way on both logs.
  const wayOf = async (dir: string, ...more: string[]) => {
    const line = `${join(dir, 'datasets/steerlm/latest/validation.jsonl')}:1`
    const { stdout } = await runCli(['trace', line, '--json', '--data-dir', dir, ...more])
    const trace = JSON.parse(stdout) as Trace
    const hops = trace.hops.map(({ topic, partition, node, readers }) => ({ topic, partition, node, readers }))
    return { ...trace, hops, shards: trace.shards.map(({ dataset, split }) => [dataset, split]) }
  }
  const way = await wayOf(alone)
  expect(way.hops).toHaveLength(wayTo(scored).length + 1)
  expect(await wayOf(shared, ...flags.slice(2))).toEqual(way)
})
