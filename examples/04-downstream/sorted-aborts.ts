import { createRequire } from 'node:module'

interface Partition {
  abortedTransactions: { readonly producerId: string; readonly firstOffset: string }[] | null
}

interface FetchResponse {
  decode(raw: Buffer): Promise<{ readonly responses: readonly { readonly partitions: readonly Partition[] }[] }>
}

/**
 * Importing this mends kafkajs's consumer. It takes the aborted transactions of a fetch to be in the order of their
 * beginnings; brokers list them in the order of their ends, so that of transactions which overlap and are aborted some
 * records are shown to readers of committed records (seen with kafkajs 2.2.4).
 */
const require = createRequire(import.meta.url)
for (const version of [4, 5, 6, 7, 8, 9, 10, 11]) {
  const response = require(`kafkajs/src/protocol/requests/fetch/v${version}/response.js`) as FetchResponse
  const decode = response.decode.bind(response)
  response.decode = async raw => {
    const decoded = await decode(raw)
    for (const { partitions } of decoded.responses)
      for (const partition of partitions)
        partition.abortedTransactions?.sort((a, b) => (BigInt(a.firstOffset) < BigInt(b.firstOffset) ? -1 : 1))
    return decoded
  }
}
