import { copyFile, mkdir, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openShards } from '../src/adapters/storage/shard-store.js'
import { openSnapshots } from '../src/adapters/snapshot/snapshots.js'
import { figure, paired } from './figure.js'
import { conversations } from './sink/conversations.js'
import { decisions } from './sink/decisions.js'
import { memory } from './sink/memory.js'
import { filledLog, linesOf, manifestsOf, piecesOf, sealAll, sealLines, writeBare } from './sink/sealing.js'
import type { Part } from './parts.js'
import { sized } from './sizes.js'

const records = sized(30_000, 600)
const rounds = sized(7, 1)

/** Runs `work` in a folder that goes afterwards. */
async function inFolder<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'steerflow-bench-'))
  try {
    return await work(dir)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** Megabytes a second of some work on so many bytes; what it leaves is removed off the clock. */
const rate = (bytes: number, work: (round: number) => Promise<unknown>, after: (round: number) => Promise<void>) => {
  let round = 0
  return async (): Promise<number> => {
    round++
    const started = performance.now()
    await work(round)
    const seconds = (performance.now() - started) / 1000
    await after(round)
    return bytes / 1e6 / seconds
  }
}

const sealing: Part = () =>
  inFolder(async dir => {
    const at = conversations()
    const lines = linesOf(at, records)
    const pieces = piecesOf(lines)
    const bytes = pieces.flat().reduce((sum, piece) => sum + piece.byteLength, 0)
    const remove = (path: string) => rm(join(dir, path), { recursive: true, force: true })
    const store = await openShards(dir)
    const ours = rate(
      bytes,
      round => sealLines(store, lines, `d${round}`),
      () => remove('shards'),
    )
    const bare = rate(
      bytes,
      round => writeBare(join(dir, `bare-${round}`), pieces),
      round => remove(`bare-${round}`),
    )
    const reference = 'the same bytes, made beforehand, in pieces of 256 KiB to files with one fsync each'
    const cut = await paired('sealing lines: spool, digest, sync, name, manifest', 0.6, reference, rounds, ours, bare)

    const log = await filledLog(join(dir, 'log'), at, records)
    const rates: number[] = []
    const node = rate(
      bytes,
      round => sealAll(log, dir, `seal-${round}`, `n${round}`),
      () => remove('shards'),
    )
    const whole = await paired(
      'the whole node: read from the log, checked, spelled, sealed, committed',
      null,
      reference,
      rounds,
      async () => {
        const now = await node()
        rates.push(now)
        return now
      },
      bare,
    )
    await log.close()
    return [cut, whole, figure('the whole node', null, 'none', 'MB/s', rates.slice(1))]
  })

const snapshot: Part = () =>
  inFolder(async dir => {
    const log = await filledLog(join(dir, 'log'), conversations(), records)
    await sealAll(log, dir, 'seal', 'steerlm')
    const manifests = await manifestsOf(log, 'steerlm')
    await log.close()
    const bytes = manifests.reduce((sum, manifest) => sum + manifest.bytes, 0)
    const snapshots = await openSnapshots({ root: dir })
    const rates: number[] = []
    const ours = rate(
      bytes,
      () => snapshots.materialise('steerlm', manifests),
      () => rm(join(dir, 'datasets'), { recursive: true }),
    )
    const copy = rate(
      bytes,
      async round => {
        const folder = join(dir, `copy-${round}`)
        await mkdir(folder)
        for (const [index, { path }] of manifests.entries()) {
          const to = join(folder, String(index))
          await copyFile(join(dir, path), to)
          const file = await open(to, 'r+')
          await file.sync()
          await file.close()
        }
      },
      round => rm(join(dir, `copy-${round}`), { recursive: true }),
    )
    const reference = "copying the shards' files, each synced"
    const ratio = await paired(
      'a snapshot of 30,000 conversations',
      0.5,
      reference,
      rounds,
      async () => {
        const now = await ours()
        rates.push(now)
        return now
      },
      copy,
    )
    return [ratio, figure('a snapshot', null, 'none', 'MB/s', rates.slice(1))]
  })

export const parts: Readonly<Record<string, Part>> = { sealing, snapshot, memory, decisions }

export const about = 'What sealing, snapshots and decisions cost.'
