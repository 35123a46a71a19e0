import type { Cluster } from './cluster.js'

/**
 * Kafka's compact encoding (KIP-482), for the few requests that kafkajs does not speak; they are written by hand and sent
 * through its connections.
 */

/** A request of the protocol in one version, and what becomes of its answer. */
export interface WireRequest<T> {
  readonly apiKey: number
  readonly apiName: string
  readonly apiVersion: number
  /** What follows the header. */
  readonly body: Buffer
  readonly decode: (payload: Buffer) => T
}

type FoundBroker = Awaited<ReturnType<Cluster['findBroker']>>

/** Sends a request over the connection of a broker. @throws what the connection or `decode` throws */
export async function ask<T>(broker: FoundBroker, { body, decode, ...api }: WireRequest<T>): Promise<T> {
  // kafkajs writes version 1 of the request's header; version 2 has a buffer of tags more, which is empty: one byte.
  const buffer = Buffer.concat([noTags, body])
  const { value } = await (broker as unknown as WithConnections).connectionPool.send({
    request: { ...api, encode: async () => ({ buf: buffer, buffer }) },
    // kafkajs looks for a field in whatever was decoded, so that it has to be an object.
    response: { decode: async payload => ({ value: decode(payload) }), parse: async decoded => decoded },
  })
  return value
}

/** Whether a broker answers such requests: its versions are known once it was connected. */
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

/** The end of every structure, when nothing optional follows. */
export const noTags = Buffer.alloc(1)

/** A number of any size, seven bits a byte. */
export function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest])
    bytes.push((rest % 128) | 0x80)
  }
}

/** A string behind its length plus one. */
export function compactString(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8')
  return Buffer.concat([varint(bytes.length + 1), bytes])
}

/** Elements behind their number plus one. */
export const compactArray = (elements: readonly Buffer[]): Buffer =>
  Buffer.concat([varint(elements.length + 1), ...elements])

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

/** Reads what was encoded so. @throws RangeError where the bytes end early */
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

  /** Elements of an array; 0 for one that is null. */
  count(): number {
    return Math.max(0, this.varint() - 1)
  }

  array<T>(element: () => T): T[] {
    return Array.from({ length: this.count() }, element)
  }

  /** An empty one for null. */
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
