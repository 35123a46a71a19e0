import { readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nearFileKey, NearFileWriter, readNearFile } from '../../../src/adapters/bootstrap/near-file.js'
import { NearIndex } from '../../../src/domain/near-duplicates/near-index.js'
import { nearTexts } from '../../support/near-texts.js'
import { temporaryFolder } from '../../support/temporary.js'

const key = nearFileKey('a'.repeat(64))

/** A file of more than one piece, and the index that was written to it. */
async function written(count: number) {
  const path = join(await temporaryFolder(), 'index')
  const texts = nearTexts(9)
  const index = new NearIndex()
  for (let at = 0; at < count; at++) index.add(`räcord ${at}`.padEnd(at % 200, '.'), texts.words(10).join(' '))
  const writer = await NearFileWriter.create(path, key)
  for (const { id, signature } of index.entries()) await writer.add(id, signature)
  await writer.finish()
  await writer.close()
  return { path, index }
}

const read = (path: string, as = key) => readNearFile({ path, key: as, threshold: 0.8 })

describe('a file of signatures', () => {
  it.each([0, 1, 2_000])('of %i texts is read as it was written', async count => {
    const { path, index } = await written(count)
    expect([...(await read(path))!.entries()]).toEqual([...index.entries()])
  })

  it('is not taken when it is absent, torn at any place, changed in any byte, longer, or of another key', async () => {
    const { path } = await written(3)
    const whole = await readFile(path)
    expect(await read(`${path}-`)).toBeNull()
    expect(await read(path, nearFileKey('b'.repeat(64)))).toBeNull()
    for (let at = 0; at < whole.length; at += 5) {
      const changed = Buffer.from(whole)
      changed[at]! ^= 0x40
      await writeFile(path, changed)
      expect(await read(path)).toBeNull()
      await truncate(path, at)
      expect(await read(path)).toBeNull()
    }
    await writeFile(path, Buffer.concat([whole, Buffer.from([0])]))
    expect(await read(path)).toBeNull()
    await writeFile(path, whole)
    expect((await read(path))?.size).toBe(3)
  })

  it('that is large is not taken when a byte in its middle is another', async () => {
    const { path } = await written(2_000)
    const bytes = await readFile(path)
    bytes[300_000]! ^= 1
    await writeFile(path, bytes)
    expect(await read(path)).toBeNull()
  })
})
