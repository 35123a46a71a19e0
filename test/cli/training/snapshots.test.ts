import { expect, it } from 'vitest'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Config } from '../../../src/cli/config.js'
import { snapshotsOf } from '../../../src/cli/training/snapshots.js'
import { openWorkspace } from '../../../src/cli/workspace.js'
import { encode } from '../../../src/stages/node.js'
import { forgotten, rounds } from '../../../src/topics.js'
import { answer, roundOver } from '../../support/rounds.js'
import { seal } from '../../support/sealed.js'
import { temporaryFolder } from '../../support/temporary.js'
import { conversation } from '../../support/training.js'

it('mixes the data of a round that is on record as it was opened, and of no other dataset', async () => {
  const dataDir = await temporaryFolder()
  const workspace = await openWorkspace(Config.parse({ dataDir }), { begins: true })
  try {
    const { root, log } = workspace
    const snapshots = await snapshotsOf(workspace)
    const ids = ['a', 'b', 'c', 'd', 'v', 'w']
    const pinned = ids.map(id => conversation(id, { split: id < 'v' ? 'train' : 'validation' }))
    const from = await snapshots.materialise('steerlm', await seal(root, [pinned]))
    const opening = roundOver(from, { mix: { replay: 0.5 } })
    const event = { loop: 'loop', round: 'loop-1', by: 'rule' as const, number: 1 }
    await log.publish([
      encode(rounds, { ...event, event: 'requested', purpose: 'train' }),
      encode(rounds, { ...event, event: 'opened', opening }),
      encode(rounds, { ...event, event: 'asked', next: 1 }),
      encode(forgotten, { tree_id: 'tree-of-w', dataset: null, at: '', reason: '' }),
    ])
    const answers = await seal(root, [[answer('x'), answer('y')]])
    const made = await snapshots.materialise('bootstrap-loop-1', answers)
    expect(made).toMatchObject({ train: 4, validation: 1 })
    const manifest: unknown = JSON.parse(await readFile(join(root, made.path, 'manifest.json'), 'utf8'))
    expect(manifest).toMatchObject({ round: { round: 'loop-1', accepted: 2, replayed: 2, replayed_from: from.digest } })
    expect(await snapshots.materialise('bootstrap-loop-2', answers)).toMatchObject({ train: 2, validation: 0 })
    expect(await snapshots.materialise('other', answers)).toMatchObject({ train: 2, validation: 0 })
  } finally {
    await workspace.close()
  }
})
