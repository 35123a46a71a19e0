import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { faults, killConfig, openFor, publish, runPipeline, type Step } from '../../support/kill-pipeline.js'
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
