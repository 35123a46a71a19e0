import { mix32 } from './mix.js'
import { components, sharedComponents, type Signature, signatureWords } from './signature.js'

/** Signatures in a block: 64 KiB, so that a small list stays small, and a large one grows without copying. */
const blockBits = 8
const blockMask = 2 ** blockBits - 1

/** Signatures by number, 256 bytes each, and a key for each whole signature. */
export class SignatureList {
  readonly #blocks: Uint32Array[] = []
  readonly #keys: Uint32Array[] = []
  size = 0

  get bytes(): number {
    return this.#blocks.length * (signatureWords + 1) * 4 * 2 ** blockBits
  }

  add(signature: Signature): void {
    const number = this.size++
    const block = number >>> blockBits
    if (block === this.#blocks.length) {
      this.#blocks.push(new Uint32Array(signatureWords * 2 ** blockBits))
      this.#keys.push(new Uint32Array(2 ** blockBits))
    }
    this.#blocks[block]!.set(signature, (number & blockMask) * signatureWords)
    this.#keys[block]![number & blockMask] = wholeKey(signature)
  }

  /** One word of a signature. */
  word(number: number, word: number): number {
    return this.#blocks[number >>> blockBits]![(number & blockMask) * signatureWords + word]!
  }

  /** The key of a whole signature, as `wholeKey` gives it. */
  key(number: number): number {
    return this.#keys[number >>> blockBits]![number & blockMask]!
  }

  /** Components that a signature shares with one of the list. */
  shared(number: number, other: Signature): number {
    return sharedComponents(other, this.#blocks[number >>> blockBits]!, (number & blockMask) * signatureWords)
  }

  has(number: number, signature: Signature): boolean {
    return this.shared(number, signature) === components
  }

  /** A view of a signature. */
  at(number: number): Signature {
    const from = (number & blockMask) * signatureWords
    return this.#blocks[number >>> blockBits]!.subarray(from, from + signatureWords)
  }
}

/** A key of a whole signature: 32 bits that depend on all of it. */
export function wholeKey(signature: Signature): number {
  let key = 0
  for (let word = 0; word < signatureWords; word++) key = mix32(key ^ signature[word]!)
  return key >>> 0
}
