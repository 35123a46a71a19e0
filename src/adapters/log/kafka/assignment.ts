/** A member of a group as its leader sees it during an assignment. */
export interface Member {
  readonly id: string
  /** Partitions that the member claims to own. */
  readonly owned: readonly number[]
  /** The generation that assigned them: of two owners of a partition, the later one is right. */
  readonly generation: number
}

/**
 * Assigns partitions with as few moves as possible, since each move repeats paid calls. A partition that is to move is
 * assigned to nobody at first: its owner finishes what is under way, releases it and joins again, and then it goes to
 * the member with the fewest (as in Kafka's cooperative rebalancing, KIP-429). All other partitions continue
 * undisturbed.
 */
export function share(members: readonly Member[], partitions: readonly number[]): ReadonlyMap<string, number[]> {
  const inOrder = [...members].sort((a, b) => b.owned.length - a.owned.length || (a.id < b.id ? -1 : 1))
  const owners = ownersOf(inOrder)
  const shares = new Map<string, number[]>(inOrder.map(({ id }) => [id, []]))
  const least = Math.floor(partitions.length / members.length)
  let larger = partitions.length % members.length
  const room = new Map<string, number>()
  for (const { id } of inOrder) {
    const owned = partitions.filter(partition => owners.get(partition) === id)
    // If the shares cannot all be equal, the members that own most get the larger ones.
    const most = least + (owned.length > least && larger > 0 ? 1 : 0)
    if (most > least) larger--
    shares.set(id, owned.slice(0, most))
    room.set(id, most - Math.min(owned.length, most))
  }
  for (const { id } of [...inOrder].reverse()) {
    if (larger === 0) break
    if (room.get(id)! + shares.get(id)!.length > least) continue
    room.set(id, room.get(id)! + 1)
    larger--
  }
  for (const partition of partitions) {
    if (owners.has(partition)) continue
    const [emptiest] = [...room].filter(([, free]) => free > 0).sort(([, a], [, b]) => b - a)
    if (!emptiest) break
    shares.get(emptiest[0])!.push(partition)
    room.set(emptiest[0], emptiest[1] - 1)
  }
  return shares
}

function ownersOf(members: readonly Member[]): ReadonlyMap<number, string> {
  const owners = new Map<number, { readonly id: string; readonly generation: number }>()
  for (const { id, owned, generation } of members) {
    for (const partition of owned) {
      const known = owners.get(partition)
      if (!known || generation > known.generation) owners.set(partition, { id, generation })
    }
  }
  return new Map([...owners].map(([partition, { id }]) => [partition, id]))
}
