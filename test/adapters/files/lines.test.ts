import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readLines, type ReadLinesOptions } from '../../../src/adapters/files/lines.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lines-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** What a file's lines are and, when reading ends with an error, its code. */
async function read(name: string, bytes: Buffer, options?: ReadLinesOptions) {
  const path = join(folder, name)
  await writeFile(path, bytes)
  const lines: string[] = []
  try {
    for await (const batch of readLines(path, options))
      for (const line of batch) lines.push(line.kind === 'line' ? line.bytes.toString() : line.kind)
    return { lines, code: null }
  } catch (error) {
    return { lines, code: (error as { code: string }).code }
  }
}

const many = Array.from({ length: 3000 }, (_, index) => `line ${index} ${Math.sin(index)}`)
const text = Buffer.from(many.join('\n'))

describe('readLines', () => {
  it('reads plain text and gzip, which is recognised by its first bytes', async () => {
    expect(await read('a.jsonl', text)).toEqual({ lines: many, code: null })
    expect(await read('b.jsonl.gz', gzipSync(text))).toEqual({ lines: many, code: null })
    expect(await read('c.jsonl', gzipSync(text))).toEqual({ lines: many, code: null })
    expect(await read('empty.jsonl', Buffer.alloc(0))).toEqual({ lines: [], code: null })
  })

  it('reads every member of a gzip', async () => {
    const members = Buffer.concat([gzipSync('a\nb'), gzipSync('c\n'), gzipSync(''), gzipSync('d')])
    expect(await read('members.gz', members)).toEqual({ lines: ['a', 'bc', 'd'], code: null })
  })

  it('yields what came before a torn or damaged end', async () => {
    const whole = gzipSync(text)
    const torn = await read('torn.gz', whole.subarray(0, whole.length - 3000))
    expect(torn.code).toBe('STEERFLOW_INPUT_TORN')
    expect(torn.lines.length).toBeGreaterThan(1000)
    expect(torn.lines).toEqual(many.slice(0, torn.lines.length))

    const damaged = Buffer.concat([whole, gzipSync(text)])
    damaged.fill(0xff, whole.length + 30_000)
    const before = await read('damaged.gz', damaged)
    expect(before.code).toBe('STEERFLOW_INPUT_TORN')
    expect(before.lines.length).toBeGreaterThan(3000)
    expect(before.lines.slice(0, 2999)).toEqual(many.slice(0, -1))
  })

  it('refuses what is named .gz and is none', async () => {
    expect((await read('plain.gz', text)).code).toBe('STEERFLOW_INPUT_TORN')
    expect((await read('nothing.gz', Buffer.alloc(0))).code).toBe('STEERFLOW_INPUT_TORN')
  })

  it('stops at a decompression bomb', async () => {
    const zeros = gzipSync(Buffer.alloc(8 * 2 ** 20, `${'0'.repeat(1023)}\n`))
    expect((await read('fine.gz', zeros)).code).toBeNull()
    const bomb = { bytes: 2 ** 20, ratio: 200, lines: 2 ** 20 }
    const stopped = await read('bomb.gz', zeros, { bomb })
    expect(stopped.code).toBe('STEERFLOW_INPUT_TORN')
    expect(stopped.lines.length).toBeLessThan(2 ** 12)
  })

  it('stops at a bomb of lines, which are dead letters each, and takes as many from a file that has them', async () => {
    const newlines = Buffer.alloc(20_000, '{}\n')
    const bomb = { bytes: 2 ** 30, ratio: 200, lines: 5000 }
    expect((await read('fine.jsonl', newlines, { bomb })).code).toBeNull()
    const stopped = await read('lines.gz', gzipSync(Buffer.alloc(2 ** 20, '\n')), { bomb })
    expect(stopped.code).toBe('STEERFLOW_INPUT_TORN')
    expect(stopped.lines.length).toBeLessThan(2 ** 19)
  })

  it('passes over a line beyond the limit, however far it expands', async () => {
    const long = gzipSync(Buffer.concat([Buffer.alloc(2 ** 24, 'x'), Buffer.from('\nnext')]))
    expect(await read('long.gz', long, { maxLineBytes: 1000 })).toEqual({ lines: ['too-long', 'next'], code: null })
  })

  it.each([
    ['xz', 'fd377a585a000004e6d6'],
    ['bzip2', '425a68393141592653'],
    ['zip', '504b03040a0000000000'],
  ])('says of a file that it is %s, and takes none of its bytes for a line', async (_, start) => {
    const bytes = Buffer.concat([Buffer.from(start, 'hex'), Buffer.alloc(1000, '\n')])
    expect(await read('other', bytes)).toEqual({ lines: [], code: 'STEERFLOW_USAGE' })
  })

  it('tells how far it has read, and what cannot be read', async () => {
    let bytes = 0
    await read('progress.jsonl', text, { onRead: count => (bytes += count) })
    expect(bytes).toBe(text.length)
    await expect(readLines(join(folder, 'missing')).next()).rejects.toMatchObject({ code: 'STEERFLOW_INPUT_NOT_FOUND' })
    await expect(readLines(folder).next()).rejects.toMatchObject({ code: 'STEERFLOW_INPUT_NOT_FOUND' })
  })
})
