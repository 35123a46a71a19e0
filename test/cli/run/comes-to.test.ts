import { expect, it } from 'vitest'
import { z } from 'zod'
import { comesTo } from '../../../src/cli/run/comes-to.js'
import { Conversation } from '../../../src/domain/conversation.js'
import { builtIn } from '../../../src/flow.js'
import { type Log, offset } from '../../../src/runtime/log.js'
import { node, type Node } from '../../../src/stages/node.js'
import { preprocess } from '../../../src/stages/preprocess.js'
import { each } from '../../../src/stages/stage.js'
import { topic } from '../../../src/stages/topic.js'
import { labelled, raw } from '../../../src/topics.js'
import { testLog } from '../../support/pipelines.js'

const between = topic({ ...labelled, name: 'conversations.between' })
const stage = each({
  name: 'between',
  summary: '',
  input: Conversation,
  ports: { out: Conversation },
  options: z.strictObject({}),
  examples: [],
  create:
    ({ to }) =>
    record =>
      to.out(record),
})
/** Two nodes on the way to the topic that is asked about, whatever else the pipeline has. */
const first = builtIn.node(preprocess.name)!.rewired({ to: { labelled: between } })
const second = node('between', stage, { from: between, to: { out: labelled } })
const nodes = [first, second]

const one = (to: string) => ({ topic: to, partition: 0, key: null, value: Buffer.alloc(1) })

/** A node reads one record and publishes to a topic. */
const pass = async (log: Log, { name, from }: Node, to: readonly string[]): Promise<void> => {
  const claim = await log.claim(name, from.name, 0)
  await claim.commit(offset(0), offset(1), to.map(one))
}

it.each([
  ['comes', [labelled.name], true],
  ['does not come', [], false],
])('waits for every node on the way: a record %s', async (_, published, expected) => {
  const log = await testLog([raw.name, between.name, labelled.name])
  await log.publish([one(raw.name)])
  let looks = 0
  const watched = {
    state: (name: string) => ((looks += name === labelled.name ? 1 : 0), log.state(name)),
    committed: (group: string, name: string) => log.committed(group, name),
  }
  let known: boolean | null = null
  const answer = comesTo(watched, nodes, labelled.name, new AbortController().signal).then(value => (known = value))
  await pass(log, first, [between.name])
  const before = looks
  await expect.poll(() => looks).toBeGreaterThan(before + 1)
  expect(known).toBeNull()

  await pass(log, second, published)
  expect(await answer).toBe(expected)
})

it('knows at once what no node writes, and ends with its signal', async () => {
  const log = await testLog([raw.name, labelled.name])
  await log.publish([one(raw.name)])
  expect(await comesTo(log, [], labelled.name, new AbortController().signal)).toBe(false)
  expect(await comesTo(log, builtIn.nodes, labelled.name, AbortSignal.abort())).toBe(true)
})
