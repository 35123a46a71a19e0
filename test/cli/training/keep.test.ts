import { existsSync } from 'node:fs'
import { lutimes, mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { pinWhile } from '../../../src/adapters/snapshot/pins.js'
import { openSnapshots } from '../../../src/adapters/snapshot/snapshots.js'
import { Config } from '../../../src/cli/config.js'
import { collect, type KeptData, tidy } from '../../../src/cli/training/keep.js'
import { openWorkspace, type Workspace } from '../../../src/cli/workspace.js'
import type { JobEvent, Snapshot } from '../../../src/domain/job.js'
import { encode } from '../../../src/stages/node.js'
import { jobs, models } from '../../../src/topics.js'
import { runMain } from '../../support/run-main.js'
import { seal } from '../../support/sealed.js'
import { temporaryFolder } from '../../support/temporary.js'
import { conversation, job, registered } from '../../support/training.js'

let workspace: Workspace
let root: string
beforeEach(async () => {
  workspace = await openWorkspace(Config.parse({ dataDir: await temporaryFolder() }), { begins: true })
  const opened = workspace
  onTestFinished(() => opened.close())
  root = workspace.root
})

/** Snapshots one after the other, an hour apart; the last is the latest. */
async function snapshots(count: number): Promise<readonly Snapshot[]> {
  const made: Snapshot[] = []
  const start = Date.now() / 1000 - 3600 * (count + 1)
  for (let index = 0; index < count; index++) {
    const manifests = await seal(root, [[conversation(`r${index}`)]])
    const one = await (await openSnapshots({ root })).materialise('steerlm', manifests)
    await utimes(join(root, one.path), start + 3600 * index, start + 3600 * index)
    made.push(one)
  }
  return made
}

const there = async (dataset = 'steerlm') =>
  (await readdir(join(root, 'datasets', dataset))).filter(name => /^[0-9a-f]{64}$/.test(name))
const removedOf = async (kind: KeptData['kind'], dryRun = false) => {
  const names: string[] = []
  for await (const one of collect(workspace, { kind, dataset: null, dryRun, now: Date.now() }))
    if (!one.keep) names.push(one.name)
  return names.sort()
}
const onRecord = (...events: readonly JobEvent[]) => workspace.log.publish(events.map(event => encode(jobs, event)))
const digests = (of: readonly Snapshot[]) => of.map(({ digest }) => digest).sort()

describe('snapshots', () => {
  it('go but for the newest, the latest, and those that jobs, models, pins and exports need', async () => {
    const made = await snapshots(9)
    const [ofJob, ofModel, pinned, exported, , ...newest] = made as [
      Snapshot,
      Snapshot,
      Snapshot,
      Snapshot,
      ...Snapshot[],
    ]
    await onRecord(job({ dataset: 'steerlm', snapshot: ofJob }))
    const model = { ...registered('a'), dataset: 'steerlm', snapshot: ofModel.digest, state: 'active' as const }
    await workspace.log.publish([encode(models, model)])
    expect((await runMain(['datasets', 'pin', 'steerlm', pinned.digest.slice(0, 16), '--data-dir', root])).code).toBe(0)
    const done = await pinWhile(root, 'steerlm', exported.digest)
    // A process that is gone pins nothing any more.
    const dead = Buffer.from(JSON.stringify([2 ** 22, '1', 'another boot', 'elsewhere'])).toString('base64url')
    await writeFile(join(root, 'datasets/steerlm/pins', `${made[4]!.digest}.${dead}`), '')
    await utimes(join(root, 'datasets/steerlm/pins', `${made[4]!.digest}.${dead}`), 1, 1)

    expect(await removedOf('snapshot', true)).toEqual(digests([made[4]!, newest[0]!]))
    expect(await there()).toHaveLength(9)
    expect(await removedOf('snapshot')).toEqual(digests([made[4]!, newest[0]!]))
    expect((await there()).sort()).toEqual(digests([ofJob, ofModel, pinned, exported, ...newest.slice(1)]))
    await done()
    expect(await removedOf('snapshot')).toEqual([exported.digest])
    expect((await runMain(['datasets', 'unpin', 'steerlm', pinned.digest, '--data-dir', root])).code).toBe(0)
    expect(await removedOf('snapshot')).toEqual([pinned.digest])
  })

  it('stay where latest.json names them, whatever else was made since, and is made again when it was removed', async () => {
    const [first, ...others] = await snapshots(5)
    await writeFile(join(root, 'datasets/steerlm/latest.json'), JSON.stringify(first))
    expect(await removedOf('snapshot')).toEqual([others[0]!.digest])
    const manifests = await seal(root, [[conversation('r1')]])
    const again = await (await openSnapshots({ root })).materialise('steerlm', manifests)
    expect(again.digest).toBe(others[0]!.digest)
    // Made just now: what needs it is not on record yet.
    expect(await removedOf('snapshot')).toEqual(digests([first!, others[1]!]))
  })

  it('that come again become the newest', async () => {
    const [first] = await snapshots(4)
    const manifests = await seal(root, [[conversation('r0')]])
    await (await openSnapshots({ root })).materialise('steerlm', manifests)
    expect(await removedOf('snapshot')).not.toContain(first!.digest)
  })

  it('are bounded by a run itself, with the index of near-duplicates that was made of them', async () => {
    const made = await snapshots(30)
    const index = join(root, 'near-duplicates/steerlm')
    await mkdir(index, { recursive: true })
    for (const { digest } of made) await writeFile(join(index, `${digest}-0123456789abcdef.index`), '')
    expect(await tidy(workspace, 'steerlm')).toHaveLength(27)
    expect(await there()).toHaveLength(3)
    expect(await readdir(index)).toHaveLength(3)
    expect(await tidy(workspace, 'steerlm')).toEqual([])
  })
})

describe.each([
  ['forward by years', 9000 * 86_400_000],
  ['back by years', -9000 * 86_400_000],
])('a clock that is set %s in a running worker', (_, by) => {
  it('makes it remove nothing that is younger than the days to keep, is cited, or is one of the newest', async () => {
    const made = await snapshots(9)
    await onRecord(job({ dataset: 'steerlm', snapshot: made[0]! }))
    const real = Date.now.bind(Date)
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => real() + by)
    onTestFinished(() => clock.mockRestore())
    const rule = { count: 3, days: 1 }
    const config = Config.parse({ dataDir: root, datasets: { steerlm: { snapshot: { keep: rule } } } })
    const kept = { ...workspace, config }
    expect(await tidy(kept, 'steerlm')).toEqual([])
    // With the rule of the count alone those go that nothing needs, where that is certain.
    const gone = (await tidy(workspace, 'steerlm')).map(({ name }) => name).sort()
    expect(gone).toEqual(by > 0 ? digests(made.slice(1, 6)) : [])
  })
})

