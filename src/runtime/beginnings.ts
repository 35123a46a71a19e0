import { createHash, type Hash } from 'node:crypto'

/** A beginning of a source: so many bytes of its lines, and their sha256. */
export interface SourceBeginning {
  readonly bytes: number
  readonly digest: string
}

/** A source of which something was taken in. */
export interface KnownSource {
  readonly source: string
  readonly name: string
  /** From short to long; the last one is all that is known of it. */
  readonly taken: readonly SourceBeginning[]
}

/**
 * Each beginning that is kept is so many times as long as the one before: the list stays short, and a source that only
 * begins alike is told apart before it is this many times as long as what is alike.
 */
export const beginningsApart = 16

/** Of a source that grows, so many states are known again, however close they are. */
export const statesKept = 100

/** Whether a beginning of this length is worth keeping after the last one. */
export const isWorthKeeping = (bytes: number, kept: readonly SourceBeginning[]): boolean =>
  bytes >= (kept.at(-1)?.bytes ?? 0) * beginningsApart

/** Beginnings from short to long without those that are neither late nor far enough apart. */
export function thinned(all: readonly SourceBeginning[]): SourceBeginning[] {
  const kept: SourceBeginning[] = []
  for (const [at, one] of all.entries())
    if (at >= all.length - statesKept || isWorthKeeping(one.bytes, kept)) kept.push(one)
  return kept
}

interface Candidate {
  readonly known: KnownSource
  /** Beginnings that were found again. */
  found: number
}

/** Finds out, line by line, which known source this one is the continuation of. */
export class Recognition {
  readonly #hash: Hash = createHash('sha256')
  #bytes = 0
  #candidates: Candidate[]
  #best: KnownSource | null = null
  #strayed: KnownSource | null = null

  constructor(known: readonly KnownSource[]) {
    this.#candidates = known.flatMap(one => (one.taken.length === 0 ? [] : [{ known: one, found: 0 }]))
  }

  /** Bytes of the lines up to here. */
  get bytes(): number {
    return this.#bytes
  }

  /** Their sha256. */
  get digest(): string {
    return this.#hash.copy().digest('hex')
  }

  /** Whether it may still turn out to be another than `best`. */
  get open(): boolean {
    return this.#candidates.length > 0
  }

  /** The source that all of it is the continuation of, as far as it was read; null: of none. */
  get best(): KnownSource | null {
    return this.#best
  }

  /** A source that was as long as this when something of it was taken in, and the same; null: none. */
  get earlier(): KnownSource | null {
    return this.#candidates.find(({ known, found }) => known.taken[found - 1]?.bytes === this.#bytes)?.known ?? null
  }

  /** A source that may still be this one, and of which some beginning was found again; null: none. */
  get alike(): KnownSource | null {
    return this.#candidates.find(one => one.found > 0)?.known ?? null
  }

  /** A source that begins alike and goes on otherwise. */
  get strayed(): KnownSource | null {
    return this.#strayed
  }

  /** The next line, as it counts. */
  add(line: Buffer): void {
    this.#hash.update(line)
    this.#bytes += line.byteLength
    this.#candidates = this.#candidates.filter(one => {
      const next = one.known.taken[one.found]!
      if (this.#bytes < next.bytes) return true
      if (this.#bytes > next.bytes || this.digest !== next.digest) {
        if (one.found > 0) this.#strayed = one.known
        return false
      }
      one.found++
      if (one.found < one.known.taken.length) return true
      this.#best = one.known
      return false
    })
  }
}
