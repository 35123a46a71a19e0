import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it } from 'vitest'
import { readLines } from '../../../src/adapters/files/lines.js'
import { temporaryFolder } from '../../support/temporary.js'

const field = (name: string): string => fileURLToPath(new URL(`../../data/field/${name}`, import.meta.url))

let folder: string
beforeEach(async () => {
  folder = await temporaryFolder()
})

/** The records of a file, and how reading ended. */
async function readFrom(path: string) {
  const records: string[] = []
  try {
    for await (const lines of readLines(path))
      for (const line of lines) records.push(line.kind === 'line' ? String(line.bytes) : line.kind)
    return { records, code: null, message: '' }
  } catch (error) {
    const { code, message } = error as { code: string; message: string }
    return { records, code, message }
  }
}

async function read(name: string, bytes: Uint8Array) {
  const path = join(folder, name)
  await writeFile(path, bytes)
  return readFrom(path)
}

const plain = async () => (await readFile(field('plain-3.jsonl'), 'utf8')).trimEnd().split('\n')
const values = (records: readonly string[]) => records.map(record => JSON.parse(record) as unknown)

describe('an array', () => {
  it.each(['array-one-line.json', 'array-pretty.json'])('in %s gives the records of JSON lines', async name => {
    const { records, code } = await readFrom(field(name))
    expect(code).toBeNull()
    expect(values(records)).toEqual(values(await plain()))
    const bytes = await readFile(field(name))
    expect((await read(`${name}.gz`, gzipSync(bytes))).records).toEqual(records)
    const torn = await read('torn.json', bytes.subarray(0, bytes.length - 20))
    expect(torn).toMatchObject({ records: records.slice(0, 2), code: 'STEERFLOW_INPUT_TORN' })
    expect(torn.message).toMatch(/torn\.json: the JSON array ends early, within element 3, which begins at line \d+$/)
  })

  it('may be objects that span several lines', async () => {
    const lines = await plain()
    const text = lines.map(line => JSON.stringify(JSON.parse(line), null, 4)).join('\n')
    const { records, code } = await read('objects.json', Buffer.from(text))
    expect([values(records), code]).toEqual([values(lines), null])
  })
})

describe('gzip', () => {
  it.each([
    ['gzip-trailing.jsonl.gz', 3],
    ['gzip-trailing-2000.jsonl.gz', 2000],
  ])('%s with bytes behind its end gives all %i records, and an error', async (name, count) => {
    const { records, code, message } = await readFrom(field(name))
    expect([records.length, code]).toEqual([count, 'STEERFLOW_INPUT_TORN'])
    expect(message).toMatch(/the gzip data is whole, but other bytes follow at byte \d+/)
  })

  it('gives everything before a fault, wherever it is', async () => {
    // Stored blocks have their text at known places.
    const lines = Array.from({ length: 40_000 }, (_, index) => `{"n":${index},"x":"${Math.sin(index)}"}`)
    const text = Buffer.from(`${lines.join('\n')}\n`)
    const stored = gzipSync(text, { level: 0 })
    for (const at of [20_000, 65_500, 700_000, 1_200_000]) {
      const damaged = Buffer.from(stored)
      // A block's length and its complement no longer agree.
      const block = nextBlock(stored, at)
      damaged[block + 1]! ^= 0xff
      const { records, code } = await read('damaged.gz', damaged)
      const before = textBefore(stored, block)
      expect(code).toBe('STEERFLOW_INPUT_TORN')
      expect(records.length).toBe(text.subarray(0, before).toString().split('\n').length - 1)
    }
  })

  it('may end with zeros, be compressed twice, and have names and comments in its header', async () => {
    const lines = await plain()
    const text = Buffer.from(lines.join('\n'))
    expect((await read('zeros.gz', Buffer.concat([gzipSync(text), Buffer.alloc(1000)]))).records).toEqual(lines)
    expect((await read('twice.gz', gzipSync(gzipSync(text)))).records).toEqual(lines)
    const gzip = gzipSync(text)
    const header = Buffer.concat([gzip.subarray(0, 3), Buffer.from([28]), gzip.subarray(4, 10)])
    const extra = Buffer.from('\u0002\u0000xyname.jsonl\u0000a comment\u0000', 'latin1')
    expect(await read('named.gz', Buffer.concat([header, extra, gzip.subarray(10)]))).toMatchObject({
      records: lines,
      code: null,
    })
  })

  it('with a wrong checksum is damaged', async () => {
    const gzip = gzipSync('{"a":1}\n')
    gzip[gzip.length - 6]! ^= 1
    const { records, message } = await read('sum.gz', gzip)
    expect(records).toEqual(['{"a":1}'])
    expect(message).toContain('the checksum is wrong')
  })
})