describe('folders of jobs', () => {
  const ended = (name: string, state: JobEvent['state']) => [
    job({ job: name }),
    ...(state === 'requested'
      ? []
      : [job({ job: name, state: 'launching', attempt: 1 }), job({ job: name, state: 'launched', attempt: 1 })]),
    ...(state === 'requested' ? [] : [job({ job: name, state, attempt: 1 })]),
  ]

  it('go when they have ended, but for the newest and those that models need; what no record tells of stays', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `job-${String(index).padStart(2, '0')}`)
    for (const [index, name] of names.entries()) {
      await mkdir(join(root, 'jobs', name, 'attempt-1'), { recursive: true })
      await writeFile(join(root, 'jobs', name, 'attempt-1', 'log'), 'x'.repeat(1000))
      await onRecord(...ended(name, index === 1 ? 'unknown' : index === 2 ? 'running' : 'failed'))
    }
    await mkdir(join(root, 'jobs', 'foreign'))
    await writeFile(join(root, 'jobs', 'instance'), '01234567')
    const model = { ...registered('a'), job: names[3]!, state: 'active' as const }
    await workspace.log.publish([encode(models, model)])
    const later = Date.now() + 3_600_000
    const told: KeptData[] = []
    for await (const one of collect(workspace, { kind: 'job', dataset: null, dryRun: false, now: later }))
      told.push(one)
    const gone = told.filter(({ keep }) => !keep)
    expect(gone.map(({ name }) => name).sort()).toEqual([names[0], ...names.slice(4, 7)])
    expect(gone.every(({ bytes }) => bytes === 1000)).toBe(true)
    expect((await readdir(join(root, 'jobs'))).sort()).toEqual(
      ['foreign', 'instance', names[1], names[2], names[3], ...names.slice(7)].sort(),
    )
  })
})

