import { openSnapshots } from '../../adapters/snapshot/snapshots.js'
import { forgottenTrees } from '../../domain/forgotten.js'
import { type Snapshots } from '../../stages/needs.js'
import { forgotten } from '../../topics.js'
import { attributeSetsOf, datasetOf } from '../config.js'
import { readTopic } from '../read-topic.js'
import { type Workspace } from '../workspace.js'

/** Snapshots as the configuration wants them, without the trees that are forgotten by then. */
export const snapshotsOf = ({ config, root, files, log }: Workspace): Promise<Snapshots> =>
  openSnapshots({
    root,
    files,
    attributeSets: attributeSetsOf(config),
    extras: dataset => datasetOf(config, dataset).snapshot,
    // Read again for each: others may have asked for more meanwhile.
    forgotten: async dataset => forgottenTrees(await readTopic(log, forgotten), dataset),
  })
