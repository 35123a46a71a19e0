import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, rm, statfs, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readTopic } from '../../../src/cli/read-topic.js'
import { jobStates } from '../../../src/domain/job-states.js'
import * as topics from '../../../src/topics.js'
import {
  faults,
  keepRunning,
  killConfig,
  openFor,
  publish,
  runPipeline,
  type Step,
} from '../../support/kill-pipeline.js'
import { undisturbed, working } from '../../support/killed-at.js'
import { temporaryFolder } from '../../support/temporary.js'

/** A small file system in memory; null where this user may not mount one. */
async function smallDisk(megabytes: number): Promise<string | null> {
  const folder = await mkdtemp(join(tmpdir(), 'steerflow-disk-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]).status === 0
  onTestFinished(async () => {
    if (mounted) spawnSync('umount', ['-l', folder])
    await rm(folder, { recursive: true, force: true })
  })
  return mounted ? folder : null
}

/** Leaves so many bytes on a disk; returns what gives the rest back. */
async function fill(folder: string, left: number): Promise<() => Promise<void>> {
  const { bavail, bsize } = await statfs(folder)
  const ballast = join(folder, 'ballast')
  await writeFile(ballast, Buffer.alloc(Math.max(0, bavail * bsize - left)))
  return () => rm(ballast)
}

describe('a disk that is full', () => {
  it('stops sealing with its code and leaves no shard; with room, the same shards are sealed', async ({ skip }) => {
    const root = await smallDisk(8)
    if (root === null) return skip('this user may not mount a file system')
    const makeRoom = await fill(root, 150_000)
    expect(working('seal', root)).toEqual({ error: 'STEERFLOW_STORAGE_FULL', cause: 'ENOSPC' })
    await makeRoom()
    expect(undisturbed('seal', root).result).toEqual(undisturbed('seal', await temporaryFolder()).result)
  })

  it('stops the whole flow, and everything is there once when it has room again', async ({ skip }) => {
    const root = await smallDisk(64)
    if (root === null) return skip('this user may not mount a file system')
    const config = killConfig(root, 10_000, { log: { maxBytes: 2 ** 30 } })
    const workspace = await openFor(config)
    await publish(workspace, 600)
    const makeRoom = await fill(root, 200_000)
    const { code, output } = await runPipeline(config).ended
    expect([code, output]).toEqual([1, expect.stringMatching(/"stopped","code":"STEERFLOW_(STORAGE|LOG)_FULL"/)])
    await makeRoom()
    expect(await runPipeline(config).ended).toMatchObject({ code: 0 })
    expect(await faults(workspace)).toEqual([])
    await workspace.close()
  })
})

describe('a disk that is full under a pipeline that is not to end', () => {
  it('pauses what needs it with the path, and all goes on by itself when it has room again', async ({ skip }) => {
    const root = await smallDisk(64)
    if (root === null) return skip('this user may not mount a file system')
    const config = killConfig(root, 10_000, { log: { maxBytes: 2 ** 30 } })
    const workspace = await openFor(config)
    onTestFinished(() => workspace.close())
    await publish(workspace, 600)
    const makeRoom = await fill(root, 200_000)
    const { child, ended, printed } = keepRunning(config)
    onTestFinished(() => void child.kill('SIGKILL'))
    await printed(output => told(output, 'paused').size > 0)
    await makeRoom()
    let last = ''
    await printed(output => {
      last = output
      const [paused, resumed] = [told(output, 'paused'), told(output, 'resumed')]
      return resumed.size > 0 && [...paused.keys()].every(place => resumed.has(place))
    })
    for (const { code, cause } of told(last, 'paused').values()) {
      expect(code).toMatch(/^STEERFLOW_(STORAGE|LOG)_FULL$/)
      expect(cause).toContain(root)
    }
    child.kill('SIGTERM')
    expect(await ended).toMatchObject({ code: 0 })
    // What was open at the stop is sealed by the next run.
    expect(await runPipeline(config).ended).toMatchObject({ code: 0 })
    expect(await faults(workspace)).toEqual([])
  })
})

/** A data folder whose jobs lie on a small disk, which is full. */
async function fullJobs(disk: string) {
  const root = await temporaryFolder()
  // The first folder below the root may be a link, since operators put one on another disk.
  await symlink(disk, join(root, 'jobs'))
  const workspace = await openFor(killConfig(root, 10))
  await publish(workspace, 120)
  return { root, workspace, makeRoom: await fill(disk, 0) }
}

describe('a disk that is full under one node', () => {
  it('pauses launch with the path, leaves nothing half-written and cites nothing, and it goes on with room', async ({
    skip,
  }) => {
    const disk = await smallDisk(16)
    if (disk === null) return skip('this user may not mount a file system')
    const { root, workspace, makeRoom } = await fullJobs(disk)
    onTestFinished(() => workspace.close())
    const config = killConfig(root, 10)
    const { child, ended, printed } = keepRunning(config)
    onTestFinished(() => void child.kill('SIGKILL'))
    let last = ''
    const of = (kind: 'paused' | 'resumed') => [...told(last, kind)].filter(([at]) => at.startsWith('launch/'))
    const soon = (kind: 'paused' | 'resumed') => printed(output => ((last = output), of(kind).length > 0))
    await soon('paused')
    for (const [, { code, cause }] of of('paused')) {
      const words = /^cannot write the files of kill-[abc]-.* in /
      expect([code, cause]).toEqual(['STEERFLOW_STORAGE_FULL', expect.stringMatching(words)])
      expect(cause).toContain(root)
    }
    expect(told(last, 'paused').size).toBe(of('paused').length)
    const jobs = [...jobStates(await readTopic(workspace.log, topics.jobs)).values()]
    expect([...new Set(jobs.map(({ state }) => state))]).toEqual(['requested'])
    const left = await Promise.all([join(root, 'jobs'), join(root, 'datasets')].map(namesIn))
    expect(left.flat().filter(name => /\.tmp$|job\.json$/.test(name))).toEqual([])
    await makeRoom()
    await soon('resumed')
    child.kill('SIGTERM')
    expect(await ended).toMatchObject({ code: 0 })
    expect(await runPipeline(config).ended).toMatchObject({ code: 0 })
    expect(await faults(workspace)).toEqual([])
  })
})

const namesIn = (folder: string): Promise<readonly string[]> => readdir(folder, { recursive: true }).catch(() => [])

/** The first event of a kind of each partition. */
function told(output: string, kind: 'paused' | 'resumed') {
  const found = new Map<string, { readonly code?: string; readonly cause?: string }>()
  // The last line may not be whole yet.
  for (const line of output.split('\n').slice(0, -1)) {
    if (!line.startsWith('{')) continue
    const event = JSON.parse(line) as { event: string; node: string; partition: number; code?: string; cause?: string }
    const place = `${event.node}/${event.partition}`
    if (event.event === kind && !found.has(place)) found.set(place, event)
  }
  return found
}

describe('a disk that fails (EIO, thrown where the system would return it)', () => {
  it.each(['spool write', 'fsync', 'rename'] as const)(
    'at %s: the run stops, and the next one has lost nothing',
    async (step: Step) => {
      const config = killConfig(await temporaryFolder(), 10_000)
      const workspace = await openFor(config)
      onTestFinished(() => workspace.close())
      await publish(workspace, 120)
      const { code, output } = await runPipeline(config, { step, at: 5, after: false, fail: 'EIO' }).ended
      expect([code, output]).toEqual([1, expect.stringContaining('"stopped","code":"STEERFLOW_STORAGE"')])
      expect(output).toContain('"cause":"EIO"')
      expect(await runPipeline(config).ended).toMatchObject({ code: 0 })
      expect(await faults(workspace)).toEqual([])
    },
  )
})