describe('gc', () => {
  it('says bytes and reasons, prints no more rows than it is to, and changes nothing when it is only asked', async () => {
    await snapshots(6)
    const run = (...argv: readonly string[]) => runMain(['datasets', 'gc', '--data-dir', root, ...argv])
    const dry = await run('--dry-run', '--limit', '2')
    expect(dry.code).toBe(0)
    expect(dry.out.trim().split('\n')).toHaveLength(2)
    expect(dry.err).toMatch(/4 more rows: --limit 6\n3 would be removed, [\d.]+ KiB; 3 stay, [\d.]+ KiB/)
    expect(await there()).toHaveLength(6)
    const wet = await run('--json')
    const rows = wet.out
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as KeptData)
    expect(rows.filter(({ keep }) => keep).map(({ why }) => why.join())).toEqual([
      expect.stringContaining('it is the latest'),
      'one of the newest 3',
      'one of the newest 3',
    ])
    expect(await there()).toHaveLength(3)
    expect((await run()).err).toContain('0 removed')
    expect((await runMain(['jobs', 'gc', '--data-dir', root])).err).toContain('0 removed')
  })

  it('removes nothing through a link, and leaves it where it is', async () => {
    const [old] = await snapshots(5)
    const outside = await temporaryFolder()
    await writeFile(join(outside, 'x'), 'x')
    const linked = 'f'.repeat(64)
    await symlink(outside, join(root, 'datasets/steerlm', linked))
    await lutimes(join(root, 'datasets/steerlm', linked), 1, 1)
    await utimes(outside, 1, 1)
    const dead = Buffer.from(JSON.stringify([2 ** 22, '1', 'another boot', 'elsewhere'])).toString('base64url')
    await symlink(outside, join(root, 'jobs'))
    await mkdir(join(root, 'datasets/steerlm/pins'), { recursive: true })
    await symlink(join(outside, 'x'), join(root, 'datasets/steerlm/pins', `${old!.digest}.${dead}`))
    await utimes(join(outside, 'x'), 1, 1)
    const told: KeptData[] = []
    const later = Date.now() + 400 * 86_400_000
    for await (const one of collect(workspace, { kind: 'snapshot', dataset: null, dryRun: false, now: later }))
      told.push(one)
    expect(told.find(({ name }) => name === linked)).toMatchObject({
      keep: true,
      why: [expect.stringContaining('it is a link') as string],
    })
    expect(told.filter(({ keep }) => !keep).length).toBeGreaterThan(0)
    expect(await readdir(outside)).toEqual(['x'])
    expect(await readdir(join(root, 'datasets/steerlm'))).toContain(linked)
  })

  it('is safe where the disk says nonsense', async () => {
    const [one] = await snapshots(4)
    await writeFile(join(root, 'datasets/steerlm/latest.json'), `{"digest": "${one!.digest}`)
    await writeFile(join(root, one!.path, 'manifest.json'), 'torn')
    expect(await removedOf('snapshot')).toEqual([])
    expect(existsSync(join(root, one!.path))).toBe(true)
    expect(await readFile(join(root, one!.path, 'manifest.json'), 'utf8')).toBe('torn')
  })
})
