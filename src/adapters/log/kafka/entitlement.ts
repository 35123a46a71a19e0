import { SteerflowError } from '../../../domain/errors.js'

interface Waiting {
  readonly partition: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/**
 * Whether this process may work on a partition: it was given it, and the coordinator has confirmed the membership after
 * the question was asked.
 */
export class Entitlement {
  #mine: ReadonlySet<number> = new Set()
  readonly #waiting = new Set<Waiting>()

  /** Resolves at the next confirmation. @throws STEERFLOW_FENCED when the partition has gone to another by then */
  of(partition: number): Promise<void> {
    return new Promise((resolve, reject) => this.#waiting.add({ partition, resolve, reject }))
  }

  assign(mine: ReadonlySet<number>): void {
    this.#mine = mine
  }

  confirm(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const { partition, resolve, reject } of waiting)
      if (this.#mine.has(partition)) resolve()
      else reject(new SteerflowError('STEERFLOW_FENCED', `partition ${partition} was given to another member`))
  }

  /** The membership has ended: nobody is entitled to anything. */
  end(): void {
    this.#mine = new Set()
    this.confirm()
  }
}
