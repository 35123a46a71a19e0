import { expect, test } from 'vitest'
import { z } from 'zod'
import { node } from '../../src/stages/node.js'
import type { Capabilities, Masker } from '../../src/stages/needs.js'
import { each } from '../../src/stages/stage.js'
import { testStage } from '../../src/stages/test-stage.js'
import { topic } from '../../src/stages/topic.js'

// What must not compile is marked; `npm run typecheck` fails when it compiles after all.

const A = z.strictObject({ a: z.string() })
const B = z.strictObject({ b: z.number() })
const declared = { summary: '', partitions: 1, retention: { keep: 'forever' } } as const
const as = topic({ ...declared, name: 'as', record: A, key: { name: 'a', of: record => record.a } })
const bs = topic({ ...declared, name: 'bs', record: B, key: { name: 'b', of: record => String(record.b) } })

const length = each({
  name: 'length',
  summary: 'The length of a text.',
  input: A,
  ports: { measured: B, empty: A },
  options: z.strictObject({ least: z.int().default(1).describe('shorter ones are empty') }),
  examples: [],
  create:
    ({ options, to }) =>
    record =>
      record.a.length < options.least ? to.empty(record) : to.measured({ b: record.a.length }),
})

const masker: Masker = { digest: '', firstLearnt: async () => 0 }

test('a stage bound to fitting topics runs on bytes', async () => {
  const lengths = node('length', length, { from: as, to: { measured: bs, empty: as } })
  const runner = lengths.start({}, { masker } as Capabilities)
  if (runner.kind !== 'each') throw new Error('expected each')
  const at = { topic: 'as', partition: 0, offset: 0n, timestamp: 0, signal: new AbortController().signal }
  expect(await runner.run(Buffer.from('{"a":"four"}'), at)).toEqual([
    { topic: 'bs', key: Buffer.from('4'), value: Buffer.from('{"b":4}') },
  ])
  expect(() => runner.run(Buffer.from('{"a":4}'), at)).toThrow(/as: a: /)
  expect(() => runner.run(Buffer.from([0x22, 0xff, 0x22]), at)).toThrow(/not JSON in UTF-8/)
  expect(() => lengths.start({ least: 'x' }, { masker } as Capabilities)).toThrow(/length\.least/)
  expect(() => lengths.start({ leest: 1 }, { masker } as Capabilities)).toThrow(/leest/)
})

test('a stage is tested with no log', async () => {
  expect(await testStage(length, { a: '' }, { needs: { masker } })).toEqual([{ to: 'empty', value: { a: '' } }])
})

/** Never called: compiling it is the test. */
export function mistakes(): void {
  // @ts-expect-error a topic of another record
  node('n', length, { from: bs, to: { measured: bs, empty: as } })
  // @ts-expect-error a port that leads to a topic of another record
  node('n', length, { from: as, to: { measured: as, empty: as } })
  // @ts-expect-error a missing port
  node('n', length, { from: as, to: { measured: bs } })
  // @ts-expect-error a misspelt port
  node('n', length, { from: as, to: { measured: bs, emtpy: as } })
  // @ts-expect-error an option of another type
  node('n', length, { from: as, to: { measured: bs, empty: as }, options: { least: 'one' } })
  const wrong = {
    name: 'wrong',
    summary: '',
    input: A,
    ports: { measured: B },
    options: z.strictObject({}),
    examples: [],
  }
  each({
    ...wrong,
    // @ts-expect-error the value of another port
    create: context => () => context.to.measured({ a: '' }),
  })
  each({
    ...wrong,
    create: ({ to }) => {
      // @ts-expect-error no such port
      void to.mesured
      return () => to.measured({ b: 1 })
    },
  })
  // @ts-expect-error a capability that there is not
  each({ ...wrong, needs: ['maskers'], create: () => () => [] })
  each({
    ...wrong,
    needs: ['masker'],
    create: ({ needs }) => {
      // @ts-expect-error a capability that is not listed
      void needs.policies
      return () => []
    },
  })
}