/** The first stored block at or behind a byte. */
function nextBlock(gzip: Buffer, at: number): number {
  let block = 10
  while (block < at) block += 5 + gzip.readUInt16LE(block + 1)
  return block
}

/** Bytes of text before a stored block. */
function textBefore(gzip: Buffer, end: number): number {
  let [block, bytes] = [10, 0]
  while (block < end) {
    bytes += gzip.readUInt16LE(block + 1)
    block += 5 + gzip.readUInt16LE(block + 1)
  }
  return bytes
}

describe('zstd', () => {
  it('is read like the text in it, with one frame or several, by its first bytes', async () => {
    const lines = await plain()
    expect(await readFrom(field('x.jsonl.zst'))).toMatchObject({ records: lines, code: null })
    const frame = await readFile(field('x.jsonl.zst'))
    const skipped = Buffer.from('502a4d1804000000abcdabcd', 'hex')
    const both = await read('two.jsonl', Buffer.concat([skipped, frame, skipped, frame]))
    expect(both).toMatchObject({ records: [...lines, ...lines], code: null })
    expect((await readFrom(field('many-2000.jsonl.zst'))).records.length).toBe(2000)
  })

  it('gives everything before a tear, and before bytes behind its end', async () => {
    const whole = await readFile(field('many-2000.jsonl.zst'))
    const { records } = await readFrom(field('many-2000.jsonl.zst'))
    const trailing = await read('trailing.zst', Buffer.concat([whole, Buffer.from('trailing')]))
    expect(trailing).toMatchObject({ records, code: 'STEERFLOW_INPUT_TORN' })
    for (const length of [5, 20, whole.length >> 1, whole.length - 1]) {
      const torn = await read('torn.zst', whole.subarray(0, length))
      expect(torn.code).toBe('STEERFLOW_INPUT_TORN')
      // The last line has no end: it is left to its reader whether it is whole.
      const sure = torn.records.slice(0, -1)
      expect(sure).toEqual(records.slice(0, sure.length))
    }
    expect((await read('torn.zst', whole.subarray(0, whole.length - 1))).records).toEqual(records)
  })

  it('never gives wrong bytes for right: a checksum tells', async () => {
    const whole = await readFile(field('many-2000.jsonl.zst'))
    for (let at = 8; at < whole.length; at += 997) {
      const damaged = Buffer.from(whole)
      damaged[at]! ^= 0x10
      expect((await read('damaged.zst', damaged)).code).toBe('STEERFLOW_INPUT_TORN')
    }
  })

  it('refuses what is named .zst and is none, and a window that takes too much memory', async () => {
    expect((await read('plain.zst', Buffer.from('{"a":1}\n'))).code).toBe('STEERFLOW_INPUT_TORN')
    const wide = await read('wide.zst', Buffer.from('28b52ffd00a8010000', 'hex'))
    expect(wide.message).toMatch(/needs a window of \d+ bytes; expand it first, with zstd -dc --long=31/)
  })
})

const utf16 = (text: string, isBig: boolean): Buffer => {
  const bytes = Buffer.from(text, 'utf16le')
  return isBig ? bytes.swap16() : bytes
}

