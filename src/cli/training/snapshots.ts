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
 * Snapshots as the configuration wants them: those of a round mixed by its plan, and none with trees that are forgotten by then.
 * @param waits where it is said that one is made
 */
export async function snapshotsOf({ config, root, files, log }: Workspace, waits = new Waits()): Promise<Snapshots> {
  const snapshots = await openSnapshots({
    root,
    files,
    attributeSets: attributeSetsOf(config),
    extras: dataset => datasetOf(config, dataset).snapshot,
    // Read again for each: others may have asked for more meanwhile.
    roundOf: async dataset => {
      const name = roundOfDataset(dataset)
      if (name === null) return null
      // A round that is missed would be data without replay: it must be certain that there is none.
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
