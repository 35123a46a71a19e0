import { type Readable } from 'node:stream'
import { type SteerflowError } from '../../../domain/errors.js'
import { type FileStore, type StoredFile, type Unfinished } from '../file-store.js'
import { openClient, type S3Access } from './client.js'
import { asking, codeOf } from './failures.js'
import { type S3Settings } from './settings.js'
import { uploadsOf } from './unfinished.js'
import { upload } from './upload.js'

/** Bytes of a part of an upload: at least 5 MiB by the protocol. */
const partBytes = 8 << 20

export interface BucketOptions {
  readonly partBytes?: number
}

/**
 * Files as objects of a bucket. Nothing is asked before the first of them. An object gets its name when all of it has
 * come and fits its digest, so that there is no torn one.
 * @throws of every method STEERFLOW_STORAGE_AWAY, STEERFLOW_STORAGE_REFUSED, STEERFLOW_STORAGE,
 * STEERFLOW_PACKAGE_MISSING
 */
export function s3Bucket(settings: S3Settings, options: BucketOptions = {}): FileStore {
  const { bucket: Bucket } = settings
  const prefix = settings.prefix === '' ? '' : `${settings.prefix.replace(/\/$/, '')}/`
  const place = `s3://${Bucket}/${prefix}`
  let opened: Promise<S3Access> | null = null
  const access = (): Promise<S3Access> => (opened ??= openClient(settings))

  async function* unfinished(name: string, signal?: AbortSignal): AsyncIterable<Unfinished> {
    for await (const begun of uploadsOf(await access(), Bucket, prefix + name, signal)) {
      yield { ...begun, name: begun.name.slice(prefix.length) }
    }
  }

  /** Removes what an earlier process left of this very file when it was killed; who may not do that can upload all the same. */
  async function removeEarlier(name: string, signal?: AbortSignal): Promise<void> {
    try {
      for await (const earlier of unfinished(name, signal)) if (earlier.name === name) await earlier.remove()
    } catch (error) {
      if ((error as SteerflowError).kind === 'usage') throw error
    }
  }

  async function* list(name: string): AsyncIterable<StoredFile> {
    const { sdk, client } = await access()
    let token: string | undefined
    do {
      const command = new sdk.ListObjectsV2Command({ Bucket, Prefix: prefix + name, ContinuationToken: token })
      const page = await asking(`list ${place}${name}`, () => client.send(command))
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        if (Key) yield { name: Key.slice(prefix.length), bytes: Size ?? 0, modified: LastModified?.getTime() ?? 0 }
      }
      token = page.NextContinuationToken
    } while (token !== undefined)
  }

  return {
    place,

    put: async (path, name, facts, { signal } = {}) => {
      const most = options.partBytes ?? partBytes
      if (facts.bytes > most) await removeEarlier(name, signal)
      await upload(await access(), { path, bucket: Bucket, key: prefix + name, facts, partBytes: most, signal })
    },

    read: name => readObject(access, { Bucket, Key: prefix + name }, `read ${place}${name}`),

    list,

    remove: async name => {
      const { sdk, client } = await access()
      const command = new sdk.DeleteObjectCommand({ Bucket, Key: prefix + name })
      await asking(`remove ${place}${name}`, () => client.send(command))
    },

    unfinished: name => unfinished(name),
  }
}

/** Reads an object; where the connection breaks in the middle, on from there as long as each try brings something. */
async function* readObject(
  access: () => Promise<S3Access>,
  object: { readonly Bucket: string; readonly Key: string },
  what: string,
): AsyncIterable<Buffer> {
  const { sdk, client } = await access()
  let at = 0
  let etag: string | undefined
  for (;;) {
    const before = at
    try {
      const range = at > 0 && { Range: `bytes=${at}-`, IfMatch: etag }
      const answer = await client.send(new sdk.GetObjectCommand({ ...object, ...range }))
      etag = answer.ETag
      for await (const chunk of answer.Body as Readable & AsyncIterable<Buffer>) {
        at += chunk.byteLength
        // Copied: what it lies in is the connection's.
        yield Buffer.from(chunk)
      }
      return
    } catch (error) {
      if (codeOf(error) === 'STEERFLOW_STORAGE_AWAY' && at > before) continue
      await asking(what, () => Promise.reject(error as Error))
    }
  }
}
