import { z } from 'zod'
import { bind, type Node } from '../../src/stages/bind.js'
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
export const names = { namespace: 'chaos', in: 'in', out: 'out', deadLetters: 'dead-letters', group: 'call' } as const
export const brokerTopic = (name: string): string => `${names.namespace}.${name}`

export type Call = (id: string, signal: AbortSignal) => Promise<void>

/** One node that makes a call for every record and says who made it. */
export const callNode = (worker: string, call: Call): Node =>
  bind(
    names.group,
    each<Call>()({
      name: 'call',
      summary: 'Calls a server for every record.',
      input: Asked,
      ports: { out: Answered },
      options: z.strictObject({}),
      examples: [],
      create:
        ({ needs, to }) =>
        async ({ id, key }, at) => {
          await needs(id, at.signal)
          return to.out({ id, key, by: worker })
        },
    }),
    named(names.in, Asked),
    { out: named(names.out, Answered) },
    () => call,
  )
