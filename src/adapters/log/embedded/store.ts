import { setTimeout as sleep } from 'node:timers/promises'
import type { Database, RootDatabase } from 'lmdb'
import { statfsSync } from 'node:fs'
import { SteerflowError } from '../../../domain/errors.js'
import { optionalPackage } from '../../optional-package.js'
import { prepareFolder } from './folder.js'

/** A stored pair; both buffers are the caller's own copies. */
export interface Pair {
  readonly key: Buffer
  readonly value: Buffer
}

/** A sorted table of byte strings. Write only inside `Store.transaction`. */
export interface Table {
  get(key: Buffer): Buffer | undefined
  /** Pairs with from <= key < to, in order. */
  range(from: Buffer, to: Buffer): Iterable<Pair>
  put(key: Buffer, value: Buffer): void
  /**
   * Adds a pair after the last key, which fills pages completely. @throws STEERFLOW_BUG if the key is not the highest.
   */
  append(key: Buffer, value: Buffer): void
  remove(key: Buffer): void
}

/**
 * Sub-databases of one environment: the state table and one per partition. Each costs 50 bytes of every transaction's
 * memory.
 */
export const maxTables = 2048
/** Threads of all processes that read at the same time. */
const maxReaders = 1024
/**
 * Reserved address space, not memory or disk; fixed, so that no process has to remap after another one extends the
 * file.
 */
const mapBytes = 2 ** 40
/** With less free space than this, a failed write counts as "disk full": LMDB reports a short write as EIO. */
const fullBytes = 16 * 2 ** 20

/** Free disk space that records must leave: for deleting old ones, and for other programs. */
const reserveBytes = 2 ** 20

function freeBytes(dir: string): number {
  const { bavail, bsize } = statfsSync(dir)
  return bavail * bsize
}

const full = (message: string, cause?: unknown): SteerflowError =>
  new SteerflowError('STEERFLOW_LOG_FULL', message, { cause })
const noRoom = (dir: string, cause?: unknown): SteerflowError => full(`no room on the disk of ${dir}`, cause)

/**
 * The only module that uses lmdb. Its type declarations are stricter than what it returns, so values are checked here.
 * Every transaction is on disk when `transaction` returns: `overlappingSync` must be off, since with it a commit is
 * reported before its fsync (docs/reference/stream-processing.md#lmdb).
 */
export class Store {
  readonly #root: RootDatabase<unknown, Buffer>
  readonly #dir: string
  #closed = false

  private constructor(dir: string, root: RootDatabase<unknown, Buffer>) {
    this.#dir = dir
    this.#root = root
  }

  /**
   * Opens or creates the store in a folder. Several processes may have it open.
   * @throws STEERFLOW_PACKAGE_MISSING without lmdb's binary, STEERFLOW_INPUT_NOT_FOUND if the folder cannot be written,
   *   STEERFLOW_LOG_CORRUPT if it contains no store.
   */
  static async open(dir: string): Promise<Store> {
    const { open } = await optionalPackage('lmdb', 'the embedded log', () => import('lmdb'))
    await prepareFolder(dir)
    const binary = { keyEncoding: 'binary', encoding: 'binary', cache: false } as const
    try {
      const options = {
        ...binary,
        noSubdir: false,
        overlappingSync: false,
        mapSize: mapBytes,
        maxDbs: maxTables,
        maxReaders,
      }
      return new Store(dir, await opened(() => open<unknown, Buffer>(dir, options)))
    } catch (cause) {
      throw (
        translated(dir, cause) ??
        new SteerflowError('STEERFLOW_LOG_CORRUPT', `cannot open the log in ${dir}`, { cause })
      )
    }
  }

  /** Opens a table, creating it if missing; not inside a transaction. */
  table(name: string): Table {
    return this.#guarded(() => new LmdbTable(this.#root.openDB(name, { keyEncoding: 'binary', encoding: 'binary' })))
  }

  /**
   * Runs `work` with the write lock; its writes are durable when this returns, and undone when it throws.
   * @throws the errors of `work`, STEERFLOW_LOG_FULL, STEERFLOW_LOG_CORRUPT
   */
  transaction<T>(work: () => T): T {
    return this.#guarded(() => this.#root.transactionSync(work))
  }

