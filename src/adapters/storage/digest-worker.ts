import { createHash, type Hash } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import type { DigestReply, DigestRequest } from './digest-messages.js'

const port = parentPort!
const hashes = new Map<number, Hash>()

function begun(file: number): Hash {
  const hash = createHash('sha256')
  hashes.set(file, hash)
  return hash
}

port.on('message', ({ file, bytes }: DigestRequest) => {
  const hash = hashes.get(file) ?? begun(file)
  if (bytes === null) {
    hashes.delete(file)
    port.postMessage({ sha256: hash.digest('hex') } satisfies DigestReply)
  } else {
    hash.update(bytes)
    port.postMessage({ memory: bytes.buffer } satisfies DigestReply, [bytes.buffer])
  }
})
