import { nodeLags } from '../../runtime/lag.js'
import { readAll } from '../../runtime/read-all.js'
import { type Log } from '../../runtime/log.js'
import { type Node } from '../../stages/bind.js'
import { deadLetters } from '../../topics.js'

/** How far a relabelling has come. */
export interface RelabelCounts {
  /** Offsets of the source that are done with. */
  readonly done: number
  /** Offsets that are still to be read. */
  readonly behind: number
  /** Records that could not be relabelled, in all runs. */
  readonly dead_letters: number
}

export async function relabelCounts(log: Log, node: Node): Promise<RelabelCounts> {
  const [lag] = await nodeLags(log, [node])
  let letters = 0
  for await (const { headers } of readAll(log, deadLetters.name)) if (headers.node === node.name) letters++
  const sum = (of: (partition: NonNullable<typeof lag>['partitions'][number]) => bigint): number =>
    Number(lag?.partitions.reduce((total, partition) => total + of(partition), 0n) ?? 0n)
  return {
    done: sum(({ committed, start }) => (committed > start ? committed - start : 0n)),
    behind: sum(({ behind }) => behind),
    dead_letters: letters,
  }
}
