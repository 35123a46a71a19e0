import type { Logger } from 'pino'
import type { LiveRow } from './live-row.js'
import type { Screen } from '../command.js'
import { printableLine } from '../output/printable.js'
import { table, thousands } from './bars.js'
import { duration } from './progress.js'

/** Shortest interval of log lines, and interval of heartbeats without changes, in milliseconds. */
const [everyMs, heartbeatMs] = [10_000, 60_000]

/** Writes a run's figures to its log. */
export class LiveLines {
  #last: number
  readonly #started: number
  readonly #told = new Map<string, LiveRow>()

  constructor(
    private readonly logger: Pick<Logger, 'info'>,
    private readonly now: () => number,
  ) {
    this.#started = this.#last = now()
  }

  /** Logs `progress` with the nodes whose figures have changed since their last line, or a `heartbeat`. */
  show(rows: readonly LiveRow[], note: string): void {
    const time = this.now()
    if (time - this.#last < everyMs) return
    const changed = rows.filter(row => !same(row, this.#told.get(row.node) ?? nothingYet))
    if (changed.length === 0 && time - this.#last < heartbeatMs) return
    this.#last = time
    for (const row of changed) this.#told.set(row.node, row)
    const sum = (of: (row: LiveRow) => number): number => rows.reduce((total, row) => total + of(row), 0)
    const totals = {
      seconds: Math.round((time - this.#started) / 1000),
      behind: sum(row => row.behind),
      inFlight: sum(row => row.inFlight),
      held: sum(row => row.held),
      deadLettered: sum(row => row.deadLettered),
      memory: memory(),
    }
    if (changed.length > 0) this.logger.info({ event: 'progress', ...totals, nodes: changed }, note)
    else this.logger.info({ event: 'heartbeat', ...totals }, note)
  }
}

/** Memory of the process in bytes: total, used heap, and outside the heap. */
function memory() {
  const { rss, heapUsed: heap, external } = process.memoryUsage()
  return { rss, heap, external }
}

type Figures = Omit<LiveRow, 'node' | 'stage'>

const nothingYet: Figures = { in: 0, out: 0, behind: 0, inFlight: 0, held: 0, deadLettered: 0 }

const same = (row: LiveRow, before: Figures): boolean =>
  row.in === before.in &&
  row.out === before.out &&
  row.behind === before.behind &&
  row.inFlight === before.inFlight &&
  row.held === before.held &&
  row.deadLettered === before.deadLettered

/**
 * Draws rows in place on a terminal. Elsewhere it logs changes, at most every ten seconds, and a heartbeat once a minute: a
 * day of idleness takes less than a megabyte.
 */
export class Live {
  #drawn = 0
  #last = Number.NEGATIVE_INFINITY
  readonly #started: number
  readonly #changes: LiveLines

  constructor(
    private readonly screen: Screen,
    logger: Pick<Logger, 'info'>,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#started = now()
    this.#changes = new LiveLines(logger, now)
  }

  /** Shows the rows, unless the last drawing is too recent. */
  show(rows: readonly LiveRow[], note: string): void {
    if (!this.screen.interactive) return this.#changes.show(rows, note)
    const time = this.now()
    if (time - this.#last < 200) return
    this.#last = time
    const cells = rows.map(row => [
      row.node,
      ...[row.in, row.out, row.behind, row.inFlight, row.held, row.deadLettered].map(thousands),
    ])
    const header = ['node', 'in', 'out', 'behind', 'in flight', 'held', 'dead letters']
    const troubles = rows.flatMap(({ node, trouble }) => (trouble === undefined ? [] : [`${node} ${trouble}`]))
    this.#draw([`${duration((time - this.#started) / 1000)}  ${note}`, ...table([header, ...cells]), ...troubles])
  }

  /** Erases the drawing, so that later output takes its place. */
  clear(): void {
    if (this.#drawn > 0) this.screen.draw(`\x1b[${this.#drawn}A\x1b[J`)
    this.#drawn = 0
  }

  #draw(lines: readonly string[]): void {
    const cut = lines.map(line => printableLine(line).slice(0, this.screen.columns - 1))
    const up = this.#drawn > 0 ? `\x1b[${this.#drawn}A\x1b[J` : ''
    this.screen.draw(`${up}${cut.join('\n')}\n`)
    this.#drawn = cut.length
  }
}
