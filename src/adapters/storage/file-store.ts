import type { FileFacts } from './line-file.js'

/** A stored file, as a listing tells of it. */
export interface StoredFile {
  /** Its path below the place, with slashes. */
  readonly name: string
  readonly bytes: number
  /** When it got its name, in milliseconds since 1970. */
  readonly modified: number
}

/** A file that somebody has begun to send and not finished; the storage of its parts is paid for. */
export interface Unfinished {
  readonly name: string
  /** In milliseconds since 1970. */
  readonly begun: number
  readonly remove: () => Promise<void>
}

/**
 * Where finished files are kept: a folder of this machine, or a bucket. A file is there whole or not at all, and is never
 * changed; its name ends in its digest, so that two files of one name are equal.
 */
export interface FileStore {
  /** Where that is, for people. */
  readonly place: string
  /**
   * Keeps a file, which is durable under its name when this returns. `path` is a file of this machine that has been
   * synced, with what it holds as it was written; it may be gone afterwards. Of an equal file that is there already
   * nothing changes, so that it can be called again after a failure.
   * @throws STEERFLOW_STORAGE, and what the store adds for a service that is away or refuses
   */
  put(
    path: string,
    name: string,
    facts: Pick<FileFacts, 'bytes' | 'sha256'>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<void>
  /** The bytes of a file, in pieces that are the reader's own. @throws STEERFLOW_STORAGE also where there is none */
  read(name: string): AsyncIterable<Buffer>
  /** The files whose names begin so, in no order. */
  list(prefix: string): AsyncIterable<StoredFile>
  /** Removes a file; one that is gone already is no error. */
  remove(name: string): Promise<void>
  /** Files with names that begin so and are being sent, or were when somebody was killed; where they go in parts. */
  unfinished?(prefix: string): AsyncIterable<Unfinished>
}
