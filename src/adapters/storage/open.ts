import type { FileStore } from './file-store.js'
import { localFolder } from './local-folder.js'
import { s3Bucket } from './s3/bucket.js'
import type { S3Settings } from './s3/settings.js'

/** The store of shards: a bucket if one is configured, otherwise the data folder. */
export const openFiles = (root: string, { s3 }: { readonly s3?: S3Settings | undefined }): FileStore =>
  s3 ? s3Bucket(s3) : localFolder(root)
