import type { Logger } from 'pino'
import { asSteerflowError, explain } from '../../domain/errors.js'
import type { Snapshots } from '../../stages/needs.js'
import { tidy } from '../training/keep.js'
import type { Workspace } from '../workspace.js'

/**
 * Snapshots that remove what the rules do not keep, each time that one was made. Where that fails the snapshot is there all
 * the same: it is said in the log, and tried again behind the next.
 */
export const tidied = (workspace: Workspace, snapshots: Snapshots, logger: Logger): Snapshots => ({
  materialise: async (dataset, manifests) => {
    const made = await snapshots.materialise(dataset, manifests)
    try {
      for (const { kind, name, bytes } of await tidy(workspace, dataset)) {
        logger.info(
          { event: 'removed', kind, dataset, name, bytes },
          `removed the ${kind} ${name} of ${dataset}, which no rule keeps`,
        )
      }
    } catch (thrown) {
      const error = asSteerflowError(thrown)
      logger.warn(
        { event: 'not-removed', dataset, code: error.code, cause: explain(error) },
        `what no rule keeps of ${dataset} was not removed: ${explain(error)}`,
      )
    }
    return made
  },
})
