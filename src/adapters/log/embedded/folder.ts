import { constants } from 'node:fs'
import { access, mkdir, open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SteerflowError } from '../../../domain/errors.js'

/**
 * Makes the folder and checks what is in it before LMDB maps it: LMDB itself crashes the process on a file that is not
 * its own, and on one that was cut short.
 * @throws STEERFLOW_INPUT_NOT_FOUND when the folder cannot be made or written, STEERFLOW_LOG_CORRUPT for its content
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
}

const magic = 0xbeefc0de
const dataVersion = 2
/** Freed within the transaction that allocated them, pages at the end may never have been written. */
const unwrittenPages = 256

/** The two header pages of an LMDB file (struct MDB_meta of mdb.c, little-endian on every platform that Node runs on). */
async function checkFile(file: FileHandle, path: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const newest = await newestHeader(file)
    // Measured after the header was read: what a header names is written before it, while others go on writing.
    const { size } = await file.stat()
    // Nothing yet: LMDB will initialise it, or another process is doing so.
    if (size === 0) return
    if (newest) return checkLength(newest, size, path)
    if (attempt === 5) throw new SteerflowError('STEERFLOW_LOG_CORRUPT', `${path} is not a log of this program`)
    await sleep(50)
  }
}

function checkLength(newest: Header, size: number, path: string): void {
  const expected = (Number(newest.lastPage) + 1) * newest.pageBytes
  if (expected - size <= unwrittenPages * newest.pageBytes) return
  throw new SteerflowError('STEERFLOW_LOG_CORRUPT', `${path} was cut short: ${size} of ${expected} bytes`)
}

/** One of the two may be torn by a power failure; LMDB then takes the other. */
async function newestHeader(file: FileHandle): Promise<Header | undefined> {
  const first = await header(file, 0)
  const second = await header(file, first?.pageBytes ?? 4096)
  const whole = [first, second].filter(meta => meta !== null)
  return whole.sort((a, b) => Number(b.transaction - a.transaction))[0]
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
