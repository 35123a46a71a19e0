import type { Cluster } from './cluster.js'

/**
 * Kafka's compact encoding (KIP-482), for the few requests that kafkajs does not implement; they are encoded here and
 * sent through its connections.
 */

/** A request of the protocol in one version, with the decoder of its response. */
export interface WireRequest<T> {
  readonly apiKey: number
  readonly apiName: string
  readonly apiVersion: number
  /** Everything after the header. */
  readonly body: Buffer
  readonly decode: (payload: Buffer) => T
}

type FoundBroker = Awaited<ReturnType<Cluster['findBroker']>>

/** Sends a request over the connection of a broker. @throws the errors of the connection or `decode` */
export async function ask<T>(broker: FoundBroker, { body, decode, ...api }: WireRequest<T>): Promise<T> {
  // kafkajs writes version 1 of the request header; version 2 adds a buffer of tags, which is empty: one byte.
  const buffer = Buffer.concat([noTags, body])
  const { value } = await (broker as unknown as WithConnections).connectionPool.send({
    request: { ...api, encode: async () => ({ buf: buffer, buffer }) },
    // kafkajs looks up a field in the decoded value, so it has to be an object.
    response: { decode: async payload => ({ value: decode(payload) }), parse: async decoded => decoded },
  })
  return value
}

/** True if a broker supports such requests; its versions are known after the first connection. */
export function speaks(broker: FoundBroker, apiKey: number): boolean {
  const { versions } = broker as unknown as { readonly versions: Readonly<Record<number, unknown>> | null }
  return versions?.[apiKey] !== undefined
}

interface WithConnections {
  readonly connectionPool: {
    send<T>(exchange: {
      readonly request: {
        readonly apiKey: number
        readonly apiName: string
        readonly apiVersion: number
        /** kafkajs looks at `buf` and sends `buffer`. */
        encode(): Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>
      }
      readonly response: { decode(payload: Buffer): Promise<T>; parse(decoded: T): Promise<T> }
    }): Promise<T>
  }
}

/** The end of every structure without optional fields. */
export const noTags = Buffer.alloc(1)

/** A number of any size, seven bits per byte. */
export function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest])
    bytes.push((rest % 128) | 0x80)
  }
}

/** A string after its length plus one. */
export function compactString(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8')
  return Buffer.concat([varint(bytes.length + 1), bytes])
}

/** Elements after their number plus one. */
export const compactArray = (elements: readonly Buffer[]): Buffer =>
  Buffer.concat([varint(elements.length + 1), ...elements])

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

/** Reads this encoding. @throws RangeError if the bytes end early */
export class CompactReader {
  #at = 0

  constructor(private readonly bytes: Buffer) {}

  skip(count: number): void {
    this.#at += count
  }

  int16(): number {
    this.skip(2)
    return this.bytes.readInt16BE(this.#at - 2)
  }

  int32(): number {
    this.skip(4)
    return this.bytes.readInt32BE(this.#at - 4)
  }

  int64(): bigint {
    this.skip(8)
    return this.bytes.readBigInt64BE(this.#at - 8)
  }

  fixed(count: number): Buffer {
    return this.#take(count)
  }

  varint(): number {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = this.bytes.readUInt8(this.#at++)
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }

  /** Number of elements of an array; 0 for null. */
  count(): number {
    return Math.max(0, this.varint() - 1)
  }

  array<T>(element: () => T): T[] {
    return Array.from({ length: this.count() }, element)
  }

  /** Empty for null. */
  string(): string {
    return this.#take(this.count()).toString('utf8')
  }

  tags(seen: (tag: number, field: CompactReader) => void = () => undefined): void {
    for (let left = this.varint(); left > 0; left--) {
      const tag = this.varint()
      seen(tag, new CompactReader(this.#take(this.varint())))
    }
  }

  #take(length: number): Buffer {
    this.skip(length)
    return this.bytes.subarray(this.#at - length, this.#at)
  }
}
