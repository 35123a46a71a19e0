import { z } from 'zod'
import { node, type Node } from '../../src/stages/node.js'
import { each } from '../../src/stages/stage.js'
import { topic, type Topic } from '../../src/stages/topic.js'

const Asked = z.object({ id: z.string(), key: z.string() })
const Answered = z.object({ id: z.string(), key: z.string(), by: z.string() })
export type Answered = z.output<typeof Answered>
export const readAsked = (value: Buffer): z.output<typeof Asked> => Asked.parse(JSON.parse(value.toString()))
export const readAnswered = (value: Buffer): Answered => Answered.parse(JSON.parse(value.toString()))

const named = <R extends typeof Asked | typeof Answered>(name: string, record: R): Topic<R> =>
  topic({
    name,
    summary: 'of a chaos run',
    record,
    key: { name: 'key', of: value => value.key },
    partitions: 12,
    retention: { keep: 'forever' },
  })

/** The topics of a chaos run. */
export const names = {
  namespace: 'chaos',
  in: 'in',
  out: 'out',
  copied: 'copied',
  deadLetters: 'dead-letters',
  replayed: 'dead-letters.replayed',
  group: 'call',
} as const
export const brokerTopic = (name: string): string => `${names.namespace}.${name}`

export type Call = (id: string, signal: AbortSignal) => Promise<void>

/**
 * A node behind it, so that both have work for as long as there is input; it fails, for a reason that is not a record's, as
 * long as it cannot write to its folder.
 */
export const copyNode = (worker: string, writable: () => Promise<void>): Node =>
  node(
    'copy',
    each({
      name: 'copy',
      summary: 'Copies records while its folder can be written to.',
      input: Answered,
      ports: { out: Answered },
      options: z.strictObject({}),
      examples: [],
      create:
        ({ to }) =>
        async ({ id, key }) => {
          await writable()
          return to.out({ id, key, by: worker })
        },
    }),
    { from: named(names.out, Answered), to: { out: named(names.copied, Answered) } },
  )

/** One node that makes a call for every record and says who made it. */
export const callNode = (worker: string, call: Call): Node =>
  node(
    names.group,
    each({
      name: 'call',
      summary: 'Calls a server for every record.',
      input: Asked,
      ports: { out: Answered },
      options: z.strictObject({}),
      examples: [],
      create:
        ({ to }) =>
        async ({ id, key }, at) => {
          await call(id, at.signal)
          return to.out({ id, key, by: worker })
        },
    }),
    { from: named(names.in, Asked), to: { out: named(names.out, Answered) } },
  )
