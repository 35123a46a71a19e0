import { type Cluster } from './cluster.js'
import { ask, compactString, CompactReader, noTags } from './compact.js'

/**
 * Finalized features of a cluster, by ApiVersions version 3; kafkajs speaks only version 2.
 * Layout: Kafka's ApiVersionsRequest.json and ApiVersionsResponse.json.
 */

const apiVersions = { apiKey: 18, apiName: 'ApiVersions', apiVersion: 3 }

/** The finalized features and their levels. @throws what the connection throws */
export async function finalizedFeatures(
  cluster: Pick<Cluster, 'findBroker'>,
  nodeId: string,
): Promise<ReadonlyMap<string, number>> {
  const body = requestBody('steerflow', '1')
  return ask(await cluster.findBroker({ nodeId }), { ...apiVersions, body, decode: decodeFeatures })
}

/** The client's name and version. */
export const requestBody = (name: string, version: string): Buffer =>
  Buffer.concat([compactString(name), compactString(version), noTags])

const finalizedTag = 2

/**
 * Reads the finalized features out of an answer's body, whose header has no tags, unlike that of any other answer of this
 * encoding. A broker that knows no features says nothing of them.
 */
export function decodeFeatures(payload: Buffer): ReadonlyMap<string, number> {
  const reader = new CompactReader(payload)
  const features = new Map<string, number>()
  const error = reader.int16()
  if (error !== 0) throw new Error(`ApiVersions was answered with error ${error}`)
  for (let left = reader.count(); left > 0; left--) {
    reader.skip(6)
    reader.tags()
  }
  reader.skip(4)
  reader.tags((tag, field) => {
    if (tag !== finalizedTag) return
    for (let left = field.count(); left > 0; left--) {
      const name = field.string()
      features.set(name, field.int16())
      field.skip(2)
      field.tags()
    }
  })
  return features
}
