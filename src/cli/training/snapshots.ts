import { openSnapshots } from '../../adapters/snapshot/snapshots.js'
import { forgottenTrees } from '../../domain/forgotten.js'
import { Waits } from '../../runtime/waits.js'
import type { Snapshots } from '../../stages/needs.js'
import { roundOfDataset } from '../../domain/bootstrap/round.js'
import { forgotten, rounds } from '../../topics.js'
import { attributeSetsOf } from '../attribute-sets.js'
import { datasetOf } from '../config.js'
import { readTopic, readWholeTopic } from '../read-topic.js'
import type { Workspace } from '../workspace.js'

/**
 * Snapshots as configured: those of a round are mixed by its plan, and forgotten trees are left out.
 * @param waits receives the making of a snapshot
 */
export async function snapshotsOf({ config, root, files, log }: Workspace, waits = new Waits()): Promise<Snapshots> {
  const snapshots = await openSnapshots({
    root,
    files,
    attributeSets: attributeSetsOf(config),
    extras: dataset => datasetOf(config, dataset).snapshot,
    // Read again for each snapshot, since more may have been forgotten in the meantime.
    roundOf: async dataset => {
      const name = roundOfDataset(dataset)
      if (name === null) return null
      // Missing a round would give data without replay, so the read must be complete.
      const events = await readWholeTopic(log, rounds)
      return events.find(({ event, round }) => event === 'opened' && round === name)?.opening ?? null
    },
    forgotten: async dataset => forgottenTrees(await readTopic(log, forgotten), dataset),
  })
  return {
    materialise: (dataset, manifests) =>
      waits.load(`the sealed records of ${dataset}`, () => snapshots.materialise(dataset, manifests)),
  }
}
