import { type ListMultipartUploadsCommandOutput } from '@aws-sdk/client-s3'
import { type SteerflowError } from '../../../domain/errors.js'
import { type Unfinished } from '../file-store.js'
import { type S3Access } from './client.js'
import { asking } from './failures.js'
import { abortable } from './upload.js'

/** Name of the answer that an error was made from. */
const answerOf = (error: unknown): string | undefined => ((error as SteerflowError).cause as Error | undefined)?.name

/**
 * Uploads in parts of keys that begin so, which nobody has finished or ended. Of a server that has no such list there
 * are none to tell of.
 */
export async function* uploadsOf(
  { sdk, client }: S3Access,
  Bucket: string,
  Prefix: string,
  signal?: AbortSignal,
): AsyncIterable<Unfinished> {
  let page: Partial<ListMultipartUploadsCommandOutput> = { IsTruncated: true }
  while (page.IsTruncated) {
    const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page
    const command = new sdk.ListMultipartUploadsCommand({ Bucket, Prefix, KeyMarker, UploadIdMarker })
    page = await asking(`list uploads to ${Bucket}`, () => client.send(command, abortable(signal))).catch(
      (error: unknown) => {
        if (answerOf(error) === 'NotImplemented') return {}
        throw error
      },
    )
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (!Key || !UploadId) continue
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