describe('an input without readable records is refused as a whole', () => {
  const text = '{"messages": []}\n{"messages": []}\n'
  const safetensors = (length: number): Buffer => {
    const head = Buffer.alloc(8)
    head.writeUInt32LE(length)
    return Buffer.concat([head, Buffer.from('{"a":1}'.padEnd(length)), Buffer.alloc(40)])
  }
  it.each<[string, RegExp, () => Buffer]>([
    ['UTF-16 with a mark', /UTF-16; convert it first, with iconv/, () => utf16(`\ufeff${text}`, false)],
    ['big-endian UTF-16 with a mark', /UTF-16; convert it first/, () => utf16(`\ufeff${text}`, true)],
    ['UTF-16 without a mark', /UTF-16LE without/, () => utf16(text, false)],
    ['big-endian UTF-16 without a mark', /UTF-16BE without/, () => utf16(text, true)],
    ['a UTF-16 array', /UTF-16LE without/, () => utf16('[\n{}]', false)],
    [
      'a Git LFS pointer',
      /Git LFS pointer; fetch/,
      () => Buffer.from('version https://git-lfs.github.com/spec/v1\noid x'),
    ],
    ['a git-annex pointer', /git-annex pointer/, () => Buffer.from('/annex/objects/SHA256E-s1--0.jsonl\n')],
    ['an HTML page', /an HTML or XML page/, () => Buffer.from('\n <!doctype html>\n<title>404</title>')],
    ['an XML error', /an HTML or XML page/, () => Buffer.from('<?xml version="1.0"?><Error/>')],
    ['safetensors', /safetensors/, () => safetensors(300)],
    ['safetensors whose first byte is a brace', /safetensors/, () => safetensors(0x7b)],
    ['safetensors whose first bytes begin an object', /safetensors/, () => safetensors(0x227b)],
    ['other binary data', /binary data/, () => Buffer.from(Array.from({ length: 600 }, (_, at) => (at * 37) % 256))],
    ['a pickle', /binary data/, () => Buffer.from('80049515000000000000007d948c01619461', 'hex')],
    ['an Arrow file', /Arrow/, () => Buffer.from('ARROW1\0\0abc')],
    ['an SQLite database', /SQLite/, () => Buffer.from('SQLite format 3\0abc')],
    ['7-Zip', /7-Zip/, () => Buffer.from('377abcaf271c000400000000', 'hex')],
  ])('%s', async (_, message, bytes) => {
    for (const [name, content] of [
      ['plain', bytes()],
      ['packed.gz', gzipSync(bytes())],
    ] as const) {
      const found = await read(name, content)
      expect(found).toMatchObject({ records: [], code: 'STEERFLOW_USAGE' })
      expect(found.message).toMatch(message)
    }
  })

  it('a tar, also within gzip', async () => {
    const tar = join(folder, 'own.tar')
    execFileSync('tar', [
      '-cf',
      tar,
      '--format=v7',
      '-C',
      fileURLToPath(new URL('../../data/field', import.meta.url)),
      'plain-3.jsonl',
    ])
    for (const path of [tar, field('x.tar.gz')]) {
      const { records, code, message } = await readFrom(path)
      expect([records, code]).toEqual([[], 'STEERFLOW_USAGE'])
      expect(message).toMatch(/a tar archive; unpack it with tar -xf/)
    }
    expect(await readFrom(field('x.jsonl.bz2'))).toMatchObject({ records: [], code: 'STEERFLOW_USAGE' })
  })

  it('a byte order mark of UTF-8 is passed over', async () => {
    for (const content of ['{"a":1}\n', '[{"a":1}]', '{\n"a":1}'])
      expect(await read('marked.json', Buffer.from(`\ufeff${content}`))).toMatchObject({
        records: ['{"a":1}'],
        code: null,
      })
  })
})
