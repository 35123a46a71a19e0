import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { SteerflowError } from '../../../domain/errors.js'
import { storing } from '../durable.js'
import type { FileFacts } from '../line-file.js'
import type { S3Access } from './client.js'
import { asking } from './failures.js'

export interface Upload {
  readonly path: string
  readonly bucket: string
  readonly key: string
  readonly facts: Pick<FileFacts, 'bytes' | 'sha256'>
  /** Size of a part in bytes; a file of up to this size goes in one request. */
  readonly partBytes: number
  readonly signal: AbortSignal | undefined
}

interface Part {
  readonly PartNumber: number
  readonly ETag: string | undefined
  readonly ChecksumSHA256: string
}

/** S3's limit on the parts of a file. */
const mostParts = 10_000
/** Parts in flight, which bounds the memory. */
const atOnce = 4

const base64 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('base64')

/**
 * Uploads a file, in one request or in parts. The service checks the digest of each request before it stores it, and the
 * bytes read here are compared with the digest from writing the file, so wrong bytes never get the name.
 */
export async function upload(access: S3Access, job: Upload): Promise<void> {
  const file = await storing(`read ${job.path}`, () => open(job.path))
  try {
    if (job.facts.bytes > job.partBytes) await sendInParts(access, job, file)
    else await sendWhole(access, job, file)
  } finally {
    await file.close()
  }
}

async function sendWhole({ sdk, client }: S3Access, { bucket, key, facts, signal }: Upload, file: FileHandle) {
  const body = await storing(`read ${key}`, () => file.readFile())
  const checksum = base64(body)
  mustBe(facts, key, body.byteLength, Buffer.from(checksum, 'base64').toString('hex'))
  const put = new sdk.PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ChecksumSHA256: checksum })
  await asking(`put ${key}`, () => client.send(put, abortable(signal)))
}

async function sendInParts({ sdk, client }: S3Access, job: Upload, file: FileHandle): Promise<void> {
  const { bucket: Bucket, key: Key, facts, signal } = job
  const create = new sdk.CreateMultipartUploadCommand({ Bucket, Key, ChecksumAlgorithm: 'SHA256' })
  const { UploadId } = await asking(`begin ${Key}`, () => client.send(create, abortable(signal)))
  const send = async (PartNumber: number, Body: Buffer): Promise<Part> => {
    const ChecksumSHA256 = base64(Body)
    const command = new sdk.UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ChecksumSHA256 })
    const { ETag } = await asking(`put part ${PartNumber} of ${Key}`, () => client.send(command, abortable(signal)))
    return { PartNumber, ETag, ChecksumSHA256 }
  }
  const underWay: Promise<Part>[] = []
  try {
    const hash = createHash('sha256')
    const parts: Part[] = []
    let bytes = 0
    const size = Math.max(job.partBytes, Math.ceil(facts.bytes / mostParts))
    for await (const piece of piecesOf(file, size, Key)) {
      hash.update(piece)
      bytes += piece.byteLength
      const sending = send(parts.length + underWay.length + 1, piece)
      sending.catch(() => undefined)
      underWay.push(sending)
      if (underWay.length === atOnce) parts.push(await underWay.shift()!)
    }
    while (underWay.length > 0) parts.push(await underWay.shift()!)
    mustBe(facts, Key, bytes, hash.digest('hex'))
    const complete = new sdk.CompleteMultipartUploadCommand({
      Bucket,
      Key,
      UploadId,
      MultipartUpload: { Parts: parts },
    })
    await asking(`finish ${Key}`, () => client.send(complete, abortable(signal)))
  } catch (error) {
    await Promise.allSettled(underWay)
    // Best effort: if it fails, the next upload of this file or `shards gc` removes the parts.
    const patience = { abortSignal: AbortSignal.timeout(signal?.aborted ? 500 : 10_000) }
    await client.send(new sdk.AbortMultipartUploadCommand({ Bucket, Key, UploadId }), patience).catch(() => undefined)
    throw error
  }
}

async function* piecesOf(file: FileHandle, size: number, key: string): AsyncIterable<Buffer> {
  for (;;) {
    const piece = Buffer.allocUnsafe(size)
    let filled = 0
    while (filled < size) {
      const { bytesRead } = await storing(`read ${key}`, () => file.read(piece, filled, size - filled))
      if (bytesRead === 0) break
      filled += bytesRead
    }
    if (filled > 0) yield piece.subarray(0, filled)
    if (filled < size) return
  }
}

function mustBe(facts: Upload['facts'], key: string, bytes: number, sha256: string): void {
  if (facts.bytes === bytes && facts.sha256 === sha256) return
  throw new SteerflowError(
    'STEERFLOW_STORAGE',
    `${key} was read back from the spool with other bytes than were written`,
  )
}

export const abortable = (signal: AbortSignal | undefined) => (signal ? { abortSignal: signal } : {})
