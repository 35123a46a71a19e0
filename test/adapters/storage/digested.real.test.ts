import { describe, expect, it } from 'vitest'
import { digested } from '../../../src/adapters/storage/digested.js'
import { sha256 } from '../../../src/domain/digest.js'

const large = 4 << 20

/** So many bytes, no two pieces alike, in memory of their own or as parts of one. */
function* pieces(bytes: number, size: number, whole = Buffer.alloc(bytes, 'a€1\n')): Iterable<Buffer> {
  for (let at = 0; at < bytes; at += size) yield whole.subarray(at, Math.min(bytes, at + size))
}
async function* own(of: Iterable<Buffer>): AsyncIterable<Buffer> {
  for (const piece of of) yield Buffer.from(await Promise.resolve(new Uint8Array(piece).buffer))
}
async function* asTheyAre(of: Iterable<Buffer>): AsyncIterable<Buffer> {
  for (const piece of of) yield await Promise.resolve(piece)
}

async function read(from: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = []
  for await (const piece of from) all.push(piece)
  return Buffer.concat(all)
}

describe('bytes with their digest', () => {
  it.each([0, 1, 1000, large])('come unchanged and in order, %d of them', async bytes => {
    for (const size of [700, 65_536, 1_000_003]) {
      const content = Buffer.concat([...pieces(bytes, size)])
      const here = digested(own(pieces(bytes, size)), bytes)
      expect((await read(here)).equals(content)).toBe(true)
      expect(await here.sha256()).toBe(sha256(content))
    }
  })

  it('leave the memory alone of which a piece is only a part', async () => {
    const whole = Buffer.alloc(large, 'xyz')
    const from = digested(asTheyAre(pieces(large, 300_000, whole)), large)
    expect((await read(from)).equals(whole)).toBe(true)
    expect(await from.sha256()).toBe(sha256(whole))
    expect(whole.byteLength).toBe(large)
  })

  it('can be left in the middle, and what fails while they are read is thrown', async () => {
    let closed = 0
    async function* counted(fail: boolean): AsyncIterable<Buffer> {
      try {
        let given = 0
        for await (const piece of own(pieces(large, 65_536))) {
          yield piece
          if (fail && ++given === 20) throw new Error('the disk is gone')
        }
      } finally {
        closed++
      }
    }
    for await (const piece of digested(counted(false), large)) {
      expect(piece.byteLength).toBe(65_536)
      break
    }
    await expect(read(digested(counted(true), large))).rejects.toThrow('the disk is gone')
    expect(closed).toBe(2)
    const after = digested(own(pieces(large, 65_536)), large)
    expect(sha256(await read(after))).toBe(await after.sha256())
  })
})
