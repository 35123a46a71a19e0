import { describe, expect, it } from 'vitest'
import { conversationLine } from '../../src/domain/conversation-line.js'
import type { CutStart, ShardCut, ShardStore } from '../../src/stages/needs.js'
import { seal } from '../../src/stages/seal.js'
import { portsOf } from '../../src/stages/stage.js'
import { at, conversation, manifest } from '../support/training.js'

/** A store that keeps lines in memory. */
class Memory implements ShardStore {
  readonly starts: CutStart[] = []
  readonly lines: string[] = []
  dropped = 0

  begin = async (start: CutStart): Promise<ShardCut> => {
    this.starts.push(start)
    const lines: string[] = []
    return {
      get records() {
        return lines.length
      },
      get bytes() {
        return lines.reduce((sum, line) => sum + line.length + 1, 0)
      },
      append: async ({ dataset, split }, line) => {
        lines.push(line)
        this.lines.push(`${dataset} ${split} ${line}`)
      },
      seal: async to => {
        const { reason: _, ...sealed } = manifest({ dataset: 'd', to: `${to}`, records: lines.length })
        return [sealed]
      },
      drop: async () => void this.dropped++,
    }
  }
}

const start = (shards: ShardStore, options: object = {}) =>
  seal.create({ options: seal.options.parse(options), needs: { shards }, to: portsOf(seal.ports) })

describe('seal', () => {
  it('begins a cut where its first record stands and writes the wire line to the file of its split', async () => {
    const shards = new Memory()
    const fold = start(shards, { dataset: 'd', version: 3 })
    const group = await fold.open(at({ offset: 7n, partition: 2 }))
    const record = conversation('a', { split: 'validation' })
    await fold.step(group, record, at())
    expect(shards.starts).toMatchObject([{ version: 3, topic: 'conversations.scored', partition: 2, from: 7n }])
    expect(shards.lines).toEqual([`d validation ${conversationLine(record)}`])
  })

  it.each([
    ['records', { records: 2 }],
    ['bytes', { bytes: 1024 }],
  ] as const)('is full by %s', async (reason, options) => {
    const fold = start(new Memory(), options)
    const group = await fold.open(at())
    const long = (id: string) => ({ ...conversation(id), system: 'x'.repeat(200) })
    await fold.step(group, long('a'), at())
    expect(fold.full(group, 0)).toBeNull()
    await fold.step(group, long('b'), at())
    expect(fold.full(group, 0)).toBe(reason)
  })

  it('is full by age, counted from when it was opened and not from the age of its records', async () => {
    const fold = start(new Memory(), { ageSeconds: 60 })
    const group = await fold.open(at({ timestamp: 0 }))
    await fold.step(group, conversation('a'), at())
    expect(fold.full(group, 1_000_000)).toBeNull()
    expect(fold.full(group, 1_059_999)).toBeNull()
    expect(fold.full(group, 1_060_000)).toBe('age')
  })

  it('is full when the attribute set changes', async () => {
    const fold = start(new Memory())
    const group = await fold.open(at())
    await fold.step(group, conversation('a'), at())
    await fold.step(group, conversation('b', { attribute_set: 'helpsteer-5@1' }), at())
    expect(fold.full(group, 0)).toBe('schema')
  })

  it('emits a sealed event a file, with the reason', async () => {
    const fold = start(new Memory(), { dataset: 'd' })
    const group = await fold.open(at())
    await fold.step(group, conversation('a'), at())
    expect(await fold.close(group, 5n, 'idle')).toEqual([
      {
        to: 'shards',
        value: {
          dataset: 'd',
          event: 'sealed',
          at: null,
          manifest: manifest({
            dataset: 'd',
            to: '5',
            records: 1,
            reason: 'idle',
            labels: { turns: 1, labelled: 1, values: { quality: { '4': 1 } } },
          }),
        },
      },
    ])
  })

  it('drops the files of a group that will not be closed', async () => {
    const shards = new Memory()
    const fold = start(shards)
    await fold.drop(await fold.open(at()))
    expect(shards.dropped).toBe(1)
  })
})