  /**
   * True if the disk certainly has room for this many bytes and LMDB's overhead. In lmdb 3.5.6 a write without room
   * damages the memory of the process, which later ends with SIGABRT.
   */
  hasRoomFor(bytes: number): boolean {
    return freeBytes(this.#dir) >= reserveBytes + 1.5 * bytes
  }

  full(): SteerflowError {
    return noRoom(this.#dir)
  }

  /** Reads after this see the commits of other processes; reads up to the next await see one snapshot. */
  refresh(): void {
    this.#guarded(() => this.#root.resetReadTxn())
  }

  /** Frees the snapshots of readers that were killed, which would keep deleted pages; returns their number. */
  forgetDeadReaders(): number {
    return this.#guarded(() => this.#root.readerCheck())
  }

  /** There is nothing to flush: every transaction is on disk already. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#root.close()
  }

  #guarded<T>(work: () => T): T {
    if (this.#closed) throw new SteerflowError('STEERFLOW_BUG', 'the log was closed while it was in use')
    try {
      return work()
    } catch (thrown) {
      throw translated(this.#dir, thrown) ?? thrown
    }
  }
}

/** lmdb may lose its first read transaction if another process opens or closes the same file at that moment. */
const lostLook = /read transaction|transaction to renew/i

/** Opens, and retries after a moment if only that race failed. */
async function opened<T>(open: () => T, attempts = 5): Promise<T> {
  try {
    return open()
  } catch (error) {
    if (attempts === 1 || !(error instanceof Error) || !lostLook.test(error.message)) throw error
    await sleep(20)
    return opened(open, attempts - 1)
  }
}

/** An error of lmdb as ours; undefined for other errors. */
function translated(dir: string, thrown: unknown): SteerflowError | undefined {
  const code = errno(thrown)
  if (code === undefined) return undefined
  const shortWrite = code === EIO && freeBytes(dir) < fullBytes
  if (code === ENOSPC || shortWrite) return noRoom(dir, thrown)
  if (code === EDQUOT) return full(`the quota of the disk of ${dir} is used up`, thrown)
  if (code === MAP_FULL) return full(`the log in ${dir} has reached its maximum of ${mapBytes / 2 ** 30} GiB`, thrown)
  // Error numbers of the system concern the disk, not the content of the log.
  if (code > 0) return new SteerflowError('STEERFLOW_STORAGE', `the disk of ${dir} failed`, { cause: thrown })
  return new SteerflowError('STEERFLOW_LOG_CORRUPT', `the log in ${dir} failed`, { cause: thrown })
}

/** LMDB's own number: the reserved address space is used up. */
const MAP_FULL = -30792
const EIO = 5
const ENOSPC = 28
const EDQUOT = process.platform === 'darwin' ? 69 : 122

/** The number on an error of lmdb: the system's, or a negative one of LMDB. */
function errno(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || thrown instanceof SteerflowError || !('code' in thrown)) return undefined
  return typeof thrown.code === 'number' ? thrown.code : undefined
}

class LmdbTable implements Table {
  readonly #db: Database<unknown, Buffer>

  constructor(db: Database<unknown, Buffer>) {
    this.#db = db
  }

  get(key: Buffer): Buffer | undefined {
    const value = this.#db.get(key)
    return value === undefined ? undefined : bytes(value)
  }

  *range(from: Buffer, to: Buffer): Iterable<Pair> {
    for (const { key, value } of this.#db.getRange({ start: from, end: to })) {
      yield { key: bytes(key), value: bytes(value) }
    }
  }

  put(key: Buffer, value: Buffer): void {
    this.#db.putSync(key, value)
  }

  append(key: Buffer, value: Buffer): void {
    // Despite its type, putSync returns whether the pair was stored.
    const stored: unknown = this.#db.putSync(key, value, { append: true })
    if (stored !== true) throw new SteerflowError('STEERFLOW_BUG', `key ${key.toString('hex')} is not the highest`)
  }

  remove(key: Buffer): void {
    this.#db.removeSync(key)
  }
}

function bytes(value: unknown): Buffer {
  if (Buffer.isBuffer(value)) return value
  throw new SteerflowError('STEERFLOW_LOG_CORRUPT', `the log contains a ${typeof value} instead of bytes`)
}
