import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { labelledClean, scored } from '../../src/topics.js'
import { wayTo } from '../support/way.js'

const [, life] = /## The life of a record\n([^]*?)\n## /.exec(readFileSync('ARCHITECTURE.md', 'utf8')) ?? []
/** The first cell of each row: the nodes that a step is of. */
const steps = new Set(
  [...life!.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell]) => cell!.replaceAll('`', '').split(', ')),
)

it.each([labelledClean, scored].map(topic => [topic.name, topic] as const))(
  'the life of a record in ARCHITECTURE.md names every node on the way to %s',
  (_, topic) => {
    expect(wayTo(topic).length).toBeGreaterThan(1)
    expect(
      wayTo(topic)
        .map(({ name }) => name)
        .filter(name => !steps.has(name)),
    ).toEqual([])
  },
)
