import { deflateRawSync, inflateRawSync } from 'node:zlib'

/** Texts that are packed together: enough to share what they have in common, few enough to be packed within milliseconds. */
const together = 64

/**
 * An append-only list of texts without line ends that is a value: adding returns another list and leaves this one
 * unchanged. All but the newest are packed, so that texts that resemble each other take a sixth of their memory. Lists that
 * derive from one another share theirs, and adding to the newest takes constant time.
 */
export class PackedTexts {
  static readonly empty = new PackedTexts([], 0, [])

  private constructor(
    private readonly shared: Buffer[],
    private readonly packs: number,
    private readonly newest: readonly string[],
  ) {}

  get length(): number {
    return this.packs * together + this.newest.length
  }

  with(text: string): PackedTexts {
    const newest = [...this.newest, text]
    if (newest.length < together) return new PackedTexts(this.shared, this.packs, newest)
    // Another list already derives from this one and uses the memory after its end.
    const shared = this.shared.length === this.packs && this.packs > 0 ? this.shared : this.shared.slice(0, this.packs)
    shared.push(deflateRawSync(newest.join('\n')))
    return new PackedTexts(shared, this.packs + 1, [])
  }

  all(): readonly string[] {
    const packed = this.shared.slice(0, this.packs).flatMap(pack => inflateRawSync(pack).toString().split('\n'))
    return [...packed, ...this.newest]
  }
}
