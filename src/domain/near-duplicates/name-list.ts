import { SteerflowError } from '../errors.js'

const pageBits = 17
const pageBytes = 2 ** pageBits
/** Bytes before a name that hold its length. */
const head = 2
const longest = 0xffff

/** Names by number, as UTF-8 in pages: a million strings would be a million objects. */
export class NameList {
  readonly #pages: Uint8Array[] = []
  #used = pageBytes
  #starts = new Uint32Array(256)
  size = 0

  get bytes(): number {
    return this.#pages.length * pageBytes + this.#starts.byteLength
  }

  /** @throws STEERFLOW_BUG for a name of more than 64 KiB, or more than 4 GiB of names. */
  add(name: string): void {
    const bytes = Buffer.from(name, 'utf8')
    if (bytes.length > longest) throw new SteerflowError('STEERFLOW_BUG', `a name of ${bytes.length} bytes is indexed`)
    if (this.#used + head + bytes.length > pageBytes) {
      if (this.#pages.length === 2 ** (32 - pageBits))
        throw new SteerflowError('STEERFLOW_BUG', '4 GiB of names are indexed')
      this.#pages.push(new Uint8Array(pageBytes))
      this.#used = 0
    }
    if (this.size === this.#starts.length) {
      const starts = new Uint32Array(this.size * 2)
      starts.set(this.#starts)
      this.#starts = starts
    }
    const page = this.#pages[this.#pages.length - 1]!
    page[this.#used] = bytes.length & 0xff
    page[this.#used + 1] = bytes.length >>> 8
    page.set(bytes, this.#used + head)
    this.#starts[this.size++] = (this.#pages.length - 1) * pageBytes + this.#used
    this.#used += head + bytes.length
  }

  at(number: number): string {
    const start = this.#starts[number]!
    const page = this.#pages[start >>> pageBits]!
    const from = start & (pageBytes - 1)
    const length = page[from]! | (page[from + 1]! << 8)
    return Buffer.from(page.buffer, from + head, length).toString('utf8')
  }
}
