import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Member, share } from '../../../../src/adapters/log/kafka/assignment.js'

const upTo = (count: number): number[] => [...Array(count).keys()]
const member = (id: string, owned: readonly number[] = [], generation = 1): Member => ({ id, owned, generation })
const shared = (members: readonly Member[], partitions: number) => Object.fromEntries(share(members, upTo(partitions)))

describe('sharing partitions out', () => {
  it('gives everything to the only member', () => {
    expect(shared([member('a')], 4)).toEqual({ a: [0, 1, 2, 3] })
  })

  it('leaves owned partitions where they are', () => {
    expect(shared([member('a', [3, 1]), member('b', [0, 2])], 4)).toEqual({ a: [1, 3], b: [0, 2] })
  })

  it('gives what is to move to nobody until its owner has given it back', () => {
    expect(shared([member('a', [0, 1, 2, 3]), member('b')], 4)).toEqual({ a: [0, 1], b: [] })
    expect(shared([member('a', [0, 1]), member('b')], 4)).toEqual({ a: [0, 1], b: [2, 3] })
  })

  it('gives the partitions of a member that is gone to the others at once', () => {
    expect(shared([member('a', [0, 1]), member('b', [2])], 6)).toEqual({ a: [0, 1, 4], b: [2, 3, 5] })
  })

  it('believes the later of two that say they own the same', () => {
    expect(shared([member('zombie', [0, 1], 4), member('heir', [0, 1], 7)], 2)).toEqual({ zombie: [], heir: [0] })
  })

  it('lets the larger shares be where they are larger already', () => {
    expect(shared([member('a', [0]), member('b', [1, 2])], 3)).toEqual({ a: [0], b: [1, 2] })
    expect(shared([member('a', [0, 1, 2, 3, 4]), member('b')], 5)).toEqual({ a: [0, 1, 2], b: [] })
  })

  const groups = fc.record({
    partitions: fc.integer({ min: 1, max: 40 }),
    members: fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 7 }),
    owners: fc.array(fc.integer({ min: -1, max: 6 }), { minLength: 40, maxLength: 40 }),
  })
  const started = ({ partitions, members, owners }: { partitions: number; members: string[]; owners: number[] }) =>
    members.map((id, at) =>
      member(
        id,
        upTo(partitions).filter(partition => owners[partition] === at),
      ),
    )

  it('never gives a partition to two, or one that another still owns', () => {
    fc.assert(
      fc.property(groups, group => {
        const members = started(group)
        const shares = share(members, upTo(group.partitions))
        const given = [...shares.values()].flat()
        expect(new Set(given).size).toBe(given.length)
        for (const { id, owned } of members)
          for (const [other, partitions] of shares)
            if (other !== id) expect(partitions.filter(one => owned.includes(one))).toEqual([])
      }),
    )
  })

  it('is even and complete after a second round, and then stays', () => {
    fc.assert(
      fc.property(groups, group => {
        let members = started(group)
        for (let round = 0; round < 2; round++) {
          const shares = share(members, upTo(group.partitions))
          members = members.map(({ id }) => member(id, shares.get(id)))
        }
        const sizes = members.map(({ owned }) => owned.length)
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(group.partitions)
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
        const again = share(members, upTo(group.partitions))
        for (const { id, owned } of members) expect([...again.get(id)!].sort()).toEqual([...owned].sort())
      }),
    )
  })

  it('moves no more than evenness asks for', () => {
    fc.assert(
      fc.property(groups, group => {
        const members = started(group)
        const most = Math.ceil(group.partitions / members.length)
        const shares = share(members, upTo(group.partitions))
        for (const { id, owned } of members) {
          const kept = shares.get(id)!.filter(partition => owned.includes(partition)).length
          expect(kept).toBeGreaterThanOrEqual(Math.min(owned.length, most - 1))
        }
      }),
    )
  })
})
