import { expect, test } from 'vitest'
import { z } from 'zod'
import { configOfFlow } from '../../src/cli/config.js'
import { builtIn } from '../../src/flow.js'

interface Node {
  readonly type?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly properties?: Readonly<Record<string, Node>>
  readonly [key: string]: unknown
}

/** Every number of the configuration by its path, wherever it stands in the schema. */
function* numbers(node: Node, path: string): Generator<[string, Node]> {
  if (node.type === 'number' || node.type === 'integer') yield [path, node]
  for (const [key, value] of Object.entries(node)) {
    if (typeof value !== 'object' || value === null) continue
    const parts = Array.isArray(value) ? (value as Node[]) : [value as Node]
    for (const part of parts) {
      if (key !== 'properties') yield* numbers(part, path)
      else for (const [name, child] of Object.entries(part)) yield* numbers(child as Node, `${path}.${name}`)
    }
  }
}

const schema = z.toJSONSchema(configOfFlow(builtIn), { io: 'input', target: 'draft-7' }) as Node
const all = [...numbers(schema, '')]

test('a time of the configuration has bounds: no shorter than a clock tells, no longer than it counts', () => {
  const times = all.filter(([path]) => /(seconds|ms|days)$/i.test(path))
  expect(times.length).toBeGreaterThan(12)
  const unbounded = times.filter(([path, { minimum, maximum }]) => {
    const isAge = /days$/i.test(path) || minimum === 0
    return maximum === undefined || (isAge ? false : minimum === undefined || minimum < 0.001)
  })
  expect(unbounded.map(([path]) => path)).toEqual([])
})

test('a number of bytes of the configuration has a lower bound that a record can keep', () => {
  const sizes = all.filter(([path]) => /bytes$/i.test(path))
  expect(sizes.length).toBeGreaterThan(1)
  const small = sizes.filter(([, { minimum }]) => (minimum ?? 0) < 1024).map(([path]) => path)
  // A tree that comes to more than these becomes a dead letter that names the key.
  expect(small).toEqual(['.preprocess.fanout.bytes'])
})
