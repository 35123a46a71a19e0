import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openLog } from '../../../src/adapters/log/open.js'
import { sha256 } from '../../../src/domain/digest.js'
import type { Snapshot } from '../../../src/domain/job.js'
import type { ShardManifest } from '../../../src/domain/shard.js'
import { encode } from '../../../src/stages/node.js'
import { jobs, topicSpecs } from '../../../src/topics.js'
import { cases } from '../../support/effort.js'
import { killedAt, undisturbed, withSmallFiles } from '../../support/killed-at.js'
import { temporaryFolder } from '../../support/temporary.js'
import { job } from '../../support/training.js'

type Sealed = readonly Omit<ShardManifest, 'reason'>[]

let sealed: string
let shards: Sealed
let sealing: number

beforeAll(async () => {
  sealed = await mkdtemp(join(tmpdir(), 'steerflow-test-'))
  ;({ result: shards, operations: sealing } = undisturbed<Sealed>('seal', sealed))
  const manifests = shards.map(manifest => ({ ...manifest, reason: 'idle' }))
  await writeFile(join(sealed, 'manifests.json'), JSON.stringify(manifests))
  await rm(join(sealed, 'spool'), { recursive: true })
})
afterAll(() => rm(sealed, { recursive: true, force: true }))

/** A storage root with the sealed shards, and no snapshot yet. */
async function rootWithShards(): Promise<string> {
  const root = await temporaryFolder()
  await cp(sealed, root, { recursive: true })
  return root
}

const steps = (count: number) => Array.from({ length: count }, (_, index) => index + 1)
const sorted = (names: readonly string[]) => names.toSorted()

/** Every file under shards/, by name. */
async function finished(root: string): Promise<readonly string[]> {
  if (!existsSync(join(root, 'shards'))) return []
  const entries = await readdir(join(root, 'shards'), { recursive: true, withFileTypes: true })
  return entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
}

describe('a process killed while it seals', () => {
  it('has as many steps as we think', () => expect(sealing).toBeGreaterThan(15))

  it('leaves no torn shard at any step, and sealing again gives the same files and no rest', async () => {
    for (const step of cases(steps(sealing), 6)) {
      const root = await temporaryFolder()
      expect(killedAt(step, 'seal', root)).toBe('SIGKILL')
      for (const path of await finished(root)) {
        expect(basename(path)).toContain(sha256(await readFile(path)).slice(0, 16))
      }
      expect(undisturbed<Sealed>('seal', root).result).toEqual(shards)
      expect(sorted(await finished(root))).toEqual(sorted(shards.map(({ path }) => join(root, path))))
      // Only the folder of the last process, which is empty.
      expect(await readdir(join(root, 'spool'), { recursive: true })).toHaveLength(1)
    }
  })
})

describe('a process killed while it materialises a snapshot', () => {
  it('leaves no torn snapshot at any step, and doing it again gives the same', async () => {
    const { result: snapshot, operations } = undisturbed<Snapshot>('snapshot', await rootWithShards())
    expect(operations).toBeGreaterThan(30)
    for (const step of cases(steps(operations), 6)) {
      const root = await rootWithShards()
      expect(killedAt(step, 'snapshot', root)).toBe('SIGKILL')
      const folder = join(root, snapshot.path)
      const check = () => execFileSync('sha256sum', ['--quiet', '-c', 'SHA256SUMS'], { cwd: folder })
      if (existsSync(folder)) check()
      const latest = join(root, 'datasets/d/latest.json')
      if (existsSync(latest)) expect(JSON.parse(await readFile(latest, 'utf8'))).toEqual(snapshot)
      expect(undisturbed<Snapshot>('snapshot', root).result).toEqual(snapshot)
      check()
      expect(await readdir(join(root, 'spool'), { recursive: true })).toHaveLength(1)
    }
  })
})

describe('a process killed while it removes what no rule keeps', () => {
  it('leaves every snapshot whole or gone at any step, and doing it again removes the rest', async () => {
    const template = await rootWithShards()
    const { result: latest } = undisturbed<Snapshot>('snapshot', template)
    const folder = join(template, 'datasets/d')
    const letters = ['0', '1', '2', '3']
    for (const letter of letters) {
      await cp(join(folder, latest.digest), join(folder, letter.repeat(64)), { recursive: true })
    }
    await mkdir(join(template, 'near-duplicates/d'), { recursive: true })
    await writeFile(join(template, 'near-duplicates/d', `${'0'.repeat(64)}-x.index`), '')
    const log = await openLog(template)
    await log.ensure(topicSpecs)
    for (let index = 0; index < 7; index++) {
      const one = job({ job: `d-${index}`, dataset: 'd' })
      await log.publish([encode(jobs, one), encode(jobs, { ...one, state: 'cancelled' })])
      await mkdir(join(template, 'jobs', one.job, 'attempt-1/output'), { recursive: true })
      await writeFile(join(template, 'jobs', one.job, 'attempt-1/log'), 'x')
    }
    await log.close()
    const rootToTidy = async (): Promise<string> => {
      const root = await temporaryFolder()
      await cp(template, root, { recursive: true, verbatimSymlinks: true })
      for (const [index, letter] of letters.entries()) {
        await utimes(join(root, 'datasets/d', letter.repeat(64)), 1000 + index, 1000 + index)
      }
      return root
    }
    const left = async (root: string) => ({
      snapshots: (await readdir(join(root, 'datasets/d')))
        .filter(name => name !== 'latest' && name !== 'latest.json')
        .sort(),
      jobs: (await readdir(join(root, 'jobs'))).sort(),
      indexes: await readdir(join(root, 'near-duplicates/d')),
    })
    const kept = {
      snapshots: ['2'.repeat(64), '3'.repeat(64), latest.digest].sort(),
      jobs: ['d-2', 'd-3', 'd-4', 'd-5', 'd-6'],
      indexes: [],
    }
    const whole = await rootToTidy()
    const { operations, result } = undisturbed<number>('keep', whole)
    expect(result).toBe(4)
    expect(operations).toBeGreaterThan(15)
    expect(await left(whole)).toEqual(kept)
    for (const step of cases(steps(operations), 6)) {
      const root = await rootToTidy()
      expect(killedAt(step, 'keep', root)).toBe('SIGKILL')
      for (const name of (await left(root)).snapshots.filter(name => /^[0-9a-f]{64}$/.test(name))) {
        execFileSync('sha256sum', ['--quiet', '-c', 'SHA256SUMS'], { cwd: join(root, 'datasets/d', name) })
      }
      for (const name of (await left(root)).jobs.filter(name => !name.startsWith('.'))) {
        expect(existsSync(join(root, 'jobs', name, 'attempt-1/log'))).toBe(true)
      }
      undisturbed<number>('keep', root)
      expect(await left(root)).toEqual(kept)
    }
  })
})

describe('a disk that takes no more', () => {
  it('stops with the code and the cause, and leaves no shard', async () => {
    const root = await temporaryFolder()
    expect(withSmallFiles(400, 'seal', root)).toEqual({ error: 'STEERFLOW_STORAGE', cause: 'EFBIG' })
    expect(await finished(root)).toEqual([])
    expect(undisturbed<Sealed>('seal', root).result).toEqual(shards)
  })
})
