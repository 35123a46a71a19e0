import { readdir } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sortLines } from '../../../src/adapters/snapshot/sort-lines.js'
import { temporaryFolder } from '../../support/temporary.js'

async function* batches(lines: readonly string[], size: number) {
  for (let at = 0; at < lines.length; at += size) yield lines.slice(at, at + size)
}

async function sorted(lines: readonly string[], size: number, characters: number, folder: string, mergedAtOnce = 32) {
  const out: string[] = []
  for await (const batch of sortLines(batches(lines, size), { folder, characters, mergedAtOnce })) out.push(...batch)
  return out
}

const line = fc.string({ unit: 'grapheme' }).map(text => text.toWellFormed().replaceAll(/[\n\0]/g, ''))

describe('sortLines', () => {
  it('sorts as an array is sorted, whatever fits into memory', async () => {
    const folder = await temporaryFolder()
    let run = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(line),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 99 }),
        fc.integer({ min: 2, max: 4 }),
        async (lines, size, room, mergedAtOnce) => {
          expect(await sorted(lines, size, room, `${folder}/${run++}`, mergedAtOnce)).toEqual(lines.toSorted())
        },
      ),
      { numRuns: 60 },
    )
  })

  it('goes to files beyond its room only', async () => {
    const folder = await temporaryFolder()
    const lines = Array.from({ length: 1000 }, (_, index) => String((index * 7919) % 1000).padStart(4, '0'))
    expect(await sorted(lines, 100, 1e6, folder)).toEqual(lines.toSorted())
    expect(await readdir(folder)).toEqual([])
    expect(await sorted(lines, 100, 800, folder)).toEqual(lines.toSorted())
    expect(await readdir(folder)).toHaveLength(5)
  })

  it('merges many runs in several passes, and removes those that are merged', async () => {
    const folder = await temporaryFolder()
    const lines = Array.from({ length: 1000 }, (_, index) => String((index * 7919) % 1000).padStart(4, '0'))
    expect(await sorted(lines, 10, 40, folder, 4)).toEqual(lines.toSorted())
    const left = await readdir(folder)
    expect(left.length).toBeLessThanOrEqual(4)
    expect(Math.max(...left.map(name => parseInt(name)))).toBeGreaterThan(100)
  })

  it('gives nothing for nothing', async () => {
    expect(await sorted([], 1, 1, await temporaryFolder())).toEqual([])
  })
})
