import { hash } from 'node:crypto'

/** 32-bit words of a slot: three of the tree, two of its last version, and how many versions came one after another. */
const slotWords = 6

/** Where a record stands among the versions of its tree: the tree's number, and which version in turn it is. */
export interface VersionTicket {
  readonly tree: number
  readonly turn: number
}

/** The first words of the sha256 of a text. 96 bits of it tell a billion trees apart, but for one chance in 10^11. */
function words(text: string, count: number): readonly number[] {
  // In one call: of short texts, making an object for each costs more than the digest.
  const bytes = hash('sha256', text, 'buffer')
  return Array.from({ length: count }, (_, index) => bytes.readUInt32LE(4 * index))
}

/**
 * The version of each tree that was noted last, in 28 bytes a tree: every tree of a dataset is in here at once. Trees and
 * versions are known by their digests.
 */
export class TreeVersions {
  /** Numbers of trees from 1, by a hash of their words; 0 is free. */
  #places: Uint32Array
  /** A slot a tree, in the order of their numbers. */
  #slots: Uint32Array
  #trees = 0
  /** The records of a tree stand next to each other. */
  #last: { readonly tree: string; readonly version: string; readonly ticket: VersionTicket } | null = null

  constructor(capacity = 1024) {
    this.#places = new Uint32Array(2 * capacity)
    this.#slots = new Uint32Array(capacity * slotWords)
  }

  /** Notes the version of a record; a later one of the tree replaces it. */
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

  /** Whether no other version of its tree came after it. */
  isLast({ tree, turn }: VersionTicket): boolean {
    return this.#slots[(tree - 1) * slotWords + 5] === turn
  }

  /** The number of a tree, a new one if it has none. */
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

  /** Where the number of a tree is, or has its place. */
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
