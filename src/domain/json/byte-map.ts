/** Maps a few keys to values; looks them up by a key's bytes, without making a string of them. */
export class ByteMap<V> {
  private readonly byLength: { readonly bytes: Uint8Array; readonly value: V }[][] = []

  constructor(entries: Iterable<readonly [string, V]>) {
    for (const [key, value] of entries) {
      const bytes = Buffer.from(key)
      while (this.byLength.length <= bytes.length) this.byLength.push([])
      this.byLength[bytes.length]!.push({ bytes, value })
    }
  }

  /** The value of the key in this range of bytes. */
  get(bytes: Uint8Array, start: number, stop: number): V | undefined {
    const length = stop - start
    if (length >= this.byLength.length) return undefined
    for (const key of this.byLength[length]!) {
      let same = 0
      while (same < length && key.bytes[same] === bytes[start + same]) same++
      if (same === length) return key.value
    }
    return undefined
  }
}

/** A map of names to themselves. */
export const byteNames = <K extends string>(...names: readonly K[]): ByteMap<K> =>
  new ByteMap(names.map(name => [name, name] as const))
