import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Identified } from '../../../../support/checker.js'
import type { Log, Output } from '../../../../../src/runtime/log.js'
import { node, type Node } from '../../../../../src/stages/node.js'
import { each } from '../../../../../src/stages/stage.js'
import { topic, type Topic } from '../../../../../src/stages/topic.js'
import { everything } from '../../../../conformance/support.js'

const Identity = z.object({ id: z.string(), key: z.string() })

const named = (name: string): Topic<typeof Identity> =>
  topic({
    name,
    summary: '',
    record: Identity,
    key: { name: 'key', of: record => record.key },
    partitions: 2,
    retention: { keep: 'forever' },
  })

/** A node that takes its time over each record of `in` and passes it on to `out`. */
export const copyNode = (ms: number, worked: (id: string) => void = () => undefined): Node =>
  node(
    'copy',
    each({
      name: 'copy',
      summary: 'Copies.',
      input: Identity,
      ports: { out: Identity },
      options: z.strictObject({}),
      examples: [],
      create:
        ({ to }) =>
        async record => {
          worked(record.id)
          await sleep(ms)
          return to.out(record)
        },
    }),
    { from: named('in'), to: { out: named('out') } },
  )

/** A record as the node reads it. */
export const asked = (record: Identified, partition: number): Output => ({
  topic: 'in',
  partition,
  key: Buffer.from(record.key),
  value: Buffer.from(JSON.stringify(record)),
})

/** What came out so far. */
export const answered = async (log: Log): Promise<Identified[]> =>
  (await everything(log, 'out')).map(({ value }) => Identity.parse(JSON.parse(value.toString())))
