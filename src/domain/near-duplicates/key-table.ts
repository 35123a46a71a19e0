import { mix32 } from './mix.js'

/** Maximum numbers kept for a key: further look-alikes tell nothing new, and every search would visit them. */
export const mostOfAKey = 32

/** Bits of an entry for the number of a text plus one; the others hold a part of its key's hash. */
const numberBits = 24
const numberMask = 2 ** numberBits - 1
/** The maximum number of texts. */
export const mostTexts = numberMask - 1

/**
 * Maps a 32-bit key to the numbers of the texts that have it: open addressing with linear probing in one typed array, 4
 * bytes for each slot. An entry holds eight bits of its key's hash, so that of 256 entries passed over only one is compared
 * by its key.
 */
export class KeyTable {
  #slots: Uint32Array
  #used = 0

  /**
   * @param keyOf the key of a number that was added
   * @param fill the share of used slots at which the table doubles
   * @param expected how many numbers it has room for from the beginning
   */
  constructor(
    private readonly keyOf: (number: number) => number,
    private readonly fill: number,
    expected: number,
  ) {
    let slots = 64
    while (expected > slots * fill) slots *= 2
    this.#slots = new Uint32Array(slots)
  }

  get bytes(): number {
    return this.#slots.byteLength
  }

  /** Adds a number, larger than those before it, unless 32 others have its key. */
  add(number: number): void {
    if (this.#used + 1 > this.#slots.length * this.fill) this.#grow(number)
    this.#place(number)
  }

  /** Calls `found` with the numbers of a key, in ascending order. */
  find(key: number, found: (number: number) => void): void {
    const slots = this.#slots
    const mask = slots.length - 1
    const hash = mix32(key)
    const tag = hash & ~numberMask
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = slots[slot]!
      if (entry === 0) return
      if (((entry ^ tag) & ~numberMask) !== 0) continue
      const number = (entry & numberMask) - 1
      if (this.keyOf(number) === key) found(number)
    }
  }

  #place(number: number): void {
    const slots = this.#slots
    const mask = slots.length - 1
    const key = this.keyOf(number)
    const hash = mix32(key)
    const tag = hash & ~numberMask
    let slot = hash & mask
    for (let same = 0; ; slot = (slot + 1) & mask) {
      const entry = slots[slot]!
      if (entry === 0) break
      if (((entry ^ tag) & ~numberMask) === 0 && this.keyOf((entry & numberMask) - 1) === key) same++
      if (same === mostOfAKey) return
    }
    slots[slot] = tag | (number + 1)
    this.#used++
  }

  /** Doubles the table. Numbers go in again in their order: what a table holds is a function of the keys alone. */
  #grow(next: number): void {
    this.#slots = new Uint32Array(this.#slots.length * 2)
    this.#used = 0
    for (let number = 0; number < next; number++) this.#place(number)
  }
}
