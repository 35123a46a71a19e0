import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open } from 'lmdb'
import { openEmbeddedLog } from '../src/adapters/log/embedded/log.js'
import { type Log, offset, type Output } from '../src/runtime/log.js'
import { type Figure, figure, paired } from './figure.js'
import type { Part } from './parts.js'
import { sized } from './sizes.js'
import { step } from './steps.js'

const batch = 100
/** Short rounds, so that both sides of one meet the same disk. */
const commitsARound = 20
const rounds = sized(41, 1)
/** Records of a log that is long, and of one that is short. */
const [long, short] = [sized(1_000_000, 6_000), sized(10_000, 2_000)]
const value = Buffer.alloc(1024, 'steerflow ')
const outputs: readonly Output[] = Array.from({ length: batch }, (_, i) => ({
  topic: 'out',
  partition: 0,
  key: Buffer.from(`tree-${i % 10}`),
  value,
}))

/** A part in a folder that goes afterwards. */
const inFolder =
  (work: (dir: string) => Promise<Figure[]>): Part =>
  async () => {
    const dir = await mkdtemp(join(tmpdir(), 'steerflow-bench-'))
    try {
      return await work(dir)
    } finally {
      await rm(dir, { recursive: true, force: true })
    }
  }

export const about = 'The embedded log, to bare LMDB; and a long log, to a short one.'
export const parts: Readonly<Record<string, Part>> = {
  'against-lmdb': inFolder(againstLmdb),
  'long-to-short': inFolder(longAgainstShort),
}

async function againstLmdb(dir: string): Promise<Figure[]> {
  const log = await opened(join(dir, 'ours'))
  const ours = await committer(log)
  const theirs = bare(join(dir, 'theirs'))
  const absolute: number[] = []
  const name = 'commits of 100 records of 1 KiB with their offset, to bare LMDB'
  const reference =
    'lmdb 3.5 transactionSync with fsync: 100 puts in append mode of the same bytes, and an offset row, a transaction'
  const ratio = await paired(
    name,
    0.5,
    reference,
    rounds,
    async () => {
      const rate = await ours()
      absolute.push(rate)
      return rate
    },
    theirs.round,
  )
  await theirs.close()
  await log.close()
  return [ratio, figure('records committed', null, 'none', 'records/s', absolute.slice(1))]
}

/** Two logs side by side, one a hundred times as long: what does a commit cost at their ends? */
async function longAgainstShort(dir: string): Promise<Figure[]> {
  const [longer, shorter] = [await opened(join(dir, 'long')), await opened(join(dir, 'short'))]
  step('filling both logs')
  await fill(shorter, short)
  await fill(longer, long)
  const [atLong, atShort] = [await committer(longer), await committer(shorter)]
  const reference = 'the same commits at the 10,000th record'
  const ratio = await paired('commits at the 1,000,000th record', 0.9, reference, rounds, atLong, atShort)
  await longer.close()
  await shorter.close()
  return [ratio]
}

async function opened(dir: string): Promise<Log> {
  const log = await openEmbeddedLog({ dir })
  await log.ensure([{ name: 'out', partitions: 1, retention: { keep: 'forever' } }])
  return log
}

async function fill(log: Log, records: number): Promise<void> {
  const many = Array.from({ length: 20 }, () => outputs).flat()
  for (let done = 0; done < records; done += many.length) await log.publish(many)
}

/** A round of commits, one after the other; records a second. */
async function committer(log: Log): Promise<() => Promise<number>> {
  const claim = await log.claim('bench', 'elsewhere', 0)
  let at = claim.committed
  return () =>
    timed(async () => {
      for (let i = 0; i < commitsARound; i++) {
        const next = offset(at + 100n)
        await claim.commit(at, next, outputs)
        at = next
      }
    })
}

/** The same puts with nothing around them. */
function bare(dir: string): { round: () => Promise<number>; close: () => Promise<void> } {
  const binary = { keyEncoding: 'binary', encoding: 'binary' } as const
  const root = open({ path: dir, ...binary, overlappingSync: false, mapSize: 2 ** 40 })
  const records = root.openDB<Buffer, Buffer>('records', binary)
  const offsets = root.openDB<Buffer, Buffer>('offsets', binary)
  const stored = Buffer.alloc(17 + 6 + value.byteLength)
  const row = Buffer.from('bench')
  let at = 0n
  const key = (): Buffer => {
    const bytes = Buffer.allocUnsafe(8)
    bytes.writeBigUInt64BE(at++)
    return bytes
  }
  const commit = (): void => {
    for (let i = 0; i < batch; i++) records.putSync(key(), stored, { append: true })
    offsets.putSync(row, key())
  }
  return {
    round: () =>
      timed(async () => {
        for (let i = 0; i < commitsARound; i++) root.transactionSync(commit)
      }),
    close: () => root.close(),
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now()
  await work()
  return (commitsARound * batch * 1000) / (performance.now() - started)
}
