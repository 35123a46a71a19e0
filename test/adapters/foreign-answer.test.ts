import { describe, expect, it } from 'vitest'
import { notDeep, wholeAnswer, wholeBody, within } from '../../src/adapters/foreign-answer.js'

async function* pieces(count: number, piece: string, seen = { given: 0 }) {
  for (; seen.given < count; seen.given++) yield Buffer.from(piece)
}

describe('a body', () => {
  it.each(['', 'a', 'abc', 'x'.repeat(5000)])('is read whole, whatever its pieces', async piece => {
    expect(String(await wholeBody(pieces(3, piece), 15_000))).toBe(piece.repeat(3))
  })

  it('that is absent is empty', async () => {
    expect(String(await wholeBody(null, 1))).toBe('')
  })

  it('may have as many bytes as are allowed, and of a longer one no more is read', async () => {
    expect(await wholeBody(pieces(10, 'ab'), 20)).toHaveLength(20)
    const seen = { given: 0 }
    await expect(wholeBody(pieces(Infinity, 'ab', seen), 21)).rejects.toMatchObject({
      bound: 'size',
      message: 'an answer of more than 21 bytes',
    })
    expect(seen.given).toBe(10)
  })

  it('takes as much memory as it has bytes, in however many pieces it comes', async () => {
    const before = process.memoryUsage()
    let most = 0
    const one = Buffer.from('x')
    async function* single() {
      for (let n = 0; n < 1 << 20; n++) {
        if (n % (1 << 16) === 0) most = Math.max(most, process.memoryUsage().arrayBuffers)
        yield Buffer.from(one)
      }
    }
    expect(await wholeBody(single(), 1 << 20)).toHaveLength(1 << 20)
    expect(most - before.arrayBuffers).toBeLessThan(32 << 20)
  })
})

describe('a question', () => {
  const never = new Promise<never>(() => undefined)

  it('is over when its time is, whether the one who is asked listens or not', async () => {
    let told: unknown
    const asking = within(5, signal => {
      signal.addEventListener('abort', () => void (told = signal.reason as unknown))
      return never
    })
    await expect(asking).rejects.toMatchObject({ bound: 'time', message: 'no whole answer within 5 ms' })
    expect(told).toMatchObject({ bound: 'time' })
  })

  it('ends with its asker, and with what asking throws', async () => {
    const stop = new AbortController()
    const listening = (signal: AbortSignal) =>
      new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    const asking = within(60_000, listening, stop.signal)
    stop.abort(new Error('stopped'))
    await expect(asking).rejects.toThrow('stopped')
    await expect(within(60_000, () => never, stop.signal)).rejects.toThrow('stopped')
    await expect(within(60_000, () => Promise.reject(new Error('away')))).rejects.toThrow('away')
  })

  it('has the whole answer within the bounds, or none', async () => {
    const bounds = { ms: 60_000, bytes: 8 }
    const ask = (body: unknown) => wholeAnswer(bounds, async () => ({ status: 200, body }))
    expect(await ask(pieces(2, '[1]'))).toMatchObject({ answer: { status: 200 }, text: '[1][1]' })
    await expect(ask(pieces(3, '[1]'))).rejects.toMatchObject({ bound: 'size' })
    async function* silent(): AsyncIterable<Uint8Array> {
      await never
      yield Buffer.from('x')
    }
    await expect(wholeAnswer({ ms: 5, bytes: 8 }, async () => ({ body: silent() }))).rejects.toMatchObject({
      bound: 'time',
    })
  })
})

it('what nests deeper than 512 levels is not taken apart', () => {
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
  expect(notDeep(nested(512))).toBe(nested(512))
  expect(() => notDeep(nested(513))).toThrow('an answer nested deeper than 512 levels')
  expect(notDeep('[{}]'.repeat(10_000))).toHaveLength(40_000)
})
