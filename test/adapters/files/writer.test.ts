import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openRejects } from '../../../src/adapters/files/rejects.js'
import { openWriter } from '../../../src/adapters/files/writer.js'
import { SteerflowError } from '../../../src/domain/errors.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'writer-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('openWriter', () => {
  it('gives the file its name only when it is whole', async () => {
    const path = join(folder, 'new', 'whole.jsonl')
    const writer = await openWriter(path)
    await writer.write('é\n')
    await writer.write(Buffer.from('b\n'))
    await writer.flush()
    await expect(readFile(path)).rejects.toMatchObject({ code: 'ENOENT' })
    await writer.close()
    expect(await readFile(path, 'utf8')).toBe('é\nb\n')
    expect(await readdir(join(folder, 'new'))).toEqual(['whole.jsonl'])
  })

  it('leaves the old file as it was when given up', async () => {
    const path = join(folder, 'old.jsonl')
    await writeFile(path, 'old')
    const writer = await openWriter(path)
    await writer.write('x'.repeat(1_000_000))
    await writer.abort()
    expect(await readFile(path, 'utf8')).toBe('old')
    expect((await readdir(folder)).filter(name => name.includes('partial'))).toEqual([])
  })

  it('appends, and what is flushed can be read at once', async () => {
    const path = join(folder, 'append.jsonl')
    await writeFile(path, 'a\n')
    const writer = await openWriter(path, { mode: 'append' })
    await writer.write('b\n')
    await writer.flush()
    expect(await readFile(path, 'utf8')).toBe('a\nb\n')
    await writer.close()
  })

  it('compresses by name, also when it appends', async () => {
    const path = join(folder, 'z.jsonl.gz')
    for (const text of ['one\n'.repeat(200_000), 'two\n']) {
      const writer = await openWriter(path, { mode: 'append' })
      for (let at = 0; at < text.length; at += 50_000) await writer.write(text.slice(at, at + 50_000))
      await writer.close()
    }
    expect(gunzipSync(await readFile(path)).toString()).toBe(`${'one\n'.repeat(200_000)}two\n`)
  })

  it('says so when it cannot write', async () => {
    await writeFile(join(folder, 'file'), '')
    await expect(openWriter(join(folder, 'file', 'below'))).rejects.toMatchObject({ code: 'STEERFLOW_OUTPUT_PLACE' })
    const writer = await openWriter(folder, { mode: 'append' })
    await writer.write('x')
    await expect(writer.close()).rejects.toMatchObject({ code: 'STEERFLOW_OUTPUT_PLACE' })
  })
})

describe('openRejects', () => {
  it('writes a file only when there are rejects, and removes an old one', async () => {
    const output = join(folder, 'out.jsonl.gz')
    const first = openRejects(output)
    await first.add(7, new SteerflowError('STEERFLOW_INPUT_JSON', 'no value', { cause: new Error('because') }))
    await first.close()
    expect(first.count).toBe(1)
    expect(first.path).toBe(join(folder, 'out.jsonl.rejected.jsonl'))
    expect(JSON.parse(await readFile(first.path, 'utf8'))).toEqual({
      line: 7,
      code: 'STEERFLOW_INPUT_JSON',
      reason: 'no value: because',
    })
    await openRejects(output).close()
    await expect(readFile(first.path)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
