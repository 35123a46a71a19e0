import { describe, expect, it } from 'vitest'
import type { Io } from '../../../src/cli/command.js'
import { ReaderGone } from '../../../src/cli/output/output.js'
import { openSession } from '../../../src/cli/output/session.js'

const sessionOn = (io: Partial<Io> = {}) => {
  const printed: (string | Uint8Array)[] = []
  const told: string[] = []
  const out = (bytes: string | Uint8Array) => void printed.push(bytes)
  const session = openSession({ out, err: text => void told.push(text), interactive: false, columns: 80, ...io })
  return { session, printed, told }
}

const hostile = 'a\x1b[2J\x9b31m\u202eb'
const spelled = 'a\\u001b[2J\\u009b31m\\u202eb'

describe('what others wrote', () => {
  it('is spelled out in results and messages', async () => {
    const { session, printed, told } = sessionOn()
    await session.out(hostile)
    session.err(hostile)
    expect([...printed, ...told]).toEqual([spelled, spelled])
  })

  it('is the same value in JSON, whose text acts on no terminal', async () => {
    const { session, printed } = sessionOn()
    await session.json({ [hostile]: hostile })
    expect(printed).toEqual([`{"${spelled}":"${spelled}"}\n`])
    expect(JSON.parse(String(printed[0]))).toEqual({ [hostile]: hostile })
  })

  it('goes byte for byte into a pipe, and spelled out to a terminal', async () => {
    const bytes = Buffer.from([0xff, 0x1b, 0x0a])
    const pipe = sessionOn()
    await pipe.session.data(bytes)
    await pipe.session.data(hostile)
    expect(pipe.printed).toEqual([bytes, hostile])
    const terminal = sessionOn({ terminal: true })
    await terminal.session.data(bytes)
    await terminal.session.data(hostile)
    expect(terminal.printed).toEqual(['\ufffd\\u001b\n', spelled])
  })
})

describe('results that cannot be written', () => {
  const gone = new ReaderGone('standard output has no reader')

  it('end whoever prints them, now and later', async () => {
    const { session } = sessionOn({ out: () => Promise.reject(gone) })
    await expect(session.out('a')).rejects.toBe(gone)
    await expect(session.json('b')).rejects.toBe(gone)
    expect(session.failure).toBe(gone)
  })

  it('are known at the end though nobody awaited them', async () => {
    const { session } = sessionOn({ out: () => Promise.reject(gone) })
    session.out('a').catch(() => undefined)
    await session.settled()
    expect(session.failure).toBe(gone)
  })

  it('are known where only the reader of the last bytes fails', async () => {
    const { session } = sessionOn({ drained: () => Promise.reject(gone) })
    await session.out('a')
    await session.settled()
    expect(session.failure).toBe(gone)
  })
})
