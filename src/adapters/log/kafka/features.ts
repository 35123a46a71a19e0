import { type Cluster } from './cluster.js'

/**
 * Finalized features of a cluster, by ApiVersions version 3; kafkajs speaks only version 2, so that this request is
 * written by hand and sent through a connection of kafkajs.
 * Layout: Kafka's ApiVersionsRequest.json, ApiVersionsResponse.json and KIP-482 (tagged fields).
 */

const apiVersions = { apiKey: 18, apiName: 'ApiVersions', apiVersion: 3 }

/** The finalized features and their levels. @throws what the connection throws */
export async function finalizedFeatures(
  cluster: Pick<Cluster, 'findBroker'>,
  nodeId: string,
): Promise<ReadonlyMap<string, number>> {
  const { connectionPool } = (await cluster.findBroker({ nodeId })) as unknown as WithConnections
  const features = await connectionPool.send({
    // kafkajs writes version 1 of the request's header; version 2 has a buffer of tags more, which is empty: one byte.
    request: { ...apiVersions, encode: async () => encoded(requestBody('steerflow', '1')) },
    response: { decode: async payload => decodeFeatures(payload), parse: async decoded => decoded },
  })
  return features
}

interface WithConnections {
  readonly connectionPool: {
    send<T>(exchange: {
      readonly request: typeof apiVersions & { encode(): Promise<Encoded> }
      readonly response: { decode(payload: Buffer): Promise<T>; parse(decoded: T): Promise<T> }
    }): Promise<T>
  }
}

/** What kafkajs takes for an encoder: `buf` is looked at, `buffer` is sent. */
interface Encoded {
  readonly buf: Buffer
  readonly buffer: Buffer
}

const encoded = (buffer: Buffer): Encoded => ({ buf: buffer, buffer })

/** The empty tags of the header, the client's name and version, and no tags. */
export const requestBody = (name: string, version: string): Buffer =>
  Buffer.concat([Buffer.alloc(1), compactString(name), compactString(version), Buffer.alloc(1)])

/** A string shorter than 127 bytes, behind its length plus one. */
const compactString = (text: string): Buffer => Buffer.from(`${String.fromCharCode(text.length + 1)}${text}`, 'latin1')

const finalizedTag = 2

/** Reads the finalized features out of an answer's body. A broker that knows no features says nothing of them. */
export function decodeFeatures(payload: Buffer): ReadonlyMap<string, number> {
  const reader = new Reader(payload)
  const features = new Map<string, number>()
  const error = reader.int16()
  if (error !== 0) throw new Error(`ApiVersions was answered with error ${error}`)
  for (let left = reader.count(); left > 0; left--) {
    reader.skip(6)
    reader.tags(() => undefined)
  }
  reader.skip(4)
  reader.tags((tag, field) => {
    if (tag !== finalizedTag) return
    for (let left = field.count(); left > 0; left--) {
      const name = field.string()
      features.set(name, field.int16())
      field.skip(2)
      field.tags(() => undefined)
    }
  })
  return features
}

/** Reads Kafka's compact encoding. */
class Reader {
  #at = 0

  constructor(private readonly bytes: Buffer) {}

  skip(count: number): void {
    this.#at += count
  }

  int16(): number {
    this.skip(2)
    return this.bytes.readInt16BE(this.#at - 2)
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

  string(): string {
    return this.#take(this.count()).toString('utf8')
  }

  tags(seen: (tag: number, field: Reader) => void): void {
    for (let left = this.varint(); left > 0; left--) {
      const tag = this.varint()
      seen(tag, new Reader(this.#take(this.varint())))
    }
  }

  #take(length: number): Buffer {
    this.skip(length)
    return this.bytes.subarray(this.#at - length, this.#at)
  }
}
