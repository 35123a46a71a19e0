import { SteerflowError } from '../errors.js'
import { bandsFor, thresholds } from './bands.js'
import { KeyTable, mostTexts } from './key-table.js'
import { NameList } from './name-list.js'
import { components, sharedShare, type Signature, signature, similarityOf } from './signature.js'
import { SignatureList, wholeKey } from './signature-list.js'

/** A text that is similar to another. */
export interface Near {
  readonly id: string
  /** The estimated Jaccard similarity, from the threshold to 1. */
  readonly similarity: number
}

export interface NearIndexOptions {
  /** Minimum similarity of near-duplicates, from 0.7 to 1; 0.8 by default. */
  readonly threshold?: number
  /** Number of texts that the tables have room for from the beginning; they grow beyond it. */
  readonly expected?: number
}

/**
 * Finds near-duplicates among many texts: MinHash signatures and locality-sensitive hashing by bands (Broder 1997; Indyk
 * and Motwani 1998). Everything is in typed arrays: for each text 260 bytes of signature and its id, and tables with 4 bytes
 * for each slot, one for each band and one for whole signatures.
 *
 * A search considers the texts that share a band with the given one and whose estimate reaches the threshold. It finds the
 * one with the highest estimate, the earliest of equals. A text whose normalised form was added is always found, with
 * similarity 1. Of look-alikes that share a band's key the first 32 are kept.
 */
export class NearIndex {
  readonly #signatures = new SignatureList()
  readonly #names = new NameList()
  readonly #wholes: KeyTable
  readonly #bands: readonly KeyTable[]
  readonly #least: number

  /** @throws STEERFLOW_CONFIG_INVALID for a threshold out of its range. */
  constructor({ threshold = thresholds.usual, expected = 0 }: NearIndexOptions = {}) {
    const list = this.#signatures
    const bands = bandsFor(threshold)
    // The thresholds differ a little, so that no single addition waits until all tables have been doubled.
    const fill = (table: number): number => 0.6 + (0.1 * table) / bands
    this.#bands = Array.from(
      { length: bands },
      (_, band) => new KeyTable(number => list.word(number, band), fill(band), expected),
    )
    this.#wholes = new KeyTable(number => list.key(number), fill(bands), expected)
    // Rounding must not require one component more than the threshold means.
    this.#least = Math.ceil(components * sharedShare(threshold) - 1e-9)
  }

  /** The number of different signatures. */
  get size(): number {
    return this.#signatures.size
  }

  /** Memory in bytes. */
  get bytes(): number {
    return [this.#signatures, this.#names, this.#wholes, ...this.#bands].reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /**
   * Adds a text under an id. Returns false if its signature is already there: that one keeps its id.
   * @throws STEERFLOW_BUG beyond 16.7 million texts.
   */
  add(id: string, text: string | Signature): boolean {
    const own = typeof text === 'string' ? signature(text) : text
    if (this.#same(own) !== null) return false
    const number = this.size
    if (number >= mostTexts) throw new SteerflowError('STEERFLOW_BUG', `more than ${mostTexts} texts are indexed`)
    this.#names.add(id)
    this.#signatures.add(own)
    this.#wholes.add(number)
    for (const band of this.#bands) band.add(number)
    return true
  }

  /** The most similar text, if any reaches the threshold. */
  nearest(text: string | Signature): Near | null {
    const own = typeof text === 'string' ? signature(text) : text
    const same = this.#same(own)
    if (same !== null) return { id: this.#names.at(same), similarity: 1 }
    const seen = new Set<number>()
    let best = -1
    let most = this.#least
    const compare = (number: number): void => {
      if (seen.has(number)) return
      seen.add(number)
      const shared = this.#signatures.shared(number, own)
      if (shared < most || (shared === most && best >= 0 && number > best)) return
      best = number
      most = shared
    }
    for (let band = 0; band < this.#bands.length; band++) this.#bands[band]!.find(own[band]!, compare)
    return best < 0 ? null : { id: this.#names.at(best), similarity: similarityOf(most) }
  }

  /** The id and the signature of each text, in the order of addition: added again, they make an equal index. */
  *entries(): Generator<{ readonly id: string; readonly signature: Signature }> {
    for (let number = 0; number < this.size; number++) {
      yield { id: this.#names.at(number), signature: this.#signatures.at(number) }
    }
  }

  /** The number of the text with exactly this signature; null if there is none. */
  #same(own: Signature): number | null {
    let same: number | null = null
    this.#wholes.find(wholeKey(own), number => {
      if (same === null && this.#signatures.has(number, own)) same = number
    })
    return same
  }
}
