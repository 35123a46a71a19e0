import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openLog } from '../../../src/adapters/log/open.js'
import type { Snapshot } from '../../../src/domain/job.js'
import { encode } from '../../../src/stages/node.js'
import * as topics from '../../../src/topics.js'
import { seal } from '../../support/sealed.js'
import { runMain } from '../../support/run-main.js'
import { temporaryFolder } from '../../support/temporary.js'
import { conversation, job, registered } from '../../support/training.js'

const run = (root: string, ...argv: readonly string[]) => runMain([...argv, '--data-dir', root])

/** A data folder in which two trees are sealed, one of which says of itself what a search may not take for a tree. */
async function dataFolder() {
  const root = await temporaryFolder()
  const gone = ['a', 'b'].map(id => conversation(id, { tree: 'gone "é"', split: id === 'a' ? 'train' : 'validation' }))
  const quoting = conversation('c', { tree: 'other', text: 'they wrote "tree_id": "gone \\"é\\""' })
  const manifests = await seal(root, [[...gone, quoting]])
  const log = await openLog(root)
  await log.ensure(topics.topicSpecs)
  await log.publish(
    manifests.map(manifest => encode(topics.shards, { dataset: 'd', event: 'sealed', at: null, manifest })),
  )
  await log.close()
  const snapshot = async () => JSON.parse((await run(root, 'datasets', 'snapshot', 'd', '--json')).out) as Snapshot
  return { root, snapshot }
}

/** Records that a job read a snapshot, or was refused, and what came of it. */
async function trainedOn(root: string, snapshot: Snapshot) {
  const log = await openLog(root)
  const on = { dataset: 'd', snapshot }
  await log.publish([
    encode(topics.jobs, job({ ...on, job: 'd-1' })),
    encode(topics.jobs, job({ ...on, job: 'd-1', state: 'failed', detail: 'no' })),
    encode(topics.jobs, job({ ...on, job: 'd-2', state: 'refused' })),
    encode(topics.jobs, job({ job: 'e-1', dataset: 'e', snapshot: { ...snapshot, dataset: 'e' } })),
    encode(topics.models, { ...registered('a'), dataset: 'd', snapshot: snapshot.digest }),
    encode(topics.models, { ...registered('b'), dataset: 'd' }),
  ])
  await log.close()
}

describe('forget', () => {
  it('leaves the tree out of later snapshots, and lists the snapshots, jobs and models that used it', async () => {
    const { root, snapshot } = await dataFolder()
    const before = await snapshot()
    await trainedOn(root, before)
    const { code, out } = await run(root, 'forget', '--tree', 'gone "é"', '--json', '--reason', 'asked')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toEqual({
      tree_id: 'gone "é"',
      dataset: null,
      recorded: 'now',
      snapshots: [{ ...before, records: { train: 1, validation: 1 } }],
      jobs: [{ job: 'd-1', dataset: 'd', state: 'failed', snapshot: before.digest }],
      models: [
        {
          model: registered('a').model,
          role: 'value',
          state: 'registered',
          digest: 'a'.repeat(64),
          snapshot: before.digest,
        },
      ],
    })
    const after = await snapshot()
    expect(after).toMatchObject({ train: 1, validation: 0 })
    expect(await readFile(join(root, after.path, 'train.jsonl'), 'utf8')).toContain('"tree_id": "other"')
    const again = await run(root, 'forget', '--tree', 'gone "é"')
    expect(again.out).toContain('was already excluded from every later snapshot')
    expect(again.out).toContain(`d ${before.digest.slice(0, 12)}  1 train, 1 validation records`)
  })

  it('records nothing in a dry run', async () => {
    const { root, snapshot } = await dataFolder()
    const before = await snapshot()
    const { out } = await run(root, 'forget', '--tree', 'other', '--dry-run', '--json')
    expect(JSON.parse(out)).toMatchObject({ recorded: 'no', snapshots: [{ records: { train: 1, validation: 0 } }] })
    expect(await snapshot()).toEqual(before)
  })

  it('is a matter of one dataset where it is named', async () => {
    const { root, snapshot } = await dataFolder()
    await run(root, 'forget', '--tree', 'other', '--dataset', 'e')
    expect(await snapshot()).toMatchObject({ train: 2 })
    const { out } = await run(root, 'forget', '--tree', 'other', '--dataset', 'd')
    expect(out).toContain('other is excluded from every later snapshot of d\n')
    expect(await snapshot()).toMatchObject({ train: 1 })
    const everywhere = await run(root, 'forget', '--tree', 'other', '--json')
    expect(JSON.parse(everywhere.out)).toMatchObject({ recorded: 'now' })
  })

  it('is told what a dataset cannot be called, and snapshots what is not sealed', async () => {
    const { root } = await dataFolder()
    expect((await run(root, 'forget', '--tree', 'x', '--dataset', '../d')).code).toBe(2)
    expect(await run(root, 'datasets', 'snapshot', 'e')).toMatchObject({ code: 2, out: '' })
  })
})
