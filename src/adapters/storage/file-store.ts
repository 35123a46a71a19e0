import type { FileFacts } from './line-file.js'

/** A stored file in a listing. */
export interface StoredFile {
  /** Its path below the store's root, with slashes. */
  readonly name: string
  readonly bytes: number
  /** Time of its final name, in milliseconds since 1970. */
  readonly modified: number
}

/** An unfinished upload; the storage of its parts costs money. */
export interface Unfinished {
  readonly name: string
  /** Start of the upload, in milliseconds since 1970. */
  readonly begun: number
  readonly remove: () => Promise<void>
}

/**
 * Storage of finished files: a folder of this machine, or a bucket. A file exists completely or not at all, and never
 * changes; its name ends with its digest, so files with the same name are equal.
 */
export interface FileStore {
  /** The location, for messages. */
  readonly place: string
  /**
   * Stores a file; it is durable under its name when this resolves. `path` is a synced local file with the facts from its
   * writing; it may be gone afterwards. If an equal file exists, nothing changes, so the call can be repeated after a
   * failure.
   * @throws STEERFLOW_STORAGE, and the errors of a store whose service is down or refuses
   */
  put(
    path: string,
    name: string,
    facts: Pick<FileFacts, 'bytes' | 'sha256'>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<void>
  /** The bytes of a file, in pieces that the reader owns. @throws STEERFLOW_STORAGE, also if there is no such file */
  read(name: string): AsyncIterable<Buffer>
  /** The files whose names start with the prefix, in no order. */
  list(prefix: string): AsyncIterable<StoredFile>
  /** Removes a file; a missing file is not an error. */
  remove(name: string): Promise<void>
  /** Uploads of files with this prefix, running or abandoned after a kill; only for stores with multipart uploads. */
  unfinished?(prefix: string): AsyncIterable<Unfinished>
}
