import { hash } from 'node:crypto'

/** 32-bit words of a slot: three for the tree's digest, two for its last version's, and the number of versions so far. */
const slotWords = 6

/** A record's position among the versions of its tree: the tree's number, and the number of the version. */
export interface VersionTicket {
  readonly tree: number
  readonly turn: number
}

/** The first words of the sha256 of a text. With 96 bits, a collision among a billion trees has a chance of 1 in 10^11. */
function words(text: string, count: number): readonly number[] {
  // One call, since for short texts creating a hash object costs more than the digest.
  const bytes = hash('sha256', text, 'buffer')
  return Array.from({ length: count }, (_, index) => bytes.readUInt32LE(4 * index))
}

/**
 * The last noted version of each tree, in 28 bytes per tree, since every tree of a dataset is in memory at once. Trees and
 * versions are identified by digests.
 */
export class TreeVersions {
  /** Hash table of the trees' numbers, from 1; 0 is free. */
  #places: Uint32Array
  /** One slot per tree, in the order of their numbers. */
  #slots: Uint32Array
  #trees = 0
  /** Cache of the last call: the records of a tree are adjacent. */
  #last: { readonly tree: string; readonly version: string; readonly ticket: VersionTicket } | null = null

  constructor(capacity = 1024) {
    this.#places = new Uint32Array(2 * capacity)
    this.#slots = new Uint32Array(capacity * slotWords)
  }

  /** Notes the version of a record; a later version of the tree replaces it. */
  note(tree: string, version: string): VersionTicket {
    if (this.#last?.tree === tree && this.#last.version === version) return this.#last.ticket
    const number = this.#number(words(tree, 3))
    const at = (number - 1) * slotWords
    const [first, second] = words(version, 2) as [number, number]
    const slots = this.#slots
    if (slots[at + 5] === 0 || slots[at + 3] !== first || slots[at + 4] !== second) {
      slots[at + 3] = first
      slots[at + 4] = second
      slots[at + 5]!++
    }
    const ticket = { tree: number, turn: slots[at + 5]! }
    this.#last = { tree, version, ticket }
    return ticket
  }

  /** True if no other version of its tree came later. */
  isLast({ tree, turn }: VersionTicket): boolean {
    return this.#slots[(tree - 1) * slotWords + 5] === turn
  }

  /** The number of a tree; assigns one if needed. */
  #number(tree: readonly number[]): number {
    const found = this.#find(tree)
    if (this.#places[found] !== 0) return this.#places[found]!
    if ((this.#trees + 1) * slotWords > this.#slots.length) {
      this.#grow()
      return this.#number(tree)
    }
    this.#places[found] = ++this.#trees
    this.#slots.set(tree, (this.#trees - 1) * slotWords)
    return this.#trees
  }

  /** The index of a tree's number, or its free place. */
  #find([first, second, third]: readonly number[]): number {
    const places = this.#places
    const slots = this.#slots
    for (let place = first! % places.length; ; place = (place + 1) % places.length) {
      const number = places[place]!
      const at = (number - 1) * slotWords
      if (number === 0 || (slots[at] === first && slots[at + 1] === second && slots[at + 2] === third)) return place
    }
  }

  #grow(): void {
    const before = this.#slots
    this.#slots = new Uint32Array(before.length * 2)
    this.#slots.set(before)
    this.#places = new Uint32Array(this.#places.length * 2)
    for (let number = 1; number <= this.#trees; number++) {
      const at = (number - 1) * slotWords
      this.#places[this.#find([before[at]!, before[at + 1]!, before[at + 2]!])] = number
    }
  }
}
