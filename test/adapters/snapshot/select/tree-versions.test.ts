import fc from 'fast-check'
import { expect, it } from 'vitest'
import { TreeVersions } from '../../../../src/adapters/snapshot/select/tree-versions.js'

it('knows which records are of the last version of their tree', () => {
  const notes = fc.array(fc.tuple(fc.string({ maxLength: 3 }), fc.string({ maxLength: 2 })), { maxLength: 300 })
  fc.assert(
    fc.property(notes, all => {
      const versions = new TreeVersions(2)
      const tickets = all.map(([tree, version]) => versions.note(tree, version))
      for (const [index, [tree, version]] of all.entries()) {
        const later = all.slice(index + 1).filter(([other]) => other === tree)
        expect(versions.isLast(tickets[index]!)).toBe(later.every(([, other]) => other === version))
      }
    }),
  )
})

it('grows', () => {
  const versions = new TreeVersions()
  const trees = Array.from({ length: 20_000 }, (_, tree) => versions.note(`t${tree}`, `v${tree % 7}`))
  for (let tree = 0; tree < 20_000; tree += 3) versions.note(`t${tree}`, 'newer')
  for (const [tree, ticket] of trees.entries()) expect(versions.isLast(ticket)).toBe(tree % 3 !== 0)
})
