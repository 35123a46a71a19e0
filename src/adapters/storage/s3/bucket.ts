import type { ListMultipartUploadsCommandOutput } from '@aws-sdk/client-s3'
import type { SteerflowError } from '../../../domain/errors.js'
import type { Unfinished, FileStore, StoredFile } from '../file-store.js'
import { type S3Access, openClient } from './client.js'
import { asking, Marks, codeOf } from './failures.js'
import { abortable, upload } from './upload.js'
import type { Readable } from 'node:stream'
import { isPathBelow } from '../../../domain/names.js'
import { checked } from '../below.js'
import { BeyondBounds } from '../../foreign-answer.js'
import { goingOn, type S3Bounds, usualBounds } from './bounded.js'
import type { S3Settings } from './settings.js'

/** Name of the service's answer behind an error. */
const answerOf = (error: unknown): string | undefined => ((error as SteerflowError).cause as Error | undefined)?.name

/** Unfinished multipart uploads of keys with this prefix; empty if the server does not implement the listing. */
export async function* uploadsOf(
  { sdk, client }: S3Access,
  Bucket: string,
  Prefix: string,
  signal?: AbortSignal,
): AsyncIterable<Unfinished> {
  const what = `list uploads to ${Bucket}`
  const marks = new Marks(what)
  let page: Partial<ListMultipartUploadsCommandOutput> = { IsTruncated: true }
  while (page.IsTruncated) {
    const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page
    marks.goOn(JSON.stringify([KeyMarker, UploadIdMarker]), page.Uploads?.length ?? 0)
    const command = new sdk.ListMultipartUploadsCommand({ Bucket, Prefix, KeyMarker, UploadIdMarker })
    page = await asking(what, () => client.send(command, abortable(signal))).catch((error: unknown) => {
      if (answerOf(error) === 'NotImplemented') return {}
      throw error
    })
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (!Key?.startsWith(Prefix) || !UploadId) continue
      const remove = async (): Promise<void> => {
        const abort = new sdk.AbortMultipartUploadCommand({ Bucket, Key, UploadId })
        await asking(`end the upload of ${Key}`, () => client.send(abort)).catch((error: unknown) => {
          if (answerOf(error) !== 'NoSuchUpload') throw error
        })
      }
      yield { name: Key, begun: Initiated?.getTime() ?? 0, remove }
    }
  }
}

/** Size of a part in bytes; the protocol requires at least 5 MiB. */
const partBytes = 8 << 20

export interface BucketOptions {
  readonly partBytes?: number
  readonly bounds?: S3Bounds
}

/**
 * Files as objects of a bucket. The first call opens the client. An object gets its name once it has arrived completely and
 * matches its digest, so there are no torn objects.
 * @throws STEERFLOW_STORAGE_AWAY, STEERFLOW_STORAGE_REFUSED, STEERFLOW_STORAGE, STEERFLOW_PACKAGE_MISSING from every method
 */
export function s3Bucket(settings: S3Settings, options: BucketOptions = {}): FileStore {
  const { bucket: Bucket } = settings
  const { bounds = usualBounds } = options
  const prefix = settings.prefix === '' ? '' : `${settings.prefix.replace(/\/$/, '')}/`
  const place = `s3://${Bucket}/${prefix}`
  const keyOf = (name: string): string => prefix + checked(name, place)
  let opened: Promise<S3Access> | null = null
  const access = (): Promise<S3Access> => (opened ??= openClient(settings, bounds))

  async function* unfinished(name: string, signal?: AbortSignal): AsyncIterable<Unfinished> {
    for await (const begun of uploadsOf(await access(), Bucket, prefix + name, signal)) {
      yield { ...begun, name: begun.name.slice(prefix.length) }
    }
  }

  /** Removes parts of this file that a killed process left; without the permission to do so, uploads still work. */
  async function removeEarlier(name: string, signal?: AbortSignal): Promise<void> {
    try {
      let looked = 0
      for await (const earlier of unfinished(name, signal)) {
        if (earlier.name === name) await earlier.remove()
        // The rest is left to the next upload or to `shards gc`: the file must not wait for an endless list.
        if (++looked === 1000) break
      }
    } catch (error) {
      if ((error as SteerflowError).kind === 'usage') throw error
    }
  }

  async function* list(name: string): AsyncIterable<StoredFile> {
    const { sdk, client } = await access()
    const what = `list ${place}${name}`
    const marks = new Marks(what, bounds.emptyPages)
    let token: string | undefined
    do {
      const command = new sdk.ListObjectsV2Command({ Bucket, Prefix: prefix + name, ContinuationToken: token })
      const page = await asking(what, () => client.send(command))
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        const found = Key?.startsWith(prefix + name) ? Key.slice(prefix.length) : ''
        // Names that steerflow cannot create, or did not ask for, are foreign.
        if (isPathBelow(found)) yield { name: found, bytes: Size ?? 0, modified: LastModified?.getTime() ?? 0 }
      }
      token = page.NextContinuationToken
      if (token !== undefined) marks.goOn(token, page.Contents?.length ?? 0)
    } while (token !== undefined)
  }

  return {
    place,

    put: async (path, name, facts, { signal } = {}) => {
      const most = options.partBytes ?? partBytes
      if (facts.bytes > most) await removeEarlier(name, signal)
      await upload(await access(), { path, bucket: Bucket, key: keyOf(name), facts, partBytes: most, signal })
    },

    read: name => readObject(access, { Bucket, Key: keyOf(name) }, `read ${place}${name}`, bounds.objectMs),

    list,

    remove: async name => {
      const { sdk, client } = await access()
      const command = new sdk.DeleteObjectCommand({ Bucket, Key: keyOf(name) })
      await asking(`remove ${place}${name}`, () => client.send(command))
    },

    unfinished: name => unfinished(name),
  }
}

/** Reads an object. If the connection breaks, it resumes at that offset, as long as each try brings some bytes. */
async function* readObject(
  access: () => Promise<S3Access>,
  object: { readonly Bucket: string; readonly Key: string },
  what: string,
  ms: number,
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
      for await (const chunk of goingOn(answer.Body as Readable, ms)) {
        at += chunk.byteLength
        // Copied, since the connection owns the memory.
        yield Buffer.from(chunk)
      }
      return
    } catch (error) {
      const isTrickle = error instanceof BeyondBounds
      if (codeOf(error) === 'STEERFLOW_STORAGE_AWAY' && at > before && !isTrickle) continue
      await asking(what, () => Promise.reject(error as Error))
    }
  }
}
