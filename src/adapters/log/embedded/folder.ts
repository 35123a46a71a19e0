import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { access, type FileHandle, link, mkdir, open, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SteerflowError } from '../../../domain/errors.js'
import { exists } from '../../storage/durable.js'

/**
 * Creates the folder and checks its content before LMDB maps it: LMDB itself crashes the process on a foreign or
 * truncated file, and when a mapped page finds no room on the disk.
 * @throws STEERFLOW_INPUT_NOT_FOUND if the folder cannot be created or written, STEERFLOW_LOG_CORRUPT for its content,
 *   STEERFLOW_LOG_FULL if a new log would not fit on the disk
 */
export async function prepareFolder(dir: string): Promise<void> {
  const path = join(dir, 'data.mdb')
  let file: FileHandle
  try {
    await mkdir(dir, { recursive: true })
    await access(dir, constants.R_OK | constants.W_OK | constants.X_OK)
    file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o644)
  } catch (cause) {
    throw new SteerflowError('STEERFLOW_INPUT_NOT_FOUND', `the log folder ${dir} cannot be written`, { cause })
  }
  try {
    await checkFile(file, path)
  } finally {
    await file.close()
  }
  await reserveLockFile(dir)
}

/** Upper bounds of the size of the lock file, and of a new log. */
const lockBytes = 256 << 10
const newLogBytes = 1 << 20

/**
 * LMDB creates its lock file sparse and maps it; without room for a page of it later, an access would kill the process.
 * So the file is created here with its full size, and linked into place, so that no process sees it half written.
 */
async function reserveLockFile(dir: string): Promise<void> {
  const path = join(dir, 'lock.mdb')
  if (await exists(path)) return
  const fs = await statfs(dir)
  if (fs.bavail * fs.bsize < newLogBytes) {
    throw new SteerflowError('STEERFLOW_LOG_FULL', `no room on the disk of ${dir} for a new log`)
  }
  const made = `${path}.${process.pid}.${randomUUID()}`
  try {
    await writeFile(made, Buffer.alloc(lockBytes))
    await link(made, path).catch(async (error: unknown) => {
      // Another process was first.
      if (!(await exists(path))) throw error
    })
  } catch (cause) {
    throw new SteerflowError('STEERFLOW_INPUT_NOT_FOUND', `the log folder ${dir} cannot be written`, { cause })
  } finally {
    await rm(made, { force: true })
  }
}

const magic = 0xbeefc0de
const dataVersion = 2
/** Pages at the end that are freed within the transaction that allocated them may never have been written. */
const unwrittenPages = 256

/**
 * The two header pages of an LMDB file (struct MDB_meta of mdb.c, little-endian on every platform that Node runs on).
 */
async function checkFile(file: FileHandle, path: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const newest = await newestHeader(file)
    // Measured after the header was read: pages are written before the header that refers to them, while other
    // processes go on writing.
    const { size } = await file.stat()
    // Empty: LMDB will initialise it, or another process is doing so.
    if (size === 0) return
    if (newest) return checkLength(newest, size, path)
    if (attempt === 5) throw new SteerflowError('STEERFLOW_LOG_CORRUPT', `${path} is not a log of this program`)
    await sleep(50)
  }
}

function checkLength(newest: Header, size: number, path: string): void {
  const expected = (Number(newest.lastPage) + 1) * newest.pageBytes
  if (expected - size <= unwrittenPages * newest.pageBytes) return
  throw new SteerflowError('STEERFLOW_LOG_CORRUPT', `${path} is truncated: ${size} of ${expected} bytes`)
}

/** LMDB writes the two in turn and requires both to be valid: a commit changes only a few bytes of one sector. */
async function newestHeader(file: FileHandle): Promise<Header | null> {
  const first = await header(file, 0)
  const second = first && (await header(file, first.pageBytes))
  return first && second && (first.transaction > second.transaction ? first : second)
}

interface Header {
  readonly pageBytes: number
  readonly lastPage: bigint
  readonly transaction: bigint
}

async function header(file: FileHandle, at: number): Promise<Header | null> {
  const page = Buffer.alloc(160)
  const { bytesRead } = await file.read(page, 0, page.length, at)
  if (bytesRead < page.length || page.readUInt32LE(24) !== magic || page.readUInt32LE(28) !== dataVersion) return null
  return {
    pageBytes: page.readUInt32LE(48),
    lastPage: page.readBigUInt64LE(144),
    transaction: page.readBigUInt64LE(152),
  }
}
