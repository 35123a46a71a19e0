import { describe, expect, it } from 'vitest'
import { treeVersion } from '../../src/domain/tree-version.js'

const version = (origin: string, source: string, line: number) => treeVersion({ origin, lineage: { source, line } })

describe('treeVersion', () => {
  it('is the source record of a whole tree', () => {
    expect(version('oasst-tree', 'a', 1)).toBe(version('oasst-tree', 'a', 1))
    expect(version('oasst-tree', 'a', 1)).not.toBe(version('oasst-tree', 'a', 2))
    expect(version('oasst-tree', 'a', 1)).not.toBe(version('oasst-tree', 'b', 1))
  })

  it('does not exist where a source record is one conversation', () => {
    expect(version('helpsteer', 'a', 1)).toBeNull()
    // Answers of a round have the tree of their prompt, and the source record of the prompt's path.
    expect(version('bootstrap', 'a', 1)).toBeNull()
  })
})
