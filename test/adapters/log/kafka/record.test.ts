import { describe, expect, it } from 'vitest'
import type { RawMessage } from '../../../../src/adapters/log/kafka/cluster.js'
import { visible, within } from '../../../../src/adapters/log/kafka/record.js'
import { offset } from '../../../../src/runtime/log.js'

const abort = Buffer.from([0, 0, 0, 0])
const commit = Buffer.from([0, 0, 0, 1])

interface Said {
  readonly producer?: string
  readonly control?: Buffer
  /** The batch's last offset, when records after this one were compacted away. */
  readonly until?: number
}

function message(at: number, { producer = '-1', control, until = at }: Said = {}): RawMessage {
  return {
    offset: `${at}`,
    timestamp: '1700000000000',
    key: control ?? Buffer.from('k'),
    value: Buffer.from(`${at}`),
    headers: { node: Buffer.from('n'), twice: [Buffer.from('a'), Buffer.from('b')] },
    isControlRecord: control !== undefined,
    batchContext: {
      producerId: producer,
      inTransaction: producer !== '-1',
      firstOffset: `${at}`,
      lastOffsetDelta: until - at,
    },
  }
}

const seen = (from: number, messages: readonly RawMessage[], aborted: [string, number][] = []) => {
  const abortedTransactions = aborted.map(([producerId, first]) => ({ producerId, firstOffset: `${first}` }))
  const partition = { partition: 3, highWatermark: '99', abortedTransactions, messages }
  const { records, next } = visible('t', offset(from), partition)
  return { offsets: records.map(record => Number(record.offset)), next: Number(next) }
}

describe('what is visible of a fetched piece', () => {
  it('is every record outside of transactions', () => {
    expect(seen(4, [message(4), message(5)])).toEqual({ offsets: [4, 5], next: 6 })
  })

  it('leaves out what lies before the position, since brokers send whole batches', () => {
    expect(seen(5, [message(4), message(5)])).toEqual({ offsets: [5], next: 6 })
  })

  it('goes past control records that it does not show', () => {
    const messages = [message(0, { producer: '7' }), message(1, { producer: '7', control: commit })]
    expect(seen(0, messages)).toEqual({ offsets: [0], next: 2 })
  })

  it('leaves out an aborted transaction, and no other', () => {
    const messages = [
      message(0, { producer: '7' }),
      message(1, { producer: '8' }),
      message(2),
      message(3, { producer: '7', control: abort }),
      message(4, { producer: '7' }),
      message(5, { producer: '8', control: commit }),
    ]
    expect(seen(0, messages, [['7', 0]])).toEqual({ offsets: [1, 2, 4], next: 6 })
  })

  it('finds aborted transactions that are listed by their ends, the first to begin not the first', () => {
    const messages = [
      message(0, { producer: '7' }),
      message(1, { producer: '8' }),
      message(2, { producer: '8', control: abort }),
      message(3, { producer: '7', control: abort }),
    ]
    expect(
      seen(0, messages, [
        ['8', 1],
        ['7', 0],
      ]).offsets,
    ).toEqual([])
  })

  it('goes past a piece of aborted records only', () => {
    const messages = [message(0, { producer: '7' }), message(1, { producer: '7', control: abort })]
    expect(seen(0, messages, [['7', 0]])).toEqual({ offsets: [], next: 2 })
  })

  it('goes past the gap that compaction left at the end of a batch', () => {
    expect(seen(0, [message(2, { until: 9 })])).toEqual({ offsets: [2], next: 10 })
  })

  it('stays where nothing came', () => {
    expect(seen(8, [])).toEqual({ offsets: [], next: 8 })
  })

  it('has text headers, the last of those that came twice', () => {
    const piece = { partition: 3, highWatermark: '1', abortedTransactions: null, messages: [message(0)] }
    const { records } = visible('t', offset(0), piece)
    expect(records[0]).toMatchObject({ topic: 't', partition: 3, headers: { node: 'n', twice: 'b' } })
  })
})

describe('limits', () => {
  const batch = visible('t', offset(0), {
    partition: 0,
    highWatermark: '5',
    abortedTransactions: null,
    messages: [message(0), message(1), message(2), message(3, { producer: '1', control: commit })],
  })

  it('cut before the first record too many', () => {
    const cut = within(batch, { records: 2, bytes: 1000 })
    expect(cut.records).toHaveLength(2)
    expect(cut.next).toBe(2n)
  })

  it('leave at least one record, and the whole as it is', () => {
    expect(within(batch, { records: 9, bytes: 0 }).records).toHaveLength(1)
    expect(within(batch, { records: 3, bytes: 1000 })).toBe(batch)
  })
})
