import { expect, it } from 'vitest'
import { z } from 'zod'
import { nodesBetween } from '../../src/cli/commands/score.js'
import { pipeline } from '../../src/pipeline.js'
import { annotate } from '../../src/stages/annotate.js'
import { each } from '../../src/stages/stage.js'
import { node } from '../../src/stages/node.js'
import { topic } from '../../src/stages/topic.js'
import { raw } from '../../src/topics.js'

const names = (...args: Parameters<typeof nodesBetween>): string[] => nodesBetween(...args).map(({ name }) => name)

const A = z.strictObject({ a: z.string() })
const at = (name: string) =>
  topic({
    name,
    summary: '',
    record: A,
    key: { name: 'a', of: ({ a }) => a },
    partitions: 1,
    retention: { keep: 'forever' },
  })
const stage = (name: string) =>
  each({
    name,
    summary: '',
    input: A,
    ports: { out: A, aside: A },
    options: z.strictObject({}),
    examples: [],
    create:
      ({ to }) =>
      record =>
        to.out(record),
  })
const copy = (name: string, from: string, out: string, of = name) =>
  node(name, stage(of), { from: at(from), to: { out: at(out), aside: at('aside') } })

it('is the way of a conversation to its scores', () => {
  const way = nodesBetween(pipeline, raw.name, annotate.name)
  expect([way[0]!.from.name, way.at(-1)!.stage.name]).toEqual([raw.name, annotate.name])
  // One after the other: nothing else of the pipeline leads to the labels.
  for (const [at, next] of way.slice(1).entries()) {
    expect(Object.values(way[at]!.to).map(({ name }) => name)).toContain(next.from.name)
  }
})

it('goes through a node that was put between, leaves out what lies aside, and ends where records go round', () => {
  const nodes = [
    copy('last', 'c', 'd', 'goal'),
    copy('first', 'a', 'b'),
    copy('between', 'b', 'c'),
    copy('back', 'b', 'a'),
  ]
  expect(names([...nodes, copy('off', 'aside', 'e')], 'a', 'goal')).toEqual(['last', 'first', 'between', 'back'])
  expect(names(nodes, 'a', 'elsewhere')).toEqual([])
})
