import { describe, expect, it } from 'vitest'
import type { Stored } from '../../../../src/adapters/log/kafka/ledger.js'
import { Committer } from '../../../../src/adapters/log/kafka/settle.js'
import { SteerflowError } from '../../../../src/domain/errors.js'
import { offset } from '../../../../src/runtime/log.js'

type Fault = 'shut-out' | 'lost-before' | 'lost-after' | 'fenced' | 'refused' | 'hangs'

const lost = (): Error => new SteerflowError('STEERFLOW_KAFKA_UNREACHABLE', 'connection closed')
const fenced = (): Error => Object.assign(new Error('fenced'), { type: 'INVALID_PRODUCER_EPOCH' })

/** A broker's side of one partition: what is stored, who may write, and what goes wrong next. */
function broker(faults: Fault[] = []) {
  const side = {
    shutOut: false,
    stored: { offset: offset(5), mark: 'before' } as Stored | null,
    commits: 0,
    opened: 0,
    asked: 0,
  }
  const parts = {
    what: 'in/0 of g',
    entitled: async () => void side.asked++,
    ledger: {
      stored: async () => side.stored,
      entry: (to: Stored) => ({
        records: [],
        offset: { groupId: 'g', topic: 'in', partition: 0, offset: to.offset, metadata: to.mark },
      }),
    },
    open: async () => {
      side.opened++
      return {
        commit: async (_: unknown, { offset: entry }: { offset: { offset: bigint; metadata: string } | null }) => {
          const fault = faults.shift()
          if (fault === 'lost-before') throw lost()
          if (fault === 'fenced') throw fenced()
          if (fault === 'shut-out') {
            side.shutOut = true
            throw lost()
          }
          if (fault === 'hangs') await new Promise(() => undefined)
          if (fault === 'refused') throw new SteerflowError('STEERFLOW_RECORD_TOO_LARGE', 'too large')
          side.stored = { offset: offset(entry!.offset), mark: entry!.metadata }
          side.commits++
          if (fault === 'lost-after') throw lost()
        },
        isShutOut: async () => side.shutOut,
        close: async () => undefined,
      }
    },
  }
  const begin = async () => ({ entry: { offset: offset(0), mark: 'begun' }, records: [] })
  const open = (first = begin) => Committer.open(parts, first)
  return { side, open }
}

describe('the commits of a claim', () => {
  it('begin where the last owner ended', async () => {
    const { open, side } = broker()
    const committer = await open()
    expect(committer.committed).toBe(5n)
    await committer.commit(9n, [])
    expect([side.stored?.offset, side.commits, committer.committed]).toEqual([9n, 1, 9n])
  })

  it('store something at once where nothing was stored', async () => {
    const { open, side } = broker()
    side.stored = null
    expect((await open()).committed).toBe(0n)
    expect(side.stored).toEqual({ offset: 0n, mark: 'begun' })
  })

  describe('where the offset of a group that had begun is missing', () => {
    const missing = () => new SteerflowError('STEERFLOW_OFFSET_LOST', 'forgotten')

    it('say so', async () => {
      const { open, side } = broker()
      side.stored = null
      await expect(open(() => Promise.reject(missing()))).rejects.toMatchObject({ code: 'STEERFLOW_OFFSET_LOST' })
    })

    it.each([
      ['whose writer shuts this one out', { shutOut: true }],
      ['who has stored it', { stored: { offset: offset(0), mark: 'begun' } }],
    ])('leave it to another who began in between, %s', async (_, meanwhile) => {
      const { open, side } = broker()
      side.stored = null
      const first = () => Promise.reject<never>(Object.assign(side, meanwhile) && missing())
      await expect(open(first)).rejects.toMatchObject({ code: 'STEERFLOW_FENCED' })
    })
  })

  it('are made again when they were lost on the way', async () => {
    const { open, side } = broker(['lost-before', 'lost-before'])
    await (await open()).commit(9n, [])
    expect([side.stored?.offset, side.commits, side.opened]).toEqual([9n, 1, 3])
  })

  it('open no writer when another was opened since, though the broker gave another reason', async () => {
    const { open, side } = broker(['shut-out'])
    await expect((await open()).commit(9n, [])).rejects.toMatchObject({ code: 'STEERFLOW_FENCED' })
    expect([side.stored?.offset, side.opened]).toEqual([5n, 1])
  })

  it.each([9n, 5n])('are not made again when only the answer was lost (to %s)', async to => {
    const { open, side } = broker(['lost-after'])
    const committer = await open()
    await committer.commit(to, [])
    expect([side.stored?.offset, side.commits, committer.committed]).toEqual([to, 1, to])
    await committer.commit(12n, [])
    expect([side.stored?.offset, side.commits]).toEqual([12n, 2])
  })

  it('ask whether the partition is still ours before they shut somebody out', async () => {
    const { open, side } = broker(['lost-before'])
    const committer = await open()
    expect(side.asked).toBe(0)
    await committer.commit(9n, [])
    expect(side.asked).toBe(1)
  })

  it('end for good when another took over', async () => {
    const { open } = broker(['fenced'])
    const committer = await open()
    await expect(committer.commit(9n, [])).rejects.toMatchObject({ code: 'STEERFLOW_FENCED' })
    await expect(committer.commit(9n, [])).rejects.toMatchObject({ code: 'STEERFLOW_FENCED' })
  })

  it('end when another has stored something while the answer was lost', async () => {
    const { open, side } = broker(['lost-before'])
    const committer = await open()
    const commit = committer.commit(9n, [])
    side.stored = { offset: offset(5), mark: 'somebody else' }
    await expect(commit).rejects.toMatchObject({ code: 'STEERFLOW_FENCED' })
    expect(side.commits).toBe(0)
  })

  it('pass on what is not worth trying again, and go on after it', async () => {
    const { open, side } = broker(['refused'])
    const committer = await open()
    await expect(committer.commit(9n, [])).rejects.toMatchObject({ code: 'STEERFLOW_RECORD_TOO_LARGE' })
    await committer.commit(9n, [])
    expect([side.stored?.offset, side.commits]).toEqual([9n, 1])
  })

  it('tell a commit from elsewhere apart from one by another', async () => {
    const { open, side } = broker()
    const committer = await open()
    await expect(committer.expect(4n)).rejects.toMatchObject({ code: 'STEERFLOW_BUG' })
    side.stored = { offset: offset(7), mark: 'somebody else' }
    await expect(committer.expect(4n)).rejects.toMatchObject({ code: 'STEERFLOW_FENCED' })
  })

  it('end when they are stopped in the middle of an outage', async () => {
    const { open } = broker(Array<Fault>(99).fill('lost-before'))
    const committer = await open()
    const commit = committer.commit(9n, [])
    await committer.stop(new SteerflowError('STEERFLOW_FENCED', 'given back'))
    await expect(commit).rejects.toMatchObject({ code: 'STEERFLOW_FENCED' })
  })

  it('end when they are stopped while a broker does not answer at all', async () => {
    const { open } = broker(['hangs'])
    const committer = await open()
    const commit = committer.commit(9n, [])
    const refused = expect(commit).rejects.toMatchObject({ code: 'STEERFLOW_FENCED' })
    await committer.stop(new SteerflowError('STEERFLOW_FENCED', 'given back'))
    await refused
  })
})
