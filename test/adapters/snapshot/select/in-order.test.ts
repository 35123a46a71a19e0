import fc from 'fast-check'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { inOrder } from '../../../../src/adapters/snapshot/select/in-order.js'
import { byPlace, type PlacedLine } from '../../../../src/adapters/snapshot/select/placed.js'
import { temporaryFolder } from '../../../support/temporary.js'

async function* batches(records: readonly PlacedLine[], size: number): AsyncIterable<readonly PlacedLine[]> {
  for (let at = 0; at < records.length; at += size) yield records.slice(at, at + size)
}

const place = fc.record({
  id: fc.oneof(
    fc.stringMatching(/^[0-9a-f]{4}$/),
    fc.string({ unit: 'binary', maxLength: 3 }),
    fc.constantFrom('same', 'same-', 'same-a', 'same-ab', 'sa\u{1f600}', ''),
  ),
  tree: fc.string({ maxLength: 2 }),
  version: fc.constantFrom(null, { tree: 1, turn: 2 }),
  split: fc.constantFrom('train' as const, 'validation' as const),
  line: fc.uint8Array({ maxLength: 50 }).map(bytes => Buffer.from(bytes)),
})

it('puts records in their places, however little fits into memory, and leaves no file', async () => {
  const root = await temporaryFolder()
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(place, { maxLength: 60 }), fc.constantFrom(1, 100, 1000, 1e6), async (places, bytes) => {
      const records = places.map((one, sequence): PlacedLine => ({ ...one, sequence }))
      const folder = join(root, String(run++))
      const size = records.reduce((sum, { line }) => sum + line.byteLength, 0)
      const found: PlacedLine[] = []
      for await (const batch of inOrder(batches(records, 7), size, { folder, bytes })) {
        // Records of one id come together.
        expect(found.at(-1)?.id === undefined || found.at(-1)?.id !== batch[0]?.id).toBe(true)
        found.push(...batch)
      }
      expect(found).toEqual(records.toSorted(byPlace))
      const left = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
      expect(left.filter(entry => entry.isFile())).toEqual([])
    }),
    { numRuns: 60 },
  )
})
