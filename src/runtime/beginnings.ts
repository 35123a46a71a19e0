import { createHash, type Hash } from 'node:crypto'

/** A beginning of a source: the number of bytes of its lines, and their sha256. */
export interface SourceBeginning {
  readonly bytes: number
  readonly digest: string
}

/** A source that was taken in, at least in part. */
export interface KnownSource {
  readonly source: string
  readonly name: string
  /** From short to long; the last one covers everything known of the source. */
  readonly taken: readonly SourceBeginning[]
}

/**
 * Each kept beginning is at least this many times as long as the one before. The list stays short, and a source that only
 * begins the same is distinguished before it is this many times as long as the common part.
 */
export const beginningsApart = 16

/** How many of the latest states of a growing source are recognised, however close they are. */
export const statesKept = 100

/** Whether a beginning of this length is worth keeping after the last one. */
export const isWorthKeeping = (bytes: number, kept: readonly SourceBeginning[]): boolean =>
  bytes >= (kept.at(-1)?.bytes ?? 0) * beginningsApart

/** Beginnings from short to long, without those that are neither recent nor far enough apart. */
export function thinned(all: readonly SourceBeginning[]): SourceBeginning[] {
  const kept: SourceBeginning[] = []
  for (const [at, one] of all.entries())
    if (at >= all.length - statesKept || isWorthKeeping(one.bytes, kept)) kept.push(one)
  return kept
}

interface Candidate {
  readonly known: KnownSource
  /** Number of beginnings that were found again. */
  found: number
}

/** Recognises, line by line, which known source this one continues. */
export class Recognition {
  readonly #hash: Hash = createHash('sha256')
  #bytes = 0
  #candidates: Candidate[]
  #best: KnownSource | null = null
  #strayed: KnownSource | null = null

  constructor(known: readonly KnownSource[]) {
    this.#candidates = known.flatMap(one => (one.taken.length === 0 ? [] : [{ known: one, found: 0 }]))
  }

  /** Bytes of the lines so far. */
  get bytes(): number {
    return this.#bytes
  }

  /** Their sha256. */
  get digest(): string {
    return this.#hash.copy().digest('hex')
  }

  /** Whether it may still turn out to continue a source other than `best`. */
  get open(): boolean {
    return this.#candidates.length > 0
  }

  /** The source that all of this one continues, as far as it was read; null if there is none. */
  get best(): KnownSource | null {
    return this.#best
  }

  /** A source that had the same content when it was as long as this one is now; null if there is none. */
  get earlier(): KnownSource | null {
    return this.#candidates.find(({ known, found }) => known.taken[found - 1]?.bytes === this.#bytes)?.known ?? null
  }

  /** A source that may still be this one and of which a beginning was found again; null if there is none. */
  get alike(): KnownSource | null {
    return this.#candidates.find(one => one.found > 0)?.known ?? null
  }

  /** A source that begins the same and continues differently. */
  get strayed(): KnownSource | null {
    return this.#strayed
  }

  /** Adds the next line, in the form in which it counts. */
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
