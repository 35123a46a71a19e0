import { type NodeStatus } from '../../runtime/counters.js'
import { type Io } from '../command.js'
import { table, thousands } from './bars.js'
import { duration } from './progress.js'

/** A node's figures at one moment. */
export interface LiveRow {
  readonly node: string
  /** Records committed by this run. */
  readonly in: number
  readonly out: number
  readonly behind: number
  readonly inFlight: number
  readonly held: number
  readonly deadLettered: number
}

/** A node's row, from its status and the ends of its input. */
export function liveRow({ node, counters, partitions }: NodeStatus, ends: readonly bigint[]): LiveRow {
  const sum = (pick: (partition: (typeof partitions)[number]) => number): number =>
    partitions.reduce((total, partition) => total + pick(partition), 0)
  return {
    node,
    in: counters.in + sum(partition => partition.held),
    out: [...counters.out.values()].reduce((total, count) => total + count, 0),
    behind: sum(({ partition, position }) => Math.max(0, Number((ends[partition] ?? 0n) - position))),
    inFlight: sum(partition => partition.inFlight + partition.pursuing),
    held: sum(partition => partition.held),
    deadLettered: counters.deadLettered,
  }
}

/** Draws rows in place on a terminal, as a JSON line every two seconds otherwise. */
export class Live {
  #drawn = 0
  #last = 0
  readonly #started: number

  constructor(
    private readonly io: Io,
    private readonly now: () => number = Date.now,
  ) {
    this.#started = now()
  }

  /** Shows the rows, unless they were shown a moment ago. */
  show(rows: readonly LiveRow[], note: string): void {
    const time = this.now()
    if (time - this.#last < (this.io.interactive ? 200 : 2000)) return
    this.#last = time
    const seconds = (time - this.#started) / 1000
    if (!this.io.interactive) {
      this.io.err(`${JSON.stringify({ seconds: Number(seconds.toFixed(1)), note, nodes: rows })}\n`)
      return
    }
    const cells = rows.map(row => [
      row.node,
      ...[row.in, row.out, row.behind, row.inFlight, row.held, row.deadLettered].map(thousands),
    ])
    const header = ['node', 'in', 'out', 'behind', 'in flight', 'held', 'dead letters']
    this.#draw([`${duration(seconds)}  ${note}`, ...table([header, ...cells])])
  }

  /** Removes what was drawn, so that what follows stands in its place. */
  clear(): void {
    if (this.#drawn > 0) this.io.err(`\x1b[${this.#drawn}A\x1b[J`)
    this.#drawn = 0
  }

  #draw(lines: readonly string[]): void {
    const cut = lines.map(line => line.slice(0, this.io.columns - 1))
    const up = this.#drawn > 0 ? `\x1b[${this.#drawn}A\x1b[J` : ''
    this.io.err(`${up}${cut.join('\n')}\n`)
    this.#drawn = cut.length
  }
}
